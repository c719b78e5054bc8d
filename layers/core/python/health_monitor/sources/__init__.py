"""What each vendor calls things: one file per vendor, read only by ingest, flows, wiring and infra."""

from health_monitor.sources.spec import Source

SOURCES: dict[str, Source] = {}
"""Every source by its name; adding one here is all that infrastructure, schedules and secrets need."""
