"""Courses of hidden states after a word or an event, in held-out episodes."""

from commlab.probes.decode.trajectories.fitting import HEARD, Wish, fit

__all__ = ["HEARD", "Wish", "fit"]
