"""Experiments that interfere: what changes in the world when a message does, beside its untouched twin."""
