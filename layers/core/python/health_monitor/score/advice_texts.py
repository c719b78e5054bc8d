"""What is said to be wrong and recommended, for every measure and dimension: text only, to be edited as such."""

from typing import NamedTuple


class Text(NamedTuple):
    """An issue's name, from which value down it is one (hundredths), and what to do about it."""

    issue: str
    below: int
    do: str


HALF, ANY = 5_000, 10_000

MEASURE_TEXTS: dict[str, Text] = {
    "active_users": Text(
        "low use of the licence", HALF, "Find out who has a seat and does not use it; re-onboard them as a group"
    ),
    "login_frequency": Text(
        "people come rarely", HALF, "Tie the product to a weekly routine of theirs: a report, a meeting, a reminder"
    ),
    "feature_depth": Text(
        "few core features used",
        HALF,
        "Show the one unused core feature that serves their goal; run an adoption campaign",
    ),
    "user_health": Text(
        "many silent users", HALF, "Invite the silent users to a short session; ask one of them what stands in the way"
    ),
    "usage_trend": Text(
        "usage is falling", HALF, "Ask who stopped and when; remove the friction, or escalate if it is serious"
    ),
    "peer_usage": Text(
        "used less than by similar customers", HALF, "Show what similar customers do with it, and agree on one next use"
    ),
    "qbr_attendance": Text(
        "business reviews skipped", ANY, "Schedule the next business review with its date and its attendees confirmed"
    ),
    "response_rate": Text(
        "our messages stay unanswered",
        HALF,
        "Change the channel or the person: call, or ask the champion for an introduction",
    ),
    "training": Text(
        "nobody was trained", HALF, "Invite them to the next training, or train their administrator alone"
    ),
    "goals_met": Text(
        "goals behind plan", HALF, "Review the goals with the customer; replace those that nobody pursues"
    ),
    "roi_shown": Text(
        "no return shown lately", HALF, "Work out the return with their numbers, and show it to the sponsor"
    ),
    "use_cases": Text("use cases bought and not live", HALF, "Plan the launch of one use case that they have paid for"),
    "nps": Text("detractors", HALF, "Call every detractor; answer each point, and say by when"),
    "csat": Text(
        "unhappy with our answers",
        HALF,
        "Go through the badly rated tickets with support, and tell the customer what changes",
    ),
    "support_friction": Text(
        "much friction in support",
        HALF,
        "Bring support and product to one table about the open bugs, the gravest first",
    ),
    "csm_pulse": Text(
        "a bad rating by the CSM", HALF, "Say what the rating rests on, and agree on the one thing that would change it"
    ),
    "executive_sponsor": Text(
        "no active executive sponsor",
        ANY,
        "Re-establish the executive relationship: name the sponsor, and have an executive of ours call",
    ),
    "champion": Text(
        "no active champion", ANY, "Find the person who uses it most and wins most by it; make them your champion"
    ),
    "touch_cadence": Text(
        "no touchpoint for too long", HALF, "Call this week: a check-in with one useful thing for them"
    ),
    "departments": Text(
        "contacts in too few departments", ANY, "Ask the champion for an introduction to a second department"
    ),
    "relationship_rating": Text(
        "the relationship is not strong", ANY, "Ask openly what a strong partnership would need, and do the first of it"
    ),
    "payment": Text(
        "bills unpaid", ANY, "Ask finance and the customer why the bill is open, before anything else is discussed"
    ),
    "contract": Text("the renewal is near, overdue or lost", ANY, "Open the renewal: date, decision maker, offer"),
    "expansion": Text("the contract shrank", HALF, "Ask what was given up and why; win back one part of it"),
    "spend": Text("spend is falling", HALF, "Ask what changed in their budget before the next bill does"),
}

INTERVENTIONS: dict[str, tuple[str, ...]] = {
    "usage": (
        "Hold a re-onboarding session", "Run a campaign for one feature", "Find the friction and remove it",
        "Escalate to executives, if it is serious",
    ),
    "engagement": (
        "Schedule a business review or a check-in", "Invite them to a training or an event",
        "Re-establish the executive relationship",
    ),
    "sentiment": (
        "Answer the feedback, point by point", "Resolve the open tickets", "Make an escalation call by the CSM",
    ),
    "value": (
        "Review the goals with the customer", "Show the return with their own numbers", "Bring a paid use case to life",
    ),
    "relationship": (
        "Name an executive sponsor and a champion", "Set a rhythm of touchpoints and keep it",
        "Meet people of a second department",
    ),
    "financial": (
        "Clear open bills first", "Open the renewal early, with the decision maker", "Ask what changed in their budget",
    ),
}  # fmt: skip
"""By the dimension that declined. Usage, engagement and sentiment as seed 002 has them, the others are ours."""
OTHER_DIMENSION = ("Talk to the customer about what the measures below say", "Agree on one change, and on its date")
"""For a dimension that the team added itself."""

EXTERNAL = "Ask about what no number shows: a reorganisation, a takeover, a new competitor, their market"
MONITOR = (
    "Give every action a person and a date", "Look at the score every week: is it working?",
    "Change the action if the measure has not moved after two weeks",
)  # fmt: skip
LEARN = (
    "Write down what worked and what did not, as a note on the account", "Change the playbook where it was wrong",
    "Tell the team in the next meeting",
)  # fmt: skip
KEEP = ("Keep the rhythm of touchpoints", "Ask for a reference or a case study", "Look for where the account can grow")
"""For a healthy account that did not decline."""
EXECUTIVES = {
    "at_risk": "Tell your manager, and agree who talks to whom",
    "critical": "Bring in an executive within 48 hours, and write a save plan with dates",
}
