"""From their words to ours: CSV files and YAML into nouns, bad rows into quarantine. Pure: it is given lines."""
