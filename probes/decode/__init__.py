"""Analyses that only look: what a recording's messages and hidden states reveal, against which null."""
