"""The 14-day usage index against its baseline: windows, benchmark, rule, incident. Pure; no numpy, integers only."""
