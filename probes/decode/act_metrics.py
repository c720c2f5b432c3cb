"""The measures of messages beside acts, and of speakers beside each other."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.probes.decode.coordination import Shared, Spoken, agreement, divergence, pooled_information
from commlab.probes.decode.findings import Found
from commlab.probes.decode.language import Language, speaking
from commlab.probes.decode.resampling import Resampling, at_common_steps, missing
from commlab.probes.decode.rows import lay_out, read_rows, table_of

__all__ = ["ACTS", "TOGETHER", "act_metrics", "code_metrics"]

ACTS = ("speaker_consistency", "instantaneous_coordination")
TOGETHER = ("code_agreement", "code_divergence")
MAX_OTHERS = 8  # listeners of one speaker that are counted; of more, as many are drawn
MAX_CELLS = 1 << 22
SWAPPED = "speakers trade places within episodes"

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
EMPTY: Float64 = np.empty(0)
NAN = float("nan")


def act_metrics(recording: Recording, language: Language, work: Resampling, reaction: int) -> dict[str, Found]:
    """Speaker consistency, and instantaneous coordination with actions `reaction` steps later."""
    if "policy/action" not in recording.columns():
        return missing(ACTS, "the recording holds no actions")
    if not len(work.permutations):
        return missing(ACTS, "there are no permutations of episodes to correct it by")
    said = by_speaker(language)
    actions = all_actions(recording, said.shape[2])
    speakers = language.spoken.agents.indices
    own = [spoken_beside(said[:, place], actions[:, agent], 0, work) for place, agent in enumerate(speakers)]
    others = [  # pair by pair: in one table, listeners with different answers to a message would cancel out
        spoken_beside(said[:, place], actions[:, other], reaction, work)
        for place, agent in enumerate(speakers)
        for other in others_of(agent, actions.shape[1], work.seed)
    ]
    return {
        "speaker_consistency": mean_information(own, work, "speaker", "the speakers do nothing"),
        "instantaneous_coordination": mean_information(others, work, "pair", "there is nobody else who acts"),
    }


def by_speaker(language: Language) -> Int64:
    """What each speaker said, (E, speakers, T)."""
    spoken = language.spoken
    return spoken.said.reshape(len(spoken.said), -1, len(spoken.agents.indices)).transpose(0, 2, 1)


def all_actions(recording: Recording, n_steps: int) -> Int64:
    """The actions of all agents, (E, A, T), -1 after an episode's end."""
    agents = tuple(range(recording.n_agents))
    rows = lay_out(recording, agents, [np.arange(recording.n_episodes)])
    table = table_of(read_rows(recording, "policy/action", rows).astype(np.int64), rows, -1)
    return np.asarray(table.reshape(len(table), n_steps, len(agents)).transpose(0, 2, 1))


def others_of(agent: int, n_agents: int, seed: int) -> list[int]:
    """The other agents, or some drawn of many."""
    others = [other for other in range(n_agents) if other != agent]
    if len(others) <= MAX_OTHERS:
        return others
    drawn = np.random.default_rng([seed, 31, agent]).choice(others, MAX_OTHERS, replace=False)
    return sorted(drawn.tolist())


def spoken_beside(said: Int64, actions: Int64, reaction: int, work: Resampling) -> Spoken | None:
    """A speaker's messages (E, T) beside an agent's actions (E, T) `reaction` steps later; None if there are none."""
    n_steps = said.shape[1] - reaction
    if n_steps < 1:
        return None
    common = at_common_steps(said[:, :n_steps], work.steps, 1, reaction)
    return Spoken(said[:, :n_steps], actions[:, reaction:], common)


def mean_information(spoken: Sequence[Spoken | None], work: Resampling, unit: str, nobody: str) -> Found:
    """The mean over speakers, or over pairs of a speaker and another, of the information of messages and actions."""
    there = [one for one in spoken if one is not None]
    told = [one for one in there if varies(one.said) and varies(one.action)]
    if told:
        found = pooled_information(told, work.permutations)
        extra = described(found, unit, len(spoken) - len(told))
        return Found(found.corrected, EMPTY, found.draws, interval=found.interval, compared=found.observed, extra=extra)
    silent = there and not any(varies(one.said) for one in there)
    reason = "the same is said at every step" if silent else "the same is done at every step" if there else nobody
    return missing(("one",), reason)["one"]


def described(found: Shared, unit: str, n_constant: int) -> dict[str, Any]:
    """The plug-in value, and the corrected one of each speaker or pair."""
    return {"plug_in": found.plug_in, f"per_{unit}": list(found.parts), f"{unit}s_left_out": n_constant}


def varies(codes: Int64) -> bool:
    """Whether there are two codes or more."""
    known = codes[codes >= 0]
    return bool(known.size and known.min() < known.max())


def code_metrics(language: Language, work: Resampling) -> dict[str, Found]:
    """How alike the speakers' codes for the first target are."""
    main, n_speakers = language.main, len(language.spoken.agents.indices)
    if n_speakers < 2:
        return missing(TOGETHER, "there is one speaker")
    if main is None:
        return missing(TOGETHER, language.reason or "there is no target")
    shape = n_speakers, len(language.spoken.symbols), len(main.names)
    if np.prod(shape) > MAX_CELLS:
        return missing(TOGETHER, "there are too many different messages to count for each speaker")
    said, codes = by_place(speaking(language.spoken), n_speakers), by_place(np.asarray(main.codes), n_speakers)
    whole = tables_of(said, codes, shape)
    if np.isnan(agreement(whole)):
        return missing(TOGETHER, "no two speakers ever speak of the same value of the target")
    parts = [tables_of(said[kept], codes[kept], shape) for kept in work.watch(work.groups)]
    common = by_place(at_common_steps(speaking(language.spoken), work.steps, n_speakers), n_speakers)
    permuted = [tables_of(common, codes[permutation], shape) for permutation in work.watch(work.permutations)]
    compared = agreement(tables_of(common, codes, shape)) if work.trims else None
    rng = np.random.default_rng([work.seed, 32])
    swapped = [tables_of(*swap(said, codes, rng), shape) for _ in work.watch(work.permutations)]
    agreed = Found(agreement(whole), values_of(agreement, parts), values_of(agreement, permuted), compared=compared)
    diverged = Found(divergence(whole), values_of(divergence, parts), values_of(divergence, swapped), method=SWAPPED)
    return {"code_agreement": agreed, "code_divergence": diverged}


def by_place(table: Int64, n_speakers: int) -> Int64:
    """A table (E, slots) as (E, T, speakers)."""
    return table.reshape(len(table), -1, n_speakers)


def tables_of(said: Int64, codes: Int64, shape: tuple[int, int, int]) -> Float64:
    """How often each speaker said each message of each value, (speakers, M, K)."""
    known = (said >= 0) & (codes >= 0)
    speaker = np.broadcast_to(np.arange(shape[0]), said.shape)[known]
    cells = (speaker * shape[1] + said[known]) * shape[2] + codes[known]
    return np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def swap(said: Int64, codes: Int64, rng: np.random.Generator) -> tuple[Int64, Int64]:
    """What speakers said and of what, with the speakers of each episode in another order."""
    order = rng.permuted(np.tile(np.arange(said.shape[2]), (len(said), 1)), axis=1)[:, None]
    return np.take_along_axis(said, order, axis=2), np.take_along_axis(codes, order, axis=2)


def values_of(measure: Callable[[Float64], float], tables: list[Float64]) -> Float64:
    """A measure of each of some tables."""
    return np.array([measure(table) for table in tables], dtype=np.float64)
