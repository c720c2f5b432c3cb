"""Kinship in language: whom speakers tell and lie to, and whom listeners heed, from twins that are shown other kin."""

from __future__ import annotations

from collections.abc import Sequence

from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.probes.cause.audience import speaker_side
from commlab.probes.cause.kin_setting import KIN, STRANGER, Setting, prepare
from commlab.probes.cause.obedience import listener_side
from commlab.recording import Playable

__all__ = ["LEVELS", "fit", "of_setting"]

LEVELS = (-1.0, 0.0, 0.25, 0.5, 0.75, 1.0)  # as shown; below 0 is a control: spite
UNIT = "share of steps"


def fit(
    agents: Playable,
    n_episodes: int = 512,
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
    return of_setting(prepare(agents, n_episodes, seed), n_null, levels, command)


def of_setting(setting: Setting, n_null: int, levels: Sequence[float], command: str) -> Result:
    """Return the same from a setting that is prepared."""
    speaking, obeying = speaker_side(setting, levels, n_null), listener_side(setting, levels, n_null)
    test = speaking.tests.get("true")
    return Result(
        analysis="kinship",
        name="kinship",
        estimate=-test.difference if test else None,
        unit=UNIT,
        interval=(-test.interval[1], -test.interval[0]) if test else None,
        null=test.null if test else None,
        p_value=test.p_value if test else None,
        n_episodes=setting.n_episodes,
        sentence=f"{speaking.told['sentence']} {obeying.told['sentence']}",
        details={
            "scenario": setting.scenario.name,
            "speakers": list(setting.roles.speakers),
            "listeners": list(setting.roles.listeners),
            "kin": KIN,
            "strangers": STRANGER,
            "speaker": speaking.told,
            "listener": obeying.told,
        },
        provenance=provenance(command, setting.seed, setting.agents.sha256),
    )
