"""The customer's YAML into numbers and the settings of sources and CRMs; errors name file, line, field and remedy."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from health_monitor.ingest.outreach_files import (
    CheckTemplate,
    read_advice,
    read_routing,
    read_team,
    read_templates,
)
from health_monitor.ingest.yaml_file import COPY, YamlFile, line_of, mistakes, parsed, told, told_at, validated
from health_monitor.model.config import Bundle, Segments
from health_monitor.model.crm import CRMS, CrmName, CrmSettings
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.scorecard import Scorecard
from health_monitor.model.strict import Path
from health_monitor.sources import SOURCES
from health_monitor.sources.hubspot_words import HubspotSettings, company_properties
from health_monitor.sources.spec import Source, SourceSettings

SEGMENTS = "segments.yaml"
SOURCES_FILE = "sources.yaml"
CRM_FILE = "crm.yaml"
SCORECARD = "scorecard.yaml"


def read_bundle(texts: Mapping[str, str], check: CheckTemplate) -> Bundle:
    """The bundle in a folder's files, by file name. Raises NeedsHuman with every mistake of every file at once.

    `check` tells what is wrong with a template's subject and text, each mistake with its line.
    """
    said: list[str] = []
    segments = _tried(said, lambda: read_segments(texts))
    routing = _tried(said, lambda: read_routing(texts))
    team = _tried(said, lambda: read_team(texts))
    advice = _tried(said, lambda: read_advice(texts))
    templates = _tried(said, lambda: read_templates(texts, check))
    scorecard = _tried(said, lambda: read_scorecard(texts))
    if said:
        raise NeedsHuman("\n".join(said))
    parts = {"routing": routing, "team": team, "advice": advice, "templates": templates, "scorecard": scorecard}
    return Bundle.model_validate(dict(segments) | parts)


def read_segments(texts: Mapping[str, str]) -> Segments:
    """The rule's numbers. Raises NeedsHuman with every mistake at once."""
    if SEGMENTS not in texts:
        raise NeedsHuman(f"{SEGMENTS} is missing; {COPY}")
    return validated(Segments, parsed(SEGMENTS, texts[SEGMENTS]))


def read_scorecard(texts: Mapping[str, str]) -> Scorecard:
    """How health is scored; without a file, as the product does. Raises NeedsHuman with every mistake at once."""
    if SCORECARD not in texts:
        return default_scorecard()
    file = parsed(SCORECARD, texts[SCORECARD])
    try:
        return Scorecard.model_validate(file.settings)
    except ValidationError as error:
        unknown = (told_at(file, at, why) for at, why in _unknown_names(file.settings))
        raise NeedsHuman("\n".join(dict.fromkeys((*mistakes(file, error.errors()), *unknown)))) from None


def _unknown_names(settings: Mapping[Any, Any]) -> Iterator[tuple[Path, str]]:
    """Presets and bands that scorecards name and that are none: while there are other mistakes nobody else looks."""
    cards = settings.get("scorecards")
    named = [(at, card) for at, card in enumerate(cards if isinstance(cards, list) else ()) if isinstance(card, dict)]
    for setting, noun, there in (
        ("preset", "preset", settings.get("presets", {})),
        ("bands", "band set", settings.get("band_sets", {"default": {}})),
    ):
        known = {str(name) for name in there} if isinstance(there, dict) else None
        for at, card in named if known is not None else ():
            if isinstance(name := card.get(setting), str) and name not in (known or ()):
                yield (
                    ("scorecards", at, setting),
                    f"no such {noun}; there are {', '.join(sorted(known or ())) or 'none'}",
                )


def _tried(said: list[str], read: Callable[[], Any]) -> Any:
    try:
        return read()
    except NeedsHuman as error:
        said.append(str(error))
        return None


def read_sources(text: str, known: Mapping[str, Source] = SOURCES) -> dict[str, SourceSettings]:
    """The settings of the enabled sources, by name, in a sources.yaml. Raises NeedsHuman with every mistake at once.

    What a source needs may be missing while it is not enabled; what is there must be right all the same.
    """
    return _enabled(parsed(SOURCES_FILE, text), {name: source.settings for name, source in known.items()}, "source")


def read_crms(text: str, sources: Mapping[str, SourceSettings]) -> dict[CrmName, CrmSettings]:
    """The same of the CRMs in a crm.yaml. What we write into a field must not be read back as the customer's own."""
    file = parsed(CRM_FILE, text)
    enabled: dict[CrmName, CrmSettings] = _enabled(file, CRMS, "CRM")
    hubspot, reads = enabled.get("hubspot"), sources.get("hubspot")
    if hubspot and isinstance(reads, HubspotSettings):
        read = {*company_properties(reads)}
        why = f"{SOURCES_FILE} reads this property of HubSpot; write to another"
        written = hubspot.write_back.model_dump(exclude_none=True)
        told(file, [(("hubspot", "write_back", name), why) for name, field in written.items() if field in read])
    return enabled


def _enabled(file: YamlFile, known: Mapping[Any, type[Any]], noun: str) -> dict[Any, Any]:
    enabled, said = {}, []
    for name, given in file.settings.items():
        if name not in known:
            why = f"no such {noun}; known are {', '.join(known)}"
            said.append(f"{file.name}, line {line_of(file.root, (name,))}: {name}: {why}")
            continue
        try:
            settings = known[name].model_validate(given)
            enabled.update({name: settings} if settings.enabled else {})
        except ValidationError as error:
            said += mistakes(file, _that_matter(given, error.errors()), above=(name,))
    if said:
        raise NeedsHuman("\n".join(said))
    return enabled


def _that_matter(given: Any, errors: list[ErrorDetails]) -> list[ErrorDetails]:
    works = isinstance(given, dict) and given.get("enabled") is True
    return [error for error in errors if works or error["type"] != "missing"]
