"""Who needs attention now: from a night's lines to alerts, and which of them are held back. Pure."""
