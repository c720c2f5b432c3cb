"""Hidden states with the value of a target: of a recording, on which directions are fitted, or of a played run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Eraser
from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.rollout import Rollout
from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target
from commlab.datasets.targets.blocks import label
from commlab.env.batch import WorldBatch
from commlab.foundation.errors import DataError, InterventionError
from commlab.foundation.statistics import Strata, draw_permutations
from commlab.probes.cause.twins import EXPERIMENTS, LEAST
from commlab.probes.decode.prepared import Question, choose
from commlab.probes.decode.rows import Rows, permuted, read_rows, strata_of, table_of
from commlab.recording import Playable, Recorder, Request, drawn_fields, header_of

__all__ = [
    "NO_VALUE",
    "Erased",
    "States",
    "check_layer",
    "check_same",
    "permuted_states",
    "question",
    "read_states",
    "recorded",
    "site_of",
    "value_table",
]

NO_VALUE = -1
HIDDEN = "policy/hidden."
N_FOLDS = 5


class Erased(NamedTuple):
    """States that were not erased in the world, but afterwards."""

    layer: str
    agents: tuple[int, ...]
    eraser: Eraser


class States(NamedTuple):
    """Hidden states of some agents at the steps at which a target has a value."""

    vectors: NDArray[np.float32]  # (N, H)
    value: NDArray[np.int64]  # (N,) index into `names`, NO_VALUE where the step has none
    names: tuple[str, ...]  # of the values, K
    target: str
    agents: tuple[int, ...]
    of: str  # what the agents are called
    unseen_only: bool
    rows: Rows
    strata: Strata  # which episodes may trade places

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which steps have a value, (N,)."""
        return np.asarray(self.value != NO_VALUE)

    @property
    def n_episodes(self) -> int:
        """Episodes with a value."""
        return int(np.unique(self.rows.episode[self.known]).size)


def check_layer(agents: Playable, layer: str) -> None:
    """Raise InterventionError where the agents have no hidden states of that name."""
    has = tuple(agents.policy.hidden_sizes)
    if not has:
        raise InterventionError(
            "These agents are scripted and have no hidden states to change; take a run of trained agents."
        )
    if layer not in has:
        raise InterventionError(f"There is no layer {layer!r}: the agents have {', '.join(has)}; name one of these.")


def check_same(agents: Playable, recording: Recording) -> None:
    """Raise DataError where a recording is of other agents than those that are to be changed."""
    told = recording.attrs.get("checkpoint_sha256")
    if told != agents.sha256:
        raise DataError(
            f"{recording.path} was recorded from another checkpoint ({str(told)[:12]}) than the one to be changed "
            f"({agents.sha256[:12]}), so that directions found in it mean nothing here; record these agents anew."
        )


def site_of(layer: str) -> str:
    """Return the site of interventions in a layer."""
    return f"hidden.{layer}"


def question(target: str, layer: str, of: str, seed: int) -> Question:
    """Return the question whose rows are those that directions are fitted on."""
    return Question(target, f"hidden.{layer}", of, 0, N_FOLDS, 0, seed, None, None)


def read_states(recording: Recording, target: str, layer: str, of: str, seed: int = 0) -> States:
    """Return the hidden states of the agents `of` with a target's value at each step.

    For what listeners know of resources, only steps count at which they have not seen the thing themselves. Raises
    DataError where the layer is not recorded, the target is a number, has a single value, or has too few episodes.
    """
    if f"{HIDDEN}{layer}" not in recording:
        raise DataError(
            f"{recording.path} holds no hidden states of {layer!r}; record again with `commlab record --layers "
            f"core,encoder`, or name a layer that it has."
        )
    if find_target(target, recording).kind == "number":
        raise DataError(f"{target} is a number, and hidden states are compared between classes; name one of those.")
    chosen = choose(recording, question(target, layer, of, seed))
    if not chosen.classes:
        raise DataError(f"{target} is a number, and hidden states are compared between classes; name one of those.")
    vectors = read_rows(recording, f"{HIDDEN}{layer}", chosen.rows, np.float32)
    return States(
        vectors,
        np.asarray(chosen.labels, dtype=np.int64),
        chosen.classes,
        chosen.target.name,
        tuple(chosen.agents.indices),
        chosen.agents.name,
        chosen.unseen_only,
        chosen.rows,
        strata_of(recording, chosen.rows),
    )


def permuted_states(states: States, n_draws: int, rng: np.random.Generator) -> list[States]:
    """Return the states with the values of whole other episodes at the same steps, `n_draws` times."""
    table = table_of(states.value, states.rows, NO_VALUE)
    draws = draw_permutations(states.strata, n_draws, rng)
    return [states._replace(value=permuted(table, states.rows, draw).astype(np.int64)) for draw in draws]


def recorded(
    agents: Playable,
    n_episodes: int,
    seed: int = 0,
    plan: Plan = NO_PLAN,
    layers: tuple[str, ...] = (),
    erased: Erased | None = None,
) -> Recording:
    """Return what `twins.play` rolls with the same arguments, as a recording in memory.

    So every target can be computed, and every probe fitted, in a world that was interfered with. What is `erased` is
    taken out of the states that were recorded; nobody acted on that.
    """
    scenario, n_worlds = agents.scenario, max(LEAST, n_episodes)
    worlds = WorldBatch(scenario, n_worlds, EXPERIMENTS + seed)
    rollout = Rollout(worlds, agents.policy, plan.padded(n_worlds))
    recorder = Recorder(scenario, n_worlds, layers)
    rollout.begin(np.arange(n_worlds))
    drawn = drawn_fields(worlds, n_episodes)
    rollout.run(scenario.steps, recorder)
    if erased is not None:
        _erase(recorder.arrays[f"{HIDDEN}{erased.layer}"], erased)
    fields = {
        "length": recorder.lengths[:n_episodes],
        "seed": np.full(n_episodes, worlds.seed, np.uint64),
        "episode": np.arange(n_episodes),
        "world": np.arange(n_episodes),
        "condition": np.full(n_episodes, "experiment"),
        "intervention": np.full(n_episodes, "[]"),
        "bodies": np.tile(worlds.rules.body, (n_episodes, 1)),
        "stats": recorder.stats[:n_episodes],
        **drawn,
    }
    request = Request(Path("in memory"), n_episodes, seed, condition="experiment", layers=layers)
    return memory_recording(header_of(agents, request), fields, recorder.columns(n_episodes))


def _erase(states: NDArray[np.floating[Any]], erased: Erased) -> None:
    """Take out of hidden states (W, T, A, H) what an eraser does; write `states`."""
    left, right, bias = (np.asarray(part, dtype=np.float64) for part in erased.eraser)
    own = states[:, :, list(erased.agents)].astype(np.float64)
    states[:, :, list(erased.agents)] = own - (own - bias) @ right.T @ left.T


def value_table(recording: Recording, target: str, names: tuple[str, ...], n_steps: int) -> NDArray[np.int64]:
    """Return the target's value (T, E, A) at each step of each episode, NO_VALUE where it has none among `names`."""
    n_agents = recording.n_agents
    found = label(recording, find_target(target, recording), range(n_agents))
    place = {name: index for index, name in enumerate(names)}
    number = np.array([place.get(name, NO_VALUE) for name in found.names] or [NO_VALUE])
    rows = np.where(found.valid, number[np.where(found.valid, found.values, 0).astype(np.int64)], NO_VALUE)
    table = np.full((n_steps, recording.n_episodes, n_agents), NO_VALUE)
    table[np.asarray(recording["steps/t"][:]), recording.row_episode] = rows
    return table
