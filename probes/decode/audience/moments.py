"""The moments behind who talks to whom: speech and silence where closer kin than usual can hear, and less kin."""

import numpy as np

from commlab.datasets.reader import Recording
from commlab.foundation.moments import Moment
from commlab.foundation.picking import explained, pick
from commlab.probes.decode.audience.earshot import Earshot
from commlab.probes.decode.audience.rows import Audience
from commlab.probes.decode.moments import agent_called, there

__all__ = ["spoken_or_not"]

ALIKE = 1e-3  # a kinship nearer than this to the usual one is neither closer nor farther


def spoken_or_not(recording: Recording, rows: Earshot, audience: Audience) -> list[Moment]:
    """The first step at which somebody speaks, and at which nobody does, to closer kin than usual; then to less kin."""
    steps = np.maximum(audience.anyone.sum(axis=0), 1)
    usual = np.where(audience.anyone, audience.kinship, 0).sum(axis=0) / steps  # of each speaker
    row, speaker = np.nonzero(audience.anyone & (np.abs(audience.kinship - usual) > ALIKE))
    closer, speaks = (audience.kinship > usual)[row, speaker], audience.speaks[row, speaker]

    def show(case: int) -> Moment:
        who, at = audience.agents[speaker[case]], int(row[case])
        does = "speaks" if speaks[case] else "is silent"
        note = (
            f"{agent_called(recording, who)} {does}, kinship within earshot {audience.kinship[at, speaker[case]]:.2g}"
        )
        return there(
            recording, int(rows.episode[at]), int(rows.t[at]), who, f"{note}, usually {usual[speaker[case]]:.2g}"
        )

    found = []
    for mine, words in ((closer, "closer"), (~closer, "less")):
        cases = f"steps with {words} kin than usual within earshot"
        found += explained(pick(speaks, "been spoken in", among=mine, cases=cases), show)
    return found
