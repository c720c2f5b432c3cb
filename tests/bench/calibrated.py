"""The tests whose false-positive rates are measured: each takes a seed and gives p-values where there is nothing.

A group is a function of a seed that returns {what: p-value, or None where the test was undefined}. Groups of USED are
the tests that findings rest on, and must keep their level; those of MISUSED show where a test does not hold.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from null_recordings import Shape, drifting, null_recording

from commlab.datasets.reader import Recording
from commlab.foundation.statistics import (
    benjamini_hochberg,
    conditional_information,
    corrected_information,
    draw_permutations,
    draw_shifts,
    episode_strata,
    mutual_information,
    permutation_p_value,
    shift_series,
    sign_flip_p_value,
)
from commlab.foundation.statistics.information import count_pairs
from commlab.probes.decode import information

__all__ = ["GROUPS", "Group"]

DRAWS = 99  # null draws of quick tests and of families; p <= 0.05 is then exactly 5 ranks of 100
FEW = 19  # of slow ones: 1 rank of 20
TARGETS = ("resource_location", "resource_kind", "own_next_action", "own_position.sector", "other_position")
PLAIN, PAIRS = Shape(), Shape(length=2)

P = dict[str, float | None]


class Group(NamedTuple):
    """Some tests that are measured together."""

    name: str  # what --only asks for
    measure: Callable[[int], P]
    null: str  # what is true of the recordings
    holds: bool = True  # whether the tests are used where this null holds, and so must keep their level
    cautious: bool = False  # a rule of several gates, which may find less than once in 20 but not more


@cache
def recording(seed: int, shape: Shape = PLAIN) -> Recording:
    """The null recording of a seed; the last ones are kept."""
    return null_recording(seed, shape)


def informed(seed: int) -> P:
    """Information with whole episodes permuted: the headline, the pairs as a family, and by who heard it."""
    found = information.fit(recording(seed), n_null=DRAWS, seed=seed, by_kinship=True, per_speaker=False)
    pairs = [pair["p_value"] for pair in found.details["pairs"]]
    heard = {part["audience"]: part.get("p_value") for part in found.details["by_audience"]}
    return {
        "information: whole episodes permuted": found.p_value,
        "information, of what kin heard": heard.get("kin"),
        "message and value pairs: any, max-statistic": min(pairs, default=None),
    }


def fixed(seed: int) -> P:
    """Information about what stays the same within an episode."""
    rng = np.random.default_rng([seed, 1])
    said = drifting(rng, PLAIN, 5)
    room = np.repeat(rng.integers(0, 4, (len(said), 1)), said.shape[1], axis=1)
    return {"information about what keeps its value all episode": permuted_p_value(said, room, rng)}


def listed(seed: int) -> P:
    """A list of targets, Benjamini-Hochberg: with nothing to find, any finding is a false discovery."""
    p = [
        information.fit(recording(seed), target, n_null=DRAWS, seed=seed, per_speaker=False).p_value
        for target in TARGETS
    ]
    return {
        "list of 5 targets: any, Benjamini-Hochberg": float(
            benjamini_hochberg([value for value in p if value is not None]).min()
        )
    }


def conditioned(seed: int) -> P:
    """Information given what moves messages and target both, or neither, within episodes or between them."""
    rng = np.random.default_rng([seed, 2])
    z = drifting(rng, PLAIN, 4)
    x, y = follow(rng, z, 0.6), follow(rng, (z + 1) % 4, 0.6)
    loose = drifting(rng, PLAIN, 4), drifting(rng, PLAIN, 4)
    room = np.repeat(rng.integers(0, 3, (len(z), 1)), z.shape[1], axis=1)
    in_room = follow(rng, room, 0.5), follow(rng, room, 0.5)
    return {
        "conditional information: both follow the condition": given_p_value(x, y, z, rng),
        "conditional information: neither does": given_p_value(*loose, z, rng),
        "conditional information: the condition stays all episode": given_p_value(*in_room, room, rng),
    }


def turned(seed: int) -> P:
    """The circular shift, where it holds: stationary series, long beside their memory, without a common clock."""
    rng = np.random.default_rng([seed, 3])
    shape = Shape(n_episodes=10, n_steps=120, clocked=0.0)
    return {"circular shift: long episodes": shifted_p_value(drifting(rng, shape, 4), drifting(rng, shape, 4), rng)}


def flipped(seed: int) -> P:
    """Paired values of episodes: a level of its own for each, and skewed differences of either sign."""
    rng = np.random.default_rng([seed, 4])
    differences = rng.standard_t(3, 30) * rng.exponential(size=30)
    return {"paired over episodes: signs flipped": sign_flip_p_value(differences, rng, 199)}


def probed(seed: int) -> P:
    """Probes of hidden states and of messages."""
    from commlab.probes.decode import probe

    def p_value(target: str, source: str, model: str = "linear", draws: int = FEW) -> float | None:
        return probe.fit(
            recording(seed), target, source, "speakers", n_folds=4, n_null=draws, seed=seed, model=model
        ).p_value

    return {
        "probe, classes from hidden states": p_value("resource_location", "hidden"),
        "probe, classes from messages": p_value("resource_location", "said"),
        "probe, a number from hidden states": p_value("own_energy", "hidden"),
        "probe, logistic, classes": p_value("resource_location", "hidden", "logistic"),
        "probe, nonlinear, classes": p_value("resource_location", "hidden", "nonlinear"),
        "probe, nonlinear, a number": p_value("own_energy", "hidden", "nonlinear"),
    }


def measured(seed: int) -> P:
    """All scalar metrics that have a null, on messages of two symbols."""
    from commlab.probes.decode import metrics

    found = metrics.fit(recording(seed, PAIRS), n_null=FEW, seed=seed)
    return {f"metric: {one.details['title']}": one.p_value for one in found if one.p_value is not None and one.null}


def clustered(seed: int) -> P:
    """Clusters of hidden states and of contexts: the headline test, on what did not form them."""
    from commlab.probes.decode import clusters

    return {
        f"clusters of {what}": clusters.fit(
            recording(seed), source, k=3, targets=("resource_location", "own_next_action"), n_null=FEW, seed=seed,
            n_resamples=1,
        ).p_value
        for source, what in (("hidden.core", "hidden states"), ("world", "contexts"))
    }  # fmt: skip


def mapped(seed: int) -> P:
    """The map of sources and targets: any cell, by the max-statistic."""
    from commlab.probes.decode import map as maps

    targets = ("resource_location", "own_energy", "own_next_action")
    found = maps.fit(recording(seed), targets, ("said", "hidden.core"), n_folds=3, n_null=39, seed=seed, workers=1)
    return {"map of sources and targets: any, max-statistic": found.p_value}


def used(seed: int) -> P:
    """Usable information, and its gain over what the step tells."""
    from commlab.probes.decode import usable_information

    def p_value(**options: Any) -> float | None:
        return usable_information.fit(
            recording(seed), "resource_location", n_folds=4, n_null=FEW, seed=seed, **options
        ).p_value

    return {
        "usable information": p_value(),
        "usable information, gain over the step": p_value(confounds=("time",)),
        "usable information, gain over the step and the next action": p_value(confounds=("time", "own_next_action")),
    }


def coded(seed: int) -> P:
    """The length of labels' code, given messages."""
    from commlab.probes.decode import description_length

    found = description_length.fit(recording(seed), "resource_location", n_null=FEW, seed=seed, n_orders=3)
    return {"description length, messages": found.p_value}


def minded(seed: int) -> P:
    """What hidden states tell of another's next action beyond the history."""
    from commlab.probes.decode import minds

    question = minds.Minds(targets=("other_next_action",), n_units=64, n_folds=4, n_null=FEW, seed=seed)
    return {"minds: gain of hidden states over the history": minds.fit(recording(seed), question).p_value}


def read(seed: int) -> P:
    """A lexicon of a language that means nothing: 0 where any entry has a meaning, 1 where none has."""
    from commlab.probes.decode import lexicon

    book = lexicon.read(recording(seed), n_null=DRAWS, seed=seed)
    return {"lexicon: any meaning": 0.0 if any(entry.meaning for entry in book.entries) else 1.0}


def shared_clock(seed: int) -> P:
    """The circular shift where series share a clock, which it takes for meaning, or break where they are turned."""
    rng = np.random.default_rng([seed, 5])

    def p_value(shape: Shape) -> float:
        return shifted_p_value(drifting(rng, shape, 4), drifting(rng, shape, 4), rng)

    return {
        "circular shift: a common clock": p_value(Shape(n_steps=40)),
        "circular shift: a common clock that speaks half of the time": p_value(Shape(n_steps=40, clocked=0.5)),
        "circular shift: no clock, episodes of 4 memories": p_value(Shape(clocked=0.0)),
    }


def shuffled(seed: int) -> P:
    """Steps shuffled, over all episodes or within each: what is not done here, and why."""
    rng = np.random.default_rng([seed, 6])
    shape = Shape(clocked=0.0)
    x, y = drifting(rng, shape, 4), drifting(rng, shape, 4)
    over = [rng.permuted(y.reshape(-1)).reshape(y.shape) for _ in range(DRAWS)]
    within = [rng.permuted(y, axis=1) for _ in range(DRAWS)]
    return {
        "steps shuffled over all episodes": drawn_p_value(x, y, over),
        "steps shuffled within episodes": drawn_p_value(x, y, within),
    }


def moved_together(seed: int) -> P:
    """Two attributes of one thing that change at the same steps; messages name one: the other seems known."""
    rng = np.random.default_rng([seed, 7])
    changes = rng.random((40, 20)) < 0.2
    changes[:, 0] = True
    since = np.maximum.accumulate(np.where(changes, np.arange(20), 0), axis=1)
    place, kind = (np.take_along_axis(rng.integers(0, 4, (40, 20)), since, axis=1) for _ in range(2))
    return {
        "information about what changes with what is named": permuted_p_value(place, kind, rng),
        "the same, given what is named": given_p_value(place, kind, place, rng),
        "the same, where messages name it 8 times in 10": given_p_value(follow(rng, place, 0.8), kind, place, rng),
    }


def confounded(seed: int) -> P:
    """Information where a third thing moves messages and target both: it is there, though nobody talks about it."""
    rng = np.random.default_rng([seed, 8])
    z = drifting(rng, PLAIN, 4)
    x, y = follow(rng, z, 0.6), follow(rng, (z + 1) % 4, 0.6)
    return {"information, both follow a third thing": permuted_p_value(x, y, rng)}


def follow(rng: np.random.Generator, z: np.ndarray[Any, Any], share: float) -> np.ndarray[Any, Any]:
    """Codes that are z's in `share` of the steps, and else drift by themselves."""
    own = drifting(rng, Shape(n_episodes=z.shape[0], n_steps=z.shape[1]), 4)
    return np.where(rng.random(z.shape) < share, z, own)


def permuted_p_value(x: Any, y: Any, rng: np.random.Generator) -> float:
    """Of information, with whole episodes permuted."""
    strata = episode_strata(np.full(len(x), x.shape[1]))
    return corrected_information(x, y, draw_permutations(strata, DRAWS, rng)).p_value


def given_p_value(x: Any, y: Any, z: Any, rng: np.random.Generator) -> float:
    """Of conditional information, episodes of unequal length."""
    lengths = rng.integers(12, x.shape[1] + 1, len(x))
    x, y, z = (np.where(np.arange(x.shape[1]) < lengths[:, None], codes, -1) for codes in (x, y, z))
    return conditional_information(x, y, z, episode_strata(lengths), DRAWS, rng).p_value


def shifted_p_value(x: Any, y: Any, rng: np.random.Generator) -> float:
    """Of information, with circular shifts."""
    lengths = np.full(len(x), x.shape[1])
    return drawn_p_value(x, y, [shift_series(y, lengths, shifts) for shifts in draw_shifts(lengths, DRAWS, rng)])


def drawn_p_value(x: Any, y: Any, draws: list[Any]) -> float:
    """Of information, against draws of y."""
    shape = int(x.max()) + 1, int(y.max()) + 1
    observed, *null = (mutual_information(count_pairs(x, other, *shape)) for other in (y, *draws))
    return permutation_p_value(observed, null)


NOTHING = "series that drift within episodes and share a clock"
GROUPS = (
    Group("information", informed, NOTHING),
    Group("constant", fixed, "the target keeps one value in each episode"),
    Group("list", listed, NOTHING),
    Group("conditional", conditioned, "nothing but what the condition explains, and a clock"),
    Group("shift", turned, "series that drift within episodes of 24 times their memory; no clock"),
    Group("paired", flipped, "differences of episodes that are as often below 0 as above"),
    Group("probe", probed, NOTHING),
    Group("metrics", measured, NOTHING),
    Group("clusters", clustered, NOTHING),
    Group("map", mapped, NOTHING),
    Group("usable", used, NOTHING),
    Group("length", coded, NOTHING),
    Group("minds", minded, NOTHING),
    Group("lexicon", read, NOTHING, cautious=True),
    Group("clock", shared_clock, "series that drift within episodes", False),
    Group("shuffled", shuffled, "series that drift within episodes; no clock", False),
    Group("together", moved_together, "two attributes that change at the same steps; messages name one", False),
    Group("confounded", confounded, "both follow a third thing", False),
)
