"""Distances and topographic similarity: against scipy and slow versions, invariances, refusals."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from commlab.foundation.errors import DataError
from commlab.probes.decode.distances import MESSAGE_DISTANCES, meaning_distances, message_distances
from commlab.probes.decode.joint import pair_tables
from commlab.probes.decode.topography import (
    similarity_of,
    similarity_of_utterances,
    topographic_similarity,
    topography,
)

EVERYTHING = slice(None)


def square(distances):
    return distances.values[distances.block(EVERYTHING, EVERYTHING)]


def ragged(rng, n, length, vocabulary):
    """Messages of 0 to `length` symbols, 0 behind them."""
    messages = rng.integers(1, vocabulary + 1, (n, length))
    lengths = rng.integers(0, length + 1, n)
    return np.where(np.arange(length) < lengths[:, None], messages, 0), lengths


def slow_edits(one, other):
    row = list(range(len(other) + 1))
    for i, symbol in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, opposite in enumerate(other, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (symbol != opposite))
    return row[-1]


@pytest.mark.parametrize("length", [1, 7, 9, 17, 40])  # one word of each size
def test_edit_distances_match_the_plain_table(length):
    messages, lengths = ragged(np.random.default_rng(length), 24, length, 4)
    texts = [row[:n].tolist() for row, n in zip(messages, lengths, strict=True)]
    slow = np.array([[slow_edits(one, other) for other in texts] for one in texts])
    assert np.array_equal(square(message_distances(messages, "edit_count", padding=0)), slow)
    mean = (lengths[:, None] + lengths) / 2
    expected = np.where(slow > 0, slow / np.maximum(mean, 0.5), 0)
    assert square(message_distances(messages, "edit", padding=0)) == pytest.approx(expected)


def test_distances_by_hand():
    messages = np.array([[1, 2, 0], [2, 1, 0], [3, 3, 3], [0, 0, 0]])
    assert square(message_distances(messages, "hamming"))[0].tolist() == pytest.approx([0, 2 / 3, 1, 2 / 3])
    assert square(message_distances(messages, "edit", padding=0))[0].tolist() == pytest.approx([0, 1, 3 / 2.5, 2])
    assert square(message_distances(messages, "jaccard", padding=0))[0].tolist() == pytest.approx([0, 0, 1, 1])
    assert square(message_distances(messages, "cosine", padding=0))[0].tolist() == pytest.approx([0, 0, 1, 1])
    assert square(message_distances(messages, "euclidean"))[0].tolist() == pytest.approx([0, 2**0.5, 14**0.5, 5**0.5])
    assert square(meaning_distances(np.array([[0, 1], [0, 2], [1, 2]])))[0].tolist() == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize("name", MESSAGE_DISTANCES)
def test_distances_are_symmetric_and_zero_to_oneself(name):
    messages, _ = ragged(np.random.default_rng(1), 40, 6, 3)
    distances = square(message_distances(messages, name, padding=0))
    assert np.array_equal(distances, distances.T)
    assert np.all(np.diag(distances) == 0)
    assert distances.min() >= 0


def test_numbers_that_are_no_whole_ones_are_ranked_by_sorting():
    numbers = np.random.default_rng(0).normal(size=(30, 3))
    messages = np.random.default_rng(1).integers(0, 4, (30, 3))
    expected = spearmanr(pdist(messages, "hamming"), pdist(numbers)).statistic
    assert topographic_similarity(messages, numbers, "hamming", "euclidean") == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("message", ["hamming", "edit", "jaccard", "cosine", "edit_count"])
def test_topographic_similarity_matches_scipy_with_ties_and_repetitions(message):
    rng = np.random.default_rng(3)
    messages, _ = ragged(rng, 60, 3, 2)
    meanings = rng.integers(0, 3, (60, 2))
    distances = square(message_distances(messages, message, padding=0))[np.triu_indices(60, 1)]
    expected = spearmanr(np.round(distances, 12), pdist(meanings, "hamming")).statistic
    assert topographic_similarity(messages, meanings, message, padding=0) == pytest.approx(expected, abs=1e-9)
    distinct, different, joint = pair_tables(messages, meanings)
    assert joint.times.max() > 1
    space = topography(distinct, different, message, "hamming")
    assert similarity_of(space, joint) == pytest.approx(expected, abs=1e-9)
    said = message_distances(messages, message, padding=0)
    codes = said.block(EVERYTHING, EVERYTHING)
    assert similarity_of_utterances(codes, said.values, meanings, "hamming") == pytest.approx(expected, abs=1e-9)


def test_many_different_messages_give_the_same_by_both_ways_of_summing():
    rng = np.random.default_rng(4)
    messages, meanings = rng.integers(1, 9, (300, 5)), rng.integers(0, 6, (300, 4))
    distinct, different, joint = pair_tables(messages, meanings)
    assert len(joint.times) ** 2 < 4 * len(distinct) * len(different)
    space = topography(distinct, different, "edit", "hamming")
    assert similarity_of(space, joint) == pytest.approx(topographic_similarity(messages, meanings), abs=1e-9)


@pytest.mark.parametrize("message", ["hamming", "edit", "jaccard", "cosine"])
def test_other_names_for_symbols_and_values_change_nothing(message):
    rng = np.random.default_rng(5)
    messages, meanings = rng.integers(1, 6, (80, 3)), rng.integers(0, 4, (80, 2))
    plain = topographic_similarity(messages, meanings, message)
    renamed = topographic_similarity(
        rng.permutation(np.arange(10, 20))[messages], rng.permutation(4)[meanings], message
    )
    assert renamed == pytest.approx(plain, abs=1e-12)
    order = rng.permutation(80)
    assert topographic_similarity(messages[order], meanings[order], message) == pytest.approx(plain, abs=1e-12)


def test_the_order_of_symbols_matters_to_edit_and_not_to_sets():
    rng = np.random.default_rng(6)
    meanings = np.array([[a, b] for a in range(4) for b in range(4)])
    messages = np.stack([meanings[:, 0] + 1, meanings[:, 1] + 5], axis=1)
    assert topographic_similarity(messages, meanings) == pytest.approx(1)
    turned = np.where(rng.random((16, 1)) < 0.5, messages, messages[:, ::-1])
    assert topographic_similarity(turned, meanings) < 0.9
    assert topographic_similarity(turned, meanings, "jaccard") == pytest.approx(1)


def test_what_is_undefined_says_why():
    meanings = np.array([[0, 1], [1, 0], [1, 1]])
    with pytest.raises(DataError, match="undefined, because all messages"):
        topographic_similarity(np.ones((3, 2), int), meanings)
    with pytest.raises(DataError, match="undefined, because all meanings"):
        topographic_similarity(np.array([[1, 1], [1, 2], [2, 3]]), np.ones((3, 2), int))
    with pytest.raises(DataError, match="three utterances"):
        topographic_similarity(np.arange(4).reshape(2, 2), meanings[:2])


def test_refusals_name_the_mend():
    messages, meanings = np.arange(6).reshape(3, 2), np.arange(6).reshape(3, 2)
    with pytest.raises(DataError, match="no distance 'edits': nearest are edit"):
        topographic_similarity(messages, meanings, "edits")
    with pytest.raises(DataError, match="whole numbers"):
        topographic_similarity(messages / 2, meanings)
    with pytest.raises(DataError, match="row for each utterance"):
        topographic_similarity(messages, meanings[:2])
    with pytest.raises(DataError, match="up to 64 symbols"):
        topographic_similarity(np.arange(200).reshape(2, 100), meanings[:2])
    with pytest.raises(DataError, match="NaN"):
        topographic_similarity(messages, np.array([[0.5], [1], [np.nan]]), meaning_distance="euclidean")


def test_thousands_of_messages_need_no_square_of_distances():
    import tracemalloc

    rng = np.random.default_rng(7)
    messages, meanings = rng.integers(0, 16, (4000, 4)), rng.integers(0, 8, (4000, 3))
    tracemalloc.start()
    topographic_similarity(messages, meanings, "hamming")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120e6  # 8 million pairs as two lists of float64 with their ranks are 256 MB
