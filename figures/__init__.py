"""Figures and the report, drawn from saved results and the training log alone."""
