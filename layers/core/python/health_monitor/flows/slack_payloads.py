"""What Slack sends with a click and with a submitted modal, read once and then trusted."""

import json
from typing import Any, NamedTuple

from health_monitor.act import modals
from health_monitor.model.errors import BadRecord
from health_monitor.model.outreach import Card, Step, Wording


class Click(NamedTuple):
    """What was clicked, by whom, on which mail of which conversation, a menu's choice, and on which card, if on one."""

    action: str
    user_id: str
    trigger_id: str
    conversation_id: str
    step: Step
    choice: str
    card: Card | None = None


class Submission(NamedTuple):
    """What was typed, by whom, for which mail; `to`: the chosen contact's id; `saves`: it goes out by itself later."""

    user_id: str
    conversation_id: str
    step: Step
    saves: bool
    subject: str
    text: str
    to: str

    @property
    def wording(self) -> Wording:
        return Wording(subject=self.subject, text=self.text)

    @property
    def wrong(self) -> dict[str, str]:
        """What has to be put right, by input."""
        found = {}
        if not self.subject or len(self.subject) > modals.SUBJECT_LONGEST:
            found[modals.SUBJECT] = f"Write a subject of at most {modals.SUBJECT_LONGEST} characters."
        if not self.text or len(self.text) > modals.TEXT_LONGEST:
            found[modals.TEXT] = f"Write a text of at most {modals.TEXT_LONGEST:,} characters."
        return found


_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def read_click(payload: dict[str, Any]) -> Click:
    """A button says which conversation in its value, a menu by the name of its row."""
    try:
        action = payload["actions"][0]
        choice = (action.get("selected_option") or {}).get("value", "")
        where = json.loads(action["value"]) if "value" in action else {"c": action["block_id"], "s": "check_in"}
        user, trigger = str(payload["user"]["id"]), str(payload["trigger_id"])
        found = str(action["action_id"]), user, trigger, str(where["c"]), _step(where["s"]), str(choice)
        return Click(*found, _card(payload.get("container") or {}))
    except _UNREADABLE:
        raise BadRecord("actions", "are none that we offered", "use the buttons of a card") from None


def _card(container: dict[str, Any]) -> Card | None:
    """App Home is no card."""
    if container.get("type") != "message":
        return None
    return Card(channel=str(container["channel_id"]), ts=str(container["message_ts"]))


def read_submission(payload: dict[str, Any]) -> Submission:
    """The subject comes back on one line: it becomes a header of a mail."""
    try:
        view, user = payload["view"], str(payload["user"]["id"])
        where, values = json.loads(view["private_metadata"]), view["state"]["values"]
        subject = " ".join((values[modals.SUBJECT]["text"].get("value") or "").split())
        text = (values[modals.TEXT]["text"].get("value") or "").strip()
        chosen = values.get(modals.TO, {}).get("to", {}).get("selected_option") or {}
        to, saves = str(chosen.get("value", "")), where.get("m") == "save"
        return Submission(user, str(where["c"]), _step(where["s"]), saves, subject, text, to)
    except _UNREADABLE:
        raise BadRecord("view", "is not the modal that we opened", "open it again") from None


def _step(text: Any) -> Step:
    if text not in ("check_in", "follow_up"):
        raise ValueError("no step")
    step: Step = text
    return step
