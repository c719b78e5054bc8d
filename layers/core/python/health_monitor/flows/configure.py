"""Which numbers the rule uses, and which sources are on: read from the team's files.

The numbers are published as an immutable bundle and pointed to; the sources are part of a deployment.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from health_monitor.flows.runs import config_key, read_bundle
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.scorecard import Scorecard
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal

if TYPE_CHECKING:
    from health_monitor.model.crm import CrmName, CrmSettings
    from health_monitor.sources.spec import SourceSettings


def load_config(texts: Mapping[str, str]) -> Bundle:
    """The configuration in a folder's files, by file name. Raises NeedsHuman naming file, line, field and remedy."""
    # Imported here: a function has no YAML reader, and is only ever given what was published.
    from health_monitor.act.templates import mistakes
    from health_monitor.ingest.config import read_bundle as read_files

    return read_files(texts, mistakes)


def probable_mistakes(texts: Mapping[str, str], ours: Collection[str], bundle: Bundle) -> list[str]:
    """What these files say that works, and that probably nobody means; `ours`: the files that the folder itself has."""
    from health_monitor.ingest.doubts import doubts

    return doubts(texts, ours, bundle)


def load_scorecard(texts: Mapping[str, str]) -> Scorecard:
    """How a folder's files score health; the product's way where they have no scorecard. Raises like `load_config`."""
    from health_monitor.ingest.config import read_scorecard

    return read_scorecard(texts)


def doubtful_scoring(texts: Mapping[str, str], scorecard: Scorecard) -> list[str]:
    """What a scorecard says that works, and that probably nobody means."""
    from health_monitor.ingest.doubts import scoring_doubts

    return scoring_doubts(texts, scorecard)


def load_sources(text: str) -> "dict[str, SourceSettings]":
    """The enabled sources' settings, by name, in a sources.yaml. Raises NeedsHuman like `load_config`."""
    from health_monitor.ingest.config import read_sources

    return read_sources(text)


def load_crms(text: str, sources: "Mapping[str, SourceSettings] | None" = None) -> "Mapping[CrmName, CrmSettings]":
    """The enabled CRMs' settings, by name, in a crm.yaml beside these sources. Raises NeedsHuman like `load_config`."""
    from health_monitor.ingest.config import read_crms

    return read_crms(text, sources or {})


def must_keep_scorecard(bundle: Bundle, live: Bundle, folder: str, journal: Journal) -> None:
    """Raises NeedsHuman with the commands to type when the bundle changes how health is scored.

    Before the first night there is nothing to replay a change over, and nobody who knows another score.
    """
    if bundle.scorecard.version != live.scorecard.version and journal.last_complete() is not None:
        raise NeedsHuman(
            f"nothing was published: {folder} changes how health is scored (scorecard {live.scorecard.version} to "
            f"{bundle.scorecard.version}), and that is replayed over your history first. See what it would change: "
            f"health-monitor model plan {folder}; make it live: health-monitor model apply {folder} --note WHY; then "
            "publish the rest"
        )


def publish_config(bundle: Bundle, blobs: Blobs, journal: Journal) -> str:
    """Store the bundle under its hash and make it live for the next run; no deploy needed."""
    blobs.put_absent(config_key(bundle.version), bundle.to_json())
    journal.point_config(bundle.version)
    return bundle.version


def live_bundle(journal: Journal, blobs: Blobs, default: Bundle) -> Bundle:
    """The configuration as it is now: what was published last, else what came with the product."""
    version = journal.live_config()
    return read_bundle(blobs, version) if version else default
