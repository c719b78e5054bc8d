"""Engagement and relationship: do they come, answer and learn, and who are the people?"""

from health_monitor.model.evidence import Evidence
from health_monitor.model.records import Person, Touchpoint
from health_monitor.model.score import Number, Reading
from health_monitor.score.calendar import age_of, last_touchpoint, silence_of
from health_monitor.score.reading import BEST, WORST, Settings, days_since, from_day, unknown, value_of
from health_monitor.score.users import departments_of, of_role, went_quiet

WRITTEN = ("email", "call")
"""What we send, and wait for an answer to."""
ANSWERS = ("email", "call", "meeting", "qbr", "ticket")
"""What counts as an answer when they begin it."""
TRAINING = ("training", "webinar")


def qbr_attendance(evidence: Evidence, settings: Settings) -> Reading:
    """Business reviews of the window that they attended, as a share; none was due: unknown. Source: the seed (40, 0).

    A review that is recorded took place, unless the record says that they did not come.
    """
    held = _of_kinds(evidence, ("qbr",), settings["days"])
    if not held:
        return unknown("no business review was due")
    attended = sum(one.attended is not False for one in held)
    return Reading(value_of(attended / len(held)), {"attended": attended, "held": len(held)}, _names(held))


def response_rate(evidence: Evidence, settings: Settings) -> Reading:
    """Mails and calls of ours that they answered in time, as a share. Source: the seed (100 % is 30 points).

    What is so new that an answer may still come in time counts only once it is answered. A call that reached somebody
    is its own answer; any later word from the account answers everything before it.
    """
    answered = waiting = 0
    asked: list[Touchpoint] = []
    heard = None
    start = from_day(evidence.day, settings["days"])
    for one in reversed(evidence.dossier.touchpoints):
        if one.automatic or one.at < start:
            continue
        if one.inbound and one.kind in ANSWERS:
            heard = one.at
        elif one.kind in WRITTEN and not one.inbound:
            in_time = heard is not None and (heard - one.at).days < settings["answer_days"]
            if one.attended or in_time:
                answered += 1
            elif days_since(evidence.day, one.at) < settings["answer_days"]:
                waiting += 1
                continue
            asked.append(one)
    numbers: dict[str, Number] = {"answered": answered, "sent": len(asked), "still_waiting": waiting}
    if not asked:
        return unknown("nobody wrote to them or called them", **numbers)
    return Reading(value_of(answered / len(asked)), numbers, _names(asked))


def training(evidence: Evidence, settings: Settings) -> Reading:
    """Trainings and webinars that they attended in the window; `sessions` of them are 100. Source: the seed (2 are 30).

    None recorded is 0 where trainings are recorded at all: of this account ever, or of any other. An account that is
    being onboarded is not held to have missed any.
    """
    age = age_of(evidence)
    if age is not None and age < settings["onboarding_days"]:
        return unknown("it is being onboarded", days=age)
    recorded = any(one.kind in TRAINING for one in evidence.dossier.touchpoints) or evidence.peers.trains
    if not recorded:
        return unknown("no training is recorded of any account")
    attended = [one for one in _of_kinds(evidence, TRAINING, settings["days"]) if one.attended is not False]
    return Reading(value_of(len(attended) / settings["sessions"]), {"attended": len(attended)}, _names(attended))


def executive_sponsor(evidence: Evidence, settings: Settings) -> Reading:
    """Whether there is a sponsor who is not dormant: silent for 30 days, or 14 after coming weekly. The seed's 20."""
    return _present("executive_sponsor", evidence, settings["dormant_days"], settings["weekly_dormant_days"])


def champion(evidence: Evidence, settings: Settings) -> Reading:
    """Whether there is a champion who was active, or in contact, in the window. Source: the seed's 20 points."""
    return _present("champion", evidence, settings["days"], settings["days"])


def touch_cadence(evidence: Evidence, settings: Settings) -> Reading:
    """Days since the last touchpoint: 100 within the cadence, 0 at twice that, linear between. The seed's monthly 20.

    The cadence is a month, or the coverage tier's where that asks for fewer touchpoints: who is served well from afar
    is not held to be neglected (D9), and who falls into a tier with weekly calls does not fall further by that alone.
    """
    last = last_touchpoint(evidence)
    if evidence.cadence_days == 0:
        return unknown("its coverage tier asks for no touchpoints")
    if last is None:
        return unknown("no touchpoint was ever told")
    days, cadence = days_since(evidence.day, last.at), max(settings["cadence_days"], evidence.cadence_days or 0)
    return Reading(value_of(2 - days / cadence), {"days_since": days, "cadence_days": int(cadence)}, (last.name,))


def departments(evidence: Evidence, settings: Settings) -> Reading:
    """Departments with a contact who is still there; one is 0, `departments` are 100. Source: the seed's 20 points."""
    placed = [one for one in evidence.dossier.persons if one.department]
    if not placed:
        return unknown("no contact has a department")
    there = [one for one in placed if one.departed_on is None]
    count = len(departments_of(placed))
    value = value_of((count - 1) / (settings["departments"] - 1))
    return Reading(value, {"departments": count}, tuple(one.name for one in there))


def relationship_rating(evidence: Evidence, settings: Settings) -> Reading:
    """Whether the CSM's latest rating in the window is strong (4 or 5 of 5). Source: the seed's 20 points."""
    start = from_day(evidence.day, settings["days"])
    latest = next((one for one in reversed(evidence.dossier.pulses) if one.at >= start), None)
    if latest is None:
        return unknown("the CSM has not rated it lately")
    strong = latest.rating >= settings["strong_from"]
    return Reading(BEST if strong else WORST, {"rating": latest.rating}, (latest.name,))


def _of_kinds(evidence: Evidence, kinds: tuple[str, ...], days: float) -> list[Touchpoint]:
    start = from_day(evidence.day, days)
    return [one for one in evidence.dossier.touchpoints if one.kind in kinds and one.at >= start]


def _names(touches: list[Touchpoint]) -> tuple[str, ...]:
    return tuple(sorted(one.name for one in touches))


def _present(role: str, evidence: Evidence, dormant_days: float, weekly_dormant_days: float) -> Reading:
    """100 when somebody has the role and is not silent, else 0; one of whom nobody could hear counts as there."""
    if not any(one.role for one in evidence.dossier.persons):
        return unknown("no contact has a role")
    users = evidence.use.key_users if evidence.use else ()
    there, silences, awake = list[Person](), list[int](), False
    for person, user in of_role(evidence.dossier.persons, role, users):
        there.append(person)
        touched = silence_of(person, evidence)
        silences += [days for days in (user.silent_days if user else None, touched) if days is not None]
        came = user is not None and not went_quiet(user, dormant_days, weekly_dormant_days)
        unheard = user is None and touched is None and not _would_be_heard(person, evidence, dormant_days)
        awake = awake or came or unheard or (touched is not None and touched < dormant_days)
    gone = [one for one in evidence.dossier.persons if one.role == role and one.departed_on is not None]
    silent = min(silences, default=None)
    numbers: dict[str, Number] = {"there": len(there), "departed": len(gone), "silent_days": silent}
    return Reading(BEST if awake else WORST, numbers, tuple(one.name for one in (*there, *gone)))


def _would_be_heard(person: Person, evidence: Evidence, days: float) -> bool:
    """Whether their silence means anything: their login was watched for so long, or it is told with whom we speak."""
    watched = evidence.use is not None and evidence.use.seen_days >= days
    return (person.user_id is not None and watched) or any(one.contact_id for one in evidence.dossier.touchpoints)
