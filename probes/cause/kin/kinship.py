"""Kinship in language: whom speakers tell and lie to, and whom listeners heed, from twins that are shown other kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from commlab.foundation.moments import written
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.probes.cause.kin.audience import Speaking, speaker_side
from commlab.probes.cause.kin.obedience import Obeying, listener_side
from commlab.probes.cause.kin.setting import KIN, STRANGER, Setting, prepare
from commlab.recording import Playable

__all__ = ["LEVELS", "Sides", "both_sides", "fit", "of_sides"]

LEVELS = (-1.0, 0.0, 0.25, 0.5, 0.75, 1.0)  # as shown; below 0 is a control: spite
UNIT = "share of steps"


class Sides(NamedTuple):
    """What was found of both sides of speech."""

    speaking: Speaking
    obeying: Obeying


def fit(
    agents: Playable,
    n_episodes: int = 256,
    seed: int = 0,
    n_null: int = 199,
    levels: Sequence[float] = LEVELS,
    command: str = "kinship",
) -> Result:
    """Return how much more of the truth speakers tell when shown kin than when shown strangers, and all beside it.

    The estimate is paired over episodes; its null swaps the arms within them. `details` has the conclusions of both
    sides, `speaker` and `listener`, each with its evidence: tests, and shares at every shown kinship. Raises DataError
    where the question does not apply; see `prepare`.
    """
    setting = prepare(agents, n_episodes, seed)
    return of_sides(setting, both_sides(setting, levels, n_null), command)


def both_sides(setting: Setting, levels: Sequence[float], n_null: int) -> Sides:
    """Return what speakers and listeners do at each shown kinship."""
    return Sides(speaker_side(setting, levels, n_null), listener_side(setting, levels, n_null))


def of_sides(setting: Setting, sides: Sides, command: str) -> Result:
    """Return the result of what both sides do."""
    test = sides.speaking.tests.get("true")
    return Result(
        analysis="kinship",
        name="kinship",
        estimate=-test.difference if test else None,
        unit=UNIT,
        interval=(-test.interval[1], -test.interval[0]) if test else None,
        null=test.null if test else None,
        p_value=test.p_value if test else None,
        n_episodes=setting.n_episodes,
        sentence=f"{sides.speaking.told['sentence']} {sides.obeying.told['sentence']}",
        details={
            "scenario": setting.scenario.name,
            "speakers": list(setting.roles.speakers),
            "listeners": list(setting.roles.listeners),
            "kin": KIN,
            "strangers": STRANGER,
            "speaker": sides.speaking.told,
            "listener": sides.obeying.told,
            "moments": written([*sides.speaking.shown, *sides.obeying.shown]),
        },
        provenance=provenance(command, setting.seed, setting.agents.sha256)
        | {"grounding": setting.agents.facts.get("grounding")},
    )
