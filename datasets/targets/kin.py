"""Who is kin of whom, at a row of a recording: by the episode's matrix, or by a bond."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording

__all__ = ["Kin"]

Array = np.ndarray[Any, Any]


class Kin:
    """Kinship above 0, as each agent has it; a bond is a kinship."""

    def __init__(self, recording: Recording) -> None:
        """Read the kinship of a recording's episodes."""
        self.related = recording.kinship > 0  # (M, A, A)
        self.matrix = recording.episodes.kinship[recording.row_episode]  # (S,)
        self.partner = recording["agents/partner"][:] if "agents/partner" in recording else None

    def with_agent(self, other: int) -> Array:
        """Whether each agent has agent `other` for kin, (S, A) bool."""
        kin: Array = self.related[:, :, other][self.matrix]
        return kin if self.partner is None else kin | (self.partner == other)

    def with_agents(self, others: Array) -> Array:
        """Whether each agent has the agent (S, A) beside it for kin, (S, A) bool; false for -1, nobody."""
        agents = np.arange(others.shape[1])
        kin: Array = self.related[self.matrix[:, None], agents, others]
        if self.partner is not None:
            kin = kin | (self.partner == others)
        return kin & (others >= 0)
