"""Other people's logs made into recordings: EGG dumps, CSV and JSONL tables."""
