"""A run in a notebook: `commlab.open("runs/demo")` gives its recording, agents, results, and what commands do."""

from commlab.notebook.agents import Agents
from commlab.notebook.run import Run, open

__all__ = ["Agents", "Run", "open"]
