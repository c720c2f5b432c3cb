"""How long the structure of a language takes: topographic similarity beside scipy, Harris, trees, all metrics."""

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording
from commlab.probes.decode import metrics
from commlab.probes.decode.segmentation import boundaries
from commlab.probes.decode.topography import topographic_similarity
from commlab.probes.decode.tree import reconstruction_error

N_MESSAGES, LENGTH, VOCABULARY = 10_000, 8, 16
N_ATTRIBUTES, N_VALUES = 5, 10
N_RUNS = 3

Entries = dict[str, dict[str, Any]]


def bench_topography() -> Entries:
    """Return the wall time and the peak memory of topographic similarity of 10,000 messages, and scipy's."""
    messages, meanings = utterances()
    pairs = f"{N_MESSAGES:,} different messages of {LENGTH} symbols, {N_MESSAGES * (N_MESSAGES - 1) // 2:,} pairs"
    entries = {
        f"topographic similarity, {name}": entry(
            lambda name=name: topographic_similarity(messages, meanings, name), pairs
        )
        for name in ("edit", "hamming", "jaccard")
    }
    own, theirs = peak(lambda: topographic_similarity(messages, meanings, "hamming")), peak(with_scipy)
    return {
        **entries,
        "topographic similarity, hamming, scipy": entry(with_scipy, f"pdist and spearmanr; {pairs}"),
        "topographic similarity, hamming, memory": {"value": own, "unit": "MiB", "note": f"at its peak; {pairs}"},
        "topographic similarity, hamming, scipy's memory": {"value": theirs, "unit": "MiB", "note": "at its peak"},
    }


def with_scipy() -> float:
    """Topographic similarity as it is usually computed."""
    from scipy.spatial.distance import pdist
    from scipy.stats import spearmanr

    messages, meanings = utterances()
    return float(spearmanr(pdist(messages, "hamming"), pdist(meanings, "hamming")).statistic)


def bench_edit_distance() -> Entries:
    """Return the pairs a second of edit distances beside the plain table in Python."""
    messages, meanings = utterances()
    texts = messages[:120].tolist()
    n_pairs = len(texts) * (len(texts) - 1) // 2
    plain = timed(lambda: [plain_edits(texts[i], texts[j]) for i in range(len(texts)) for j in range(i)])
    own = timed(lambda: topographic_similarity(messages[:4000], meanings[:4000], "edit"))
    note = f"messages of {LENGTH} symbols"
    return {
        "edit distances": {"value": 4000 * 3999 / 2 / own / 1e6, "unit": "M pairs/s", "note": f"{note}, ranked too"},
        "edit distances, plain": {"value": n_pairs / plain / 1e6, "unit": "M pairs/s", "note": f"{note}, in Python"},
    }


def plain_edits(one: list[int], other: list[int]) -> int:
    """The edit distance by its table."""
    row = list(range(len(other) + 1))
    for i, symbol in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, opposite in enumerate(other, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (symbol != opposite))
    return row[-1]


def bench_words() -> Entries:
    """Return the wall time of Harris's boundaries."""
    rng = np.random.default_rng(0)
    words = [tuple(rng.integers(0, VOCABULARY, rng.integers(2, 5))) for _ in range(30)]
    lines = [[symbol for pick in rng.integers(0, 30, 8) for symbol in words[pick]] for _ in range(10_000)]
    tokens = np.array([symbol for line in lines for symbol in line])
    line = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    note = f"{len(tokens):,} symbols in 10,000 lines of 30 words"
    return {"Harris's boundaries": entry(lambda: boundaries(tokens, line), note)}


def bench_trees() -> Entries:
    """Return the wall time of a held-out tree reconstruction error."""
    messages, meanings = utterances()
    note = f"{N_MESSAGES:,} utterances, {N_ATTRIBUTES} attributes of {N_VALUES} values, 5 folds"
    return {"tree reconstruction error": entry(lambda: reconstruction_error(messages, meanings, held_out=True), note)}


def bench_metrics() -> Entries:
    """Return the wall time of all metrics of a recording."""
    recording = recorded()
    note = "1,000 episodes x 64 steps, 2 speakers, messages of 2 symbols, 2 targets, 199 permutations"
    start = time.perf_counter()
    metrics.fit(recording)
    return {"all metrics": {"value": time.perf_counter() - start, "unit": "s", "note": note}}


BENCHES = [bench_topography, bench_edit_distance, bench_words, bench_trees, bench_metrics]


def utterances() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Messages and meanings drawn at random."""
    rng = np.random.default_rng(0)
    return rng.integers(1, VOCABULARY + 1, (N_MESSAGES, LENGTH)), rng.integers(0, N_VALUES, (N_MESSAGES, N_ATTRIBUTES))


def recorded() -> Recording:
    """A recording of two speakers who name a shape and a colour, one of them with mistakes."""
    rng = np.random.default_rng(0)
    n_episodes, n_steps = 1000, 64
    shape, colour = rng.integers(0, 8, (2, n_episodes * n_steps, 2))
    said = np.stack([shape + 1, colour + 9], axis=2)
    wrong = rng.random(said.shape) < [[[0.0], [0.2]]]
    said = np.where(wrong, rng.integers(1, 17, said.shape), said)
    columns = {
        "feature/shape": shape.astype(np.int32),
        "feature/colour": colour.astype(np.int32),
        "channel/said": said.astype(np.uint8),
        "policy/action": rng.integers(0, 6, shape.shape).astype(np.uint8),
    }
    return memory_recording({}, {"length": np.full(n_episodes, n_steps)}, columns)


def entry(work: Callable[[], object], note: str) -> dict[str, Any]:
    """Return the median wall time of some runs of `work`."""
    return {"value": statistics.median(timed(work) for _ in range(N_RUNS)), "unit": "s", "note": note}


def timed(work: Callable[[], object]) -> float:
    """Return the wall time of `work`."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak(work: Callable[[], object]) -> float:
    """Return the most memory that `work` holds at once, in MiB."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20
