"""The measures of messages beside what they may be about, each with its null of whole episodes permuted.

All are functions of how often each message met each meaning. That count is made once for the recording, once without
each group of episodes, and once for each permutation; all measures are then read off it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.errors import DataError
from commlab.foundation.statistics import corrected_information
from commlab.probes.decode.context import independence_of, one_to_one_of
from commlab.probes.decode.disentanglement import bag_columns, disentanglement_of, position_columns
from commlab.probes.decode.distances import MEANING_DISTANCES, MESSAGE_DISTANCES, message_distances
from commlab.probes.decode.findings import Found
from commlab.probes.decode.joint import Joint, crossed, joint_of
from commlab.probes.decode.language import Language, Meant, speaking
from commlab.probes.decode.resampling import WHOLE, Resampling, View, at_common_steps, missing, resampled
from commlab.probes.decode.topography import (
    MAX_SQUARE,
    Topography,
    similarity_of,
    similarity_of_utterances,
    topography,
)
from commlab.probes.decode.tree import Trees, tree_errors, trees

__all__ = ["NAMING", "STRUCTURE", "naming_metrics", "structure_metrics"]

NAMING = ("information", "v_measure", "homogeneity", "completeness", "purity")
STRUCTURE = (
    "context_independence",
    "topographic_similarity",
    "positional_disentanglement",
    "bag_disentanglement",
    "tree_reconstruction_error",
    "tree_error_held_out",
)
ENOUGH_WORK = 5e7  # multiplications of one topographic similarity; more, and utterances are drawn at random
N_DRAWN = 1500  # utterances in a draw
N_SAMPLES = 10  # draws that the estimate is the mean of
MAX_CELLS = 1 << 24  # of a table of messages and their symbols
MAX_COLUMNS = 4096  # symbols times positions that a tree is fitted to

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Values = dict[str, float]
EMPTY: Float64 = np.empty(0)
NAN = float("nan")


class Paired(NamedTuple):
    """Messages and meanings, slot by slot."""

    said: Int64  # (E, slots) codes of messages, -1 for what is left out
    common: Int64  # the same with -1 beyond the steps that all episodes of a stratum have
    codes: Int64  # (E, slots) codes of meanings, -1 for none
    shape: tuple[int, int]  # how many of each there are


class Prepared(NamedTuple):
    """What the measures of structure read, made once."""

    series: Paired
    meant: Meant
    positions: Int64  # (L, M)
    bags: Int64 | None  # (V, M); None where that is too much
    trees: Trees | None
    space: Topography | None  # None where utterances must be drawn
    problem: str | None  # why there are no distances at all
    symbols: Int64  # (M, L)
    distances: tuple[str, str]  # of messages, of meanings


class Drawn(NamedTuple):
    """Utterances drawn from the recording."""

    episode: Int64  # (n,)
    slot: Int64  # (n,)
    codes: Array  # (n, n) of the distances between their messages
    values: Float64  # what each code is worth


def paired(said: Int64, codes: Int64, shape: tuple[int, int], language: Language, work: Resampling) -> Paired:
    """Messages and meanings as resampling needs them."""
    n_agents = len(language.spoken.agents.indices)
    return Paired(said, at_common_steps(said, work.steps, n_agents) if work.trims else said, codes, shape)


def joint_in(series: Paired, view: View) -> Joint:
    """The joint of messages and meanings in a view."""
    said = series.common if view.common else series.said
    codes = series.codes if view.permutation is None else series.codes[view.permutation]
    kept = slice(None) if view.kept is None else view.kept
    return joint_of(said[kept], codes[kept], *series.shape)


def naming_metrics(language: Language, work: Resampling) -> dict[str, Found]:
    """How messages, silence among them, and the values of the first target name each other."""
    main = language.main
    if main is None:
        return missing(NAMING, language.reason or "there is no target")
    said, codes = language.spoken.said, np.asarray(main.codes)
    if np.unique(said[(said >= 0) & (codes >= 0)]).size < 2:
        return missing(NAMING, "the same is said at every step")
    shape = len(language.spoken.symbols), len(main.names)

    series = paired(said, codes, shape, language, work)

    def values(view: View) -> Values:
        joint = joint_in(series, view)
        return one_to_one_of(crossed(joint, np.arange(shape[0]), np.arange(shape[1])))._asdict()

    found = resampled(values, work, "messages or the target never change")
    return {"information": information(language, work), **found}


def information(language: Language, work: Resampling) -> Found:
    """The corrected information with the first target."""
    main = language.main
    assert main is not None
    if not len(work.permutations):
        return Found(NAN, EMPTY, EMPTY, "there are no permutations of episodes to correct it by")
    found = corrected_information(language.spoken.said, np.asarray(main.codes), work.permutations)
    extra = {"plug_in": found.plug_in, "miller_madow": found.miller_madow}
    draws = found.draws - found.draws.mean()
    return Found(found.corrected, EMPTY, draws, interval=found.interval, extra=extra)


def structure_metrics(
    language: Language, work: Resampling, distances: tuple[str, str] = ("edit", "hamming")
) -> dict[str, Found]:
    """How the parts of messages go with the targets; silence is left out. distances: of messages, of meanings."""
    if language.meant is None:
        return missing(STRUCTURE, language.reason or "there is no target")
    said = speaking(language.spoken)
    used = np.unique(said[(said >= 0) & (language.meant.codes >= 0)])
    if used.size < 2:
        reason = "nothing but silence is said" if used.size == 0 else "only one message is ever said"
        return missing(STRUCTURE, reason)
    ready = prepare(language, said, distances, work)

    def values(view: View) -> Values:
        return structure_of(ready, joint_in(ready.series, view))

    found = resampled(values, work, "what is said, or what it may be about, never changes")
    if ready.problem is not None:
        found |= missing(["topographic_similarity"], as_reason(ready.problem))
    elif ready.space is None:
        found["topographic_similarity"] = drawn_similarity(ready, work)
    else:
        extra = {"variants": variants(ready)}
        found["topographic_similarity"] = found["topographic_similarity"]._replace(extra=extra)
    return {key: explained(key, one, language, ready) for key, one in found.items()}


def prepare(language: Language, said: Int64, distances: tuple[str, str], work: Resampling) -> Prepared:
    """The columns, trees and distances of the messages and meanings that occur."""
    meant = language.meant
    assert meant is not None
    symbols = language.spoken.symbols.astype(np.int64)
    n_messages, n_meanings = len(symbols), len(meant.meanings)
    columns = sum(np.unique(column).size for column in symbols.T)
    fits = len(meant.attributes) > 1 and columns <= MAX_COLUMNS and columns * n_messages <= MAX_CELLS
    rng = np.random.default_rng([work.seed, 11])
    space, problem = distances_among(symbols, meant.meanings, distances)
    return Prepared(
        series=paired(said, meant.codes, (n_messages, n_meanings), language, work),
        meant=meant,
        positions=position_columns(symbols),
        bags=bag_columns(symbols, padding=0) if np.unique(symbols).size * n_messages <= MAX_CELLS else None,
        trees=trees(symbols, meant.meanings, rng) if fits else None,
        space=space,
        problem=problem,
        symbols=symbols,
        distances=distances,
    )


def distances_among(
    symbols: Int64, meanings: Int64, distances: tuple[str, str]
) -> tuple[Topography | None, str | None]:
    """The distances among messages and meanings; none where that is much work; or the reason why there can be none."""
    n_messages, n_meanings = len(symbols), len(meanings)
    products = n_messages**2 * n_meanings + n_messages * n_meanings**2
    try:
        if products <= ENOUGH_WORK and max(n_messages, n_meanings) <= MAX_SQUARE:
            return topography(symbols, meanings, *distances), None
        message_distances(symbols[:2], distances[0], padding=0)  # whether it can be done at all
    except DataError as error:
        return None, str(error)
    return None, None


def structure_of(ready: Prepared, joint: Joint) -> Values:
    """All measures of structure of one joint; NaN where undefined."""
    if not joint.times.size:
        return dict.fromkeys(STRUCTURE, NAN)
    meanings = ready.meant.meanings
    error = tree_errors(ready.trees, joint) if ready.trees else None
    return {
        "context_independence": NAN if ready.bags is None else independence_of(ready.bags > 0, meanings, joint),
        "topographic_similarity": similarity_of(ready.space, joint) if ready.space else NAN,
        "positional_disentanglement": disentanglement_of(ready.positions, meanings, joint),
        "bag_disentanglement": NAN if ready.bags is None else disentanglement_of(ready.bags, meanings, joint),
        "tree_reconstruction_error": error.error / error.spread if error else NAN,
        "tree_error_held_out": error.held_out / error.held_out_spread if error else NAN,
    }


def variants(ready: Prepared) -> dict[str, float | None]:
    """Topographic similarity by every other pair of distances, "message distance, meaning distance"."""
    joint = joint_in(ready.series, WHOLE)
    found: dict[str, float | None] = {}
    for one in MESSAGE_DISTANCES:
        for other in MEANING_DISTANCES:
            space, _ = distances_among(ready.symbols, ready.meant.meanings, (one, other))
            rho = similarity_of(space, joint) if space else NAN
            found[f"{one}, {other}"] = None if np.isnan(rho) else rho
    return found


def drawn_similarity(ready: Prepared, work: Resampling) -> Found:
    """Topographic similarity where there are too many messages for all pairs: the mean over drawn utterances."""
    samples = [draw(ready, np.random.default_rng([work.seed, 12, index])) for index in range(N_SAMPLES)]
    estimates = np.array([similarity_in(ready, sample, WHOLE) for sample in samples])

    def values(view: View) -> Values:
        return {"drawn": similarity_in(ready, samples[0], view)}

    found = resampled(values, work, "all messages or all meanings are equally far apart")["drawn"]
    estimate = float(estimates.mean())
    extra = {
        "utterances": int(np.count_nonzero((ready.series.said >= 0) & (ready.meant.codes >= 0))),
        "utterances_drawn": N_DRAWN,
        "samples": N_SAMPLES,
        "sampling_error": float(estimates.std(ddof=1) / np.sqrt(N_SAMPLES)),
    }
    first = found.estimate if found.compared is None else found.compared  # its null is the first sample's
    return found._replace(estimate=estimate, compared=first, extra=extra)


def draw(ready: Prepared, rng: np.random.Generator) -> Drawn:
    """Utterances drawn at random, and the distances of their messages."""
    said = ready.series.said
    places = np.flatnonzero((said >= 0) & (ready.meant.codes >= 0))
    chosen = np.sort(rng.choice(places, min(N_DRAWN, places.size), replace=False))
    episode, slot = np.divmod(chosen, said.shape[1])
    kept, message = np.unique(said[episode, slot], return_inverse=True)
    apart = message_distances(ready.symbols[kept], ready.distances[0], padding=0)
    codes = apart.block(slice(None), slice(None))
    return Drawn(episode, slot, codes[message[:, None], message[None]], apart.values)


def similarity_in(ready: Prepared, drawn: Drawn, view: View) -> float:
    """The topographic similarity of drawn utterances in a view."""
    world = drawn.episode if view.permutation is None else view.permutation[drawn.episode]
    meaning = ready.meant.codes[world, drawn.slot]
    here = meaning >= 0
    if view.kept is not None:
        here &= view.kept[drawn.episode]
    if view.common:
        here &= ready.series.common[drawn.episode, drawn.slot] >= 0
    codes = drawn.codes[here][:, here]
    return similarity_of_utterances(codes, drawn.values, ready.meant.meanings[meaning[here]], ready.distances[1])


def explained(key: str, found: Found, language: Language, ready: Prepared) -> Found:
    """The finding with the reason for being undefined, or with what must be said of this recording."""
    assert language.meant is not None
    names = language.target_names
    one_target, one_symbol = len(names) == 1, language.spoken.length == 1
    if key.startswith("tree"):
        if one_target:
            return found._replace(reason=f"one target ({names[0]}) has no parts to put together: name two or more")
        if ready.trees is None:
            return found._replace(reason="there are too many different messages and symbols to fit it to")
        if key == "tree_error_held_out":
            return found._replace(reason="no combination of values can be left out and told from the others")
    if ready.bags is None and key in ("context_independence", "bag_disentanglement"):
        return found._replace(reason="there are too many different messages and symbols to count")
    cautions = {
        "topographic_similarity": one_symbol,
        "positional_disentanglement": one_symbol or one_target,
        "bag_disentanglement": one_target,
    }
    if not cautions.get(key):
        return found
    told = "Messages are one symbol long, so that it says nothing about how they are built." if one_symbol else ""
    alone = f"There is one target ({names[0]}), so that it says how much of it is told." if one_target else ""
    return found._replace(caution=" ".join(part for part in (told, alone) if part))


def as_reason(problem: str) -> str:
    """A sentence as the clause behind "because"."""
    return problem[:1].lower() + problem[1:].rstrip(".")
