"""Recordings: their format, writing, reading, targets and splits."""
