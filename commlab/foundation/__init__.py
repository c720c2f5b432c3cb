"""Errors, results, statistics, provenance and run folders: what every other floor stands on."""
