"""Which numbers the rule uses, and which sources are on: read from the team's files.

The numbers are published as an immutable bundle and pointed to; the sources are part of a deployment.
"""

from collections.abc import Mapping

from health_monitor.flows.runs import config_key
from health_monitor.ingest.config import read_bundle, read_sources
from health_monitor.model.config import Bundle
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal
from health_monitor.sources.spec import SourceSettings


def load_config(texts: Mapping[str, str]) -> Bundle:
    """The configuration in a folder's files, by file name. Raises NeedsHuman naming file, line, field and remedy."""
    return read_bundle(texts)


def load_sources(text: str) -> dict[str, SourceSettings]:
    """The enabled sources' settings, by name, in a sources.yaml. Raises NeedsHuman like `load_config`."""
    return read_sources(text)


def publish_config(bundle: Bundle, blobs: Blobs, journal: Journal) -> str:
    """Store the bundle under its hash and make it live for the next run; no deploy needed."""
    blobs.put_absent(config_key(bundle.version), bundle.to_json())
    journal.point_config(bundle.version)
    return bundle.version
