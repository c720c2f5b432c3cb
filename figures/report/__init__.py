"""The report of a run: its findings, their evidence, and what made them, on one page that needs nothing else."""

from commlab.figures.report.compared import write_comparison
from commlab.figures.report.page import write_report

__all__ = ["write_comparison", "write_report"]
