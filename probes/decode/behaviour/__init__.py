"""Where agents are and where they go, by what they heard last or by what there is."""

from commlab.probes.decode.behaviour.fitting import HEARD, fit

__all__ = ["HEARD", "fit"]
