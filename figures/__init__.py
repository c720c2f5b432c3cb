"""Figures and the report, drawn from saved results and the training log alone."""

from commlab.figures.drawing import draw
from commlab.figures.plots import PLOTS, save

__all__ = ["PLOTS", "draw", "save"]
