"""Planted truth: recordings whose language is known, and what every tool must make of them."""
