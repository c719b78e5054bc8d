"""The command line; no Lambda loads it."""

from health_monitor.cli.app import main

__all__ = ["main"]
