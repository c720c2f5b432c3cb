"""Experiments of one's own, from files."""
