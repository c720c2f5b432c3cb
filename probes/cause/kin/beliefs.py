"""Beliefs about kinship: whether hidden states tell who is kin, and whether what agents are shown moves them.

A linear reader learns, on other episodes, to tell from an agent's hidden state whether those who may be strangers to it
are kin. Where kinship differs between untouched episodes it learns from these, and first reads others of the kind;
where it does not, it learns from episodes in which kinship is shown. Then it reads twins that differ in nothing but
the kinship shown. Its null are readers that have learnt from labels that belong to other episodes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import NO_PLAN
from commlab.foundation.errors import CheckpointError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result, undefined
from commlab.foundation.statistics import bca_interval, permutation_p_value
from commlab.probes.cause.kin.contrast import Contrast, Counted, contrasts
from commlab.probes.cause.kin.setting import KIN, OTHER_EPISODES, STRANGER, Setting
from commlab.probes.cause.twins import Trace, play

__all__ = ["fit"]

UNIT = "change of the read chance of kin"
EVERY, FIRST = 8, 4  # steps between those that are read, and the first of them
N_PLACEBOS = 19  # readers that learn from exchanged labels
ENOUGH = 16  # episodes of kin, and of strangers, to learn from
HALF = 0.5  # the kinship from which on somebody is kin

Float64 = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Traces(NamedTuple):
    """The episodes of all agents, with their hidden states."""

    lesson: Trace  # other episodes, untouched
    lesson_kin: Trace  # the same, shown kin
    lesson_strangers: Trace
    natural: Trace
    kin: Trace
    strangers: Trace


class States(NamedTuple):
    """Hidden states of one agent."""

    hidden: Float64  # (T', W, H)
    live: Bools  # (T', W)

    @classmethod
    def of(cls, trace: Trace, agent: int, layer: str) -> States:
        """Every few steps of a trace."""
        return cls(trace.hidden[layer][FIRST::EVERY, :, agent].astype(np.float64), trace.live[FIRST::EVERY])


def fit(setting: Setting, layer: str = "core", n_null: int = 199, command: str = "kinship") -> Result:
    """Return by how much the chance of kin, read from hidden states, rises where kin are shown instead of strangers.

    It is the mean over agents; `details` has them one by one. The result is undefined for agents without hidden states.
    """
    viewers = [agent for agent in range(setting.scenario.n_agents) if setting.not_always_kin(agent)]
    rng = np.random.default_rng([setting.seed, 4])
    try:
        traces = _traces(setting, tuple(viewers), layer)
    except CheckpointError:
        return undefined("kinship-beliefs", "kinship-beliefs", UNIT, "these agents have no hidden states")
    found = {viewer: _believed(setting, traces, viewer, layer, rng, n_null) for viewer in viewers}
    read = np.stack([one.pop("read") for one in found.values()])  # (viewers, 4, W)
    whole = contrasts({"moved": Counted(*read.sum(axis=0))}, rng, n_null)["moved"]
    return Result(
        analysis="kinship-beliefs",
        name="kinship-beliefs",
        estimate=whole.difference,
        unit=UNIT,
        interval=whole.interval,
        null=whole.null,
        p_value=whole.p_value,
        n_episodes=setting.n_episodes,
        sentence=_sentence(list(found.values()), whole),
        details={"layer": layer, "agents": list(found.values())},
        provenance=provenance(command, setting.seed, setting.agents.sha256)
        | {"grounding": setting.agents.facts.get("grounding")},
    )


def _traces(setting: Setting, viewers: tuple[int, ...], layer: str) -> Traces:
    """Roll what is learnt from and what is read. Raises CheckpointError for agents without such hidden states."""
    plans = (NO_PLAN, setting.showing(viewers, KIN), setting.showing(viewers, STRANGER))
    seeds = (OTHER_EPISODES + setting.seed, setting.seed)
    return Traces(*(play(setting.agents, setting.n_episodes, seed, plan, (layer,)) for seed in seeds for plan in plans))


def _believed(
    setting: Setting, traces: Traces, agent: int, layer: str, rng: np.random.Generator, n_null: int
) -> dict[str, Any]:
    """What can be read of one agent, how what it is shown moves it, and what `contrasts` needs of it, as `read`."""
    states = {name: States.of(trace, agent, layer) for name, trace in traces._asdict().items()}
    others = list(setting.not_always_kin(agent))
    lesson_kin, natural_kin = (
        trace.kinship[:, agent, others].mean(axis=1) >= HALF for trace in (traces.lesson, traces.natural)
    )
    varies = min(lesson_kin.sum(), (~lesson_kin).sum(), natural_kin.sum(), (~natural_kin).sum()) >= ENOUGH
    if varies:
        lesson, label = states["lesson"], lesson_kin
    else:
        lesson = _joined(states["lesson_kin"], states["lesson_strangers"])
        label = np.repeat([True, False], setting.n_episodes)
    reader = _learn(lesson, label)
    moved = _read(reader, states["kin"], states["strangers"])
    draws = [
        _moved(_read(_learn(lesson, rng.permutation(label)), states["kin"], states["strangers"]))
        for _ in range(N_PLACEBOS)
    ]
    return {
        "agent": agent,
        "body": setting.scenario.agent_bodies[agent],
        "learnt_from": "untouched episodes" if varies else "episodes in which kinship is shown",
        "natural": _accuracy(reader, states["natural"], natural_kin, rng, n_null) if varies else None,
        "moved": contrasts({"moved": moved}, rng, n_null)["moved"].told(),
        "placebo": {
            "low": float(min(draws)),
            "high": float(max(draws)),
            "p_value": permutation_p_value(_moved(moved), np.array(draws), "greater"),
            "n_draws": N_PLACEBOS,
        },
        "read": np.stack(moved),
    }


def _moved(arms: Counted) -> float:
    """The change of the read chance of kin."""
    return float(arms.hits.sum() / arms.total.sum() - arms.other_hits.sum() / arms.other_total.sum())


def _joined(first: States, second: States) -> States:
    """The episodes of both."""
    return States(*(np.concatenate(pair, axis=1) for pair in zip(first, second, strict=True)))


def _learn(states: States, label: Bools) -> Reader:
    """Learn to tell episodes with the label (W,) from the others."""
    from sklearn.linear_model import LogisticRegression

    rows = states.hidden[states.live]
    wanted = np.broadcast_to(label, states.live.shape)[states.live]
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.1, max_iter=300, class_weight="balanced").fit((rows - mean) / scale, wanted)
    return Reader(mean, scale, model.coef_[0], float(model.intercept_[0]))


class Reader(NamedTuple):
    """A logistic reader of hidden states."""

    mean: Float64  # (H,)
    scale: Float64  # (H,)
    weight: Float64  # (H,)
    bias: float

    def chance(self, states: States) -> Float64:
        """The chance of kin read at each step (T', W); 0 after the end."""
        score = ((states.hidden - self.mean) / self.scale) @ self.weight + self.bias
        return np.asarray(states.live / (1.0 + np.exp(-np.clip(score, -30, 30))))


def _read(reader: Reader, kin: States, strangers: States) -> Counted:
    """The read chance of kin in twins that are shown kin, and strangers."""
    arms = [
        (reader.chance(states).sum(axis=0), states.live.sum(axis=0).astype(np.float64)) for states in (kin, strangers)
    ]
    return Counted(*arms[0], *arms[1])


def _accuracy(reader: Reader, states: States, label: Bools, rng: np.random.Generator, n_null: int) -> dict[str, Any]:
    """Balanced accuracy on untouched episodes with labels (W,), its interval, and its null of labels exchanged."""
    as_kin = ((reader.chance(states) > HALF) & states.live).sum(axis=0).astype(np.float64)
    steps = states.live.sum(axis=0).astype(np.float64)

    def sums(kin: Bools) -> Float64:
        return np.stack([as_kin * kin, steps * kin, (steps - as_kin) * ~kin, steps * ~kin], axis=1)

    def balanced(rows: Float64) -> Float64:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((rows[:, 0] / rows[:, 1] + rows[:, 2] / rows[:, 3]) / 2)

    estimate = float(balanced(sums(label).sum(axis=0)[None])[0])
    draws = np.array([balanced(sums(rng.permutation(label)).sum(axis=0)[None])[0] for _ in range(n_null)])
    return {
        "balanced_accuracy": estimate,
        "interval": bca_interval(sums(label), balanced, rng),
        "chance": float(draws.mean()),
        "p_value": permutation_p_value(estimate, draws, "greater"),
    }


def _sentence(found: list[dict[str, Any]], whole: Contrast) -> str:
    """The finding in words."""
    read = [one["natural"]["balanced_accuracy"] for one in found if one["natural"]]
    told = (
        f"Who is kin can be read from hidden states in {100 * min(read):.0f} to {100 * max(read):.0f} % of untouched "
        f"episodes, by agent (chance 50 %); "
        if read
        else ""
    )
    moved = (
        f"shown kin instead of strangers, the chance of kin read from them changes from {100 * whole.second:.0f} to "
        f"{100 * whole.first:.0f} %"
    )
    return f"{told}{moved}."[:1].upper() + f"{told}{moved}."[1:]
