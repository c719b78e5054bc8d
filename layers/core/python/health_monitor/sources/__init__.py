"""What each vendor calls things: one file per vendor, read only by ingest, flows, wiring and infra."""

from health_monitor.sources.hubspot import HUBSPOT
from health_monitor.sources.mixpanel import MIXPANEL
from health_monitor.sources.segment import SEGMENT
from health_monitor.sources.signed import SIGNED
from health_monitor.sources.spec import Source

SOURCES: dict[str, Source] = {source.name: source for source in (MIXPANEL, HUBSPOT, SEGMENT, SIGNED)}
"""Every source by its name; adding one here is all that infrastructure, schedules and secrets need."""
