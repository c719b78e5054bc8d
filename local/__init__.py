"""The laptop: a local AWS, the real template on it, and doubles of the outside world."""
