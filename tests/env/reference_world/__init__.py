"""A slow, obvious world: one episode in plain Python, lists and dicts, which the kernels must match step by step.

It is written from docs/rules.md and reads the scenario itself, not the kernels' rules; rows and columns are counted
from the map's own corner. Two things it has to share: the draws, written anew for Python's integers, and the maps that
a layout makes, which it is given as drawings.
"""

from reference_world.draws import below, between, draw, draw_pair, episode_key, step_key, uniform
from reference_world.reset import begin
from reference_world.state import numbers_that_matter, state, total_energy
from reference_world.step import step
from reference_world.view import observation
from reference_world.world import EVENTS, STATS, World

__all__ = [
    "EVENTS",
    "STATS",
    "World",
    "begin",
    "below",
    "between",
    "draw",
    "draw_pair",
    "episode_key",
    "numbers_that_matter",
    "observation",
    "state",
    "step",
    "step_key",
    "total_energy",
    "uniform",
]
