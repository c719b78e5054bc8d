"""How a mail's subject says that no person wrote it: the last resort where its headers say nothing."""

import re

_BEGINS = (
    "automatic reply", "automated reply", "auto reply", "autoreply", "auto response", "autoresponse",
    "out of office", "out of the office", "i am out of the office", "away from the office", "vacation reply",
    "undeliverable", "undelivered mail", "delivery status notification", "mail delivery failed", "returned mail",
    "automatische antwort", "abwesenheitsnotiz", "abwesenheitsmeldung", "abwesenheitsbenachrichtigung", "unzustellbar",
    "réponse automatique", "absence du bureau", "message d'absence",
    "respuesta automática", "fuera de la oficina", "fuera de oficina",
    "risposta automatica", "fuori ufficio", "fuori sede",
    "resposta automática", "ausência do escritório", "fora do escritório",
    "automatisch antwoord", "afwezigheidsbericht", "niet aanwezig",
    "automatiskt svar", "autosvar", "automatisk svar", "frånvaro", "automaattinen vastaus",
    "odpowiedź automatyczna", "automatyczna odpowiedź", "automatická odpověď", "automatikus válasz",
    "автоматический ответ", "автоматична відповідь", "otomatik yanıt",
)  # fmt: skip
# Only where it begins: "Re: out of office" is a person's answer to such a note.
_AUTOMATIC = re.compile(rf"\W*(?:{'|'.join(map(re.escape, _BEGINS))})(?!\w)")
# Written without spaces between words.
_WIDE = re.compile(r"\W*(?:自動応答|不在通知|自动回复|自動回覆|자동\s?회신|부재중)")


def says_so(subject: str) -> bool:
    """Whether a subject begins as automatic answers and bounces do, in the languages that mail programs speak."""
    plain = " ".join(subject.casefold().replace("-", " ").replace("’", "'").split())
    return bool(_AUTOMATIC.match(plain) or _WIDE.match(plain))
