"""What a configuration says that works, and that probably nobody means."""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from health_monitor.ingest.outreach_files import ENDING, FOLDER, ROUTING, TEAM, TIPS
from health_monitor.ingest.yaml_file import line_of, meant, parsed
from health_monitor.model.account import role_word
from health_monitor.model.config import Bundle
from health_monitor.model.routing import TEMPLATES
from health_monitor.model.scorecard import Coverage, Dimensions, Scorecard
from health_monitor.model.strict import Path

SCORECARD = "scorecard.yaml"
READ = ("segments.yaml", SCORECARD, "sources.yaml", "crm.yaml", ROUTING, TEAM, TIPS)
ROLES = (
    "champion", "primary", "admin", "administrator", "owner", "executive_sponsor", "sponsor", "decision_maker",
    "economic_buyer", "budget_holder", "influencer", "blocker", "billing", "technical", "user", "end_user",
)  # fmt: skip
"""What CRMs call contacts, HubSpot's buying roles among them; a team may have its own."""
SEGMENTS = ("enterprise", "mid_market", "smb")
"""What the product's own examples call segments."""


def doubts(texts: Mapping[str, str], ours: Collection[str], bundle: Bundle) -> list[str]:
    """Each with file, line, setting and why; `ours`: the names of the files that the folder itself has."""
    scoring = scoring_doubts(texts, bundle.scorecard)
    return [*_files(ours), *_routing(texts, bundle), *scoring, *_unsigned(texts, ours, bundle)]


def scoring_doubts(texts: Mapping[str, str], scorecard: Scorecard) -> list[str]:
    """The same of the scorecard alone."""
    if SCORECARD not in texts:
        return []
    root = parsed(SCORECARD, texts[SCORECARD]).root
    found = _doubtful_scoring(scorecard)
    return [f"{SCORECARD}, line {line_of(root, at)}: {'.'.join(map(str, at))}: {why}" for at, why in found]


def _doubtful_scoring(scorecard: Scorecard) -> Iterator[tuple[Path, str]]:
    cards = scorecard.scorecards
    for place, card in enumerate(cards):
        if any(earlier.when.includes(card.when) for earlier in cards[:place]):
            yield ("scorecards", place, "when"), "is never used: an earlier scorecard matches all of these accounts"
        if card.dimensions:
            yield from _counted_twice(("scorecards", place, "dimensions"), card.dimensions)
    for name, dimensions in scorecard.presets.items():
        yield from _counted_twice(("presets", name), dimensions)
    used = {name for card in cards for each in scorecard.dimensions_of(card).values() for name in each.measures}
    for place, limit in enumerate(scorecard.status_limits):
        if limit.measure not in used:
            yield ("status_limits", place), f"limits nobody: no scorecard asks for {limit.measure}"
    yield from _halfway(scorecard)
    yield from _odd_tiers(scorecard.coverage_tiers)
    for name in scorecard.band_sets.keys() - {card.bands for card in cards}:
        yield ("band_sets", name), "no scorecard has these bands"


def _halfway(scorecard: Scorecard) -> Iterator[tuple[Path, str]]:
    """Who writes some edges of a band set means all of them."""
    for name, bands in scorecard.band_sets.items():
        for edge in type(bands).model_fields.keys() - bands.model_fields_set if bands.model_fields_set else ():
            yield (
                ("band_sets", name),
                f"says nothing of {edge}, which is {getattr(bands, edge):f} then; write all three",
            )


def _odd_tiers(tiers: Coverage) -> Iterator[tuple[Path, str]]:
    every = {f"T{at}": days for at, days in enumerate(tiers.cadence_days, 1) if days}
    for (closer, often), (looser, seldom) in pairwise(every.items()):
        if often > seldom:
            yield (
                ("coverage_tiers", "cadence_days"),
                f"{closer} is touched every {often} days and {looser} every {seldom}; closer tiers more often, usually",
            )
    least = sum(low for low, _ in tiers.shares)
    if least > 100:
        yield ("coverage_tiers", "shares"), f"the least of each are {least:g}% together, so they can never all hold"


def _counted_twice(above: Path, dimensions: Dimensions) -> Iterator[tuple[Path, str]]:
    first: dict[str, str] = {}
    for name, dimension in dimensions.items():
        for measure in dimension.measures:
            if measure in first:
                yield (*above, name, "measures", measure), f"counts twice: it is in {first[measure]} too"
            first.setdefault(measure, name)


def _files(ours: Collection[str]) -> Iterator[str]:
    for name in sorted(ours):
        if name in READ or (name.startswith(FOLDER) and name.endswith(ENDING)):
            continue
        close = meant(name.removesuffix(".yaml"), [one.removesuffix(".yaml") for one in READ])
        yield f"{name}: nobody reads a file of this name{f'{close[:-1]}.yaml?' if close else ''}"
    if ROUTING not in ours:
        yield f"{ROUTING}: there is none; the defaults hold, which stand in the product's config/{ROUTING}"
    if missing := [f"{mail}{ENDING}" for mail in TEMPLATES if f"{FOLDER}{mail}{ENDING}" not in ours]:
        yield f"{FOLDER}: lacks {', '.join(missing)}; the product's own texts are used"


def _routing(texts: Mapping[str, str], bundle: Bundle) -> Iterator[str]:
    if ROUTING not in texts:
        return
    root = parsed(ROUTING, texts[ROUTING]).root
    for at, why in _doubtful(bundle):
        yield f"{ROUTING}, line {line_of(root, at)}: {'.'.join(map(str, at))}: {why}"


def _doubtful(bundle: Bundle) -> Iterator[tuple[Path, str]]:
    routing = bundle.routing
    for setting, roles in (("recipients", routing.recipients), ("never_recipients", routing.never_recipients)):
        for place, role in enumerate(roles):
            if role_word(role) not in ROLES:
                yield (setting, place), f"{role!r} is no role that we know{meant(role_word(role), ROLES)}"
    if not routing.never_recipients:
        yield ("never_recipients",), "is empty; executive sponsors would be written to"
    named = {segment for profile in bundle.profiles for segment in profile.when.segment}
    known = ("default", *SEGMENTS, *sorted(named))
    for segment in routing.hold_hours:
        if segment not in known:
            yield ("hold_hours", segment), f"no profile names this segment{meant(segment, known)}"


def _unsigned(texts: Mapping[str, str], ours: Collection[str], bundle: Bundle) -> Iterator[str]:
    for template in bundle.templates:
        name = f"{FOLDER}{template.name}{ENDING}"
        if name in ours and "csm_name" not in template.text:
            last = len(texts[name].rstrip().splitlines())
            yield f"{name}, line {last}: csm_name: nobody signs; end with {{{{ csm_name }}}}"
