"""Which numbers the rule uses: read from the team's files, published as an immutable bundle, pointed to."""

from collections.abc import Mapping

from health_monitor.flows.runs import config_key
from health_monitor.ingest.config import read_bundle
from health_monitor.model.config import Bundle
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.journal import Journal


def load_config(texts: Mapping[str, str]) -> Bundle:
    """The configuration in a folder's files, by file name. Raises NeedsHuman naming file, line, field and remedy."""
    return read_bundle(texts)


def publish_config(bundle: Bundle, blobs: Blobs, journal: Journal) -> str:
    """Store the bundle under its hash and make it live for the next run; no deploy needed."""
    blobs.put_absent(config_key(bundle.version), bundle.to_json())
    journal.point_config(bundle.version)
    return bundle.version
