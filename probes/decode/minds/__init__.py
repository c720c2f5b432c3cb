"""Plans and other agents in hidden states, beyond what a recurrent probe of the history tells."""

from commlab.probes.decode.minds.fitting import MINDS, Minds, fit, has_gain

__all__ = ["MINDS", "Minds", "fit", "has_gain"]
