"""Harris segmentation and the laws of a corpus: planted words, closed forms, streams and silences."""

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.probes.decode.corpus import (
    abbreviation,
    corpus_of,
    distinct_lines,
    laws,
    mixed_positions,
    zipf_exponent,
)
from commlab.probes.decode.segmentation import boundaries, conditional_entropies, segments
from commlab.probes.decode.utterances import utterances

WORDS = [(1, 2, 3), (4, 5), (6, 1, 7, 2), (8, 3)]


def speak(said):
    """Utterances of said (E, T, A, L)."""
    said = np.asarray(said)
    episodes = {"length": np.full(len(said), said.shape[1], dtype=np.int32)}
    episodes["bodies"] = np.zeros((len(said), said.shape[2]), np.uint8)
    columns = {"channel/said": said.reshape(-1, *said.shape[2:]).astype(np.uint8)}
    return utterances(memory_recording({"codes": {"bodies": {"0": "scout"}}}, episodes, columns))


def text_of(rng, words, n_lines=200, length=5):
    """Lines of whole words in random order, and where a word begins within a line."""
    drawn = [[words[pick] for pick in rng.integers(0, len(words), length)] for _ in range(n_lines)]
    tokens = [symbol for line in drawn for word in line for symbol in word]
    begins = [place == 0 < number for line in drawn for number, word in enumerate(line) for place in range(len(word))]
    line = np.repeat(np.arange(n_lines), [sum(map(len, line)) for line in drawn])
    return np.array(tokens), line, np.array(begins)


def test_planted_words_are_found_whatever_the_symbols_are_called():
    rng = np.random.default_rng(0)
    tokens, line, begins = text_of(rng, WORDS)
    assert np.array_equal(boundaries(tokens, line), begins)
    renamed = rng.permutation(np.arange(20))[tokens]
    assert np.array_equal(boundaries(renamed, line), begins)
    found = segments(tokens, line, begins)
    assert set(found.forms) == set(WORDS)
    assert len(found.form) == 200 * 5
    assert np.bincount(found.line).tolist() == [5] * 200


def test_boundaries_match_a_slow_version():
    rng = np.random.default_rng(1)
    tokens, line = rng.integers(0, 3, 300), np.sort(rng.integers(0, 40, 300))
    for threshold in (0.0, 0.3):
        expected = slow_boundaries(tokens, line, threshold)
        assert np.array_equal(boundaries(tokens, line, threshold), expected)


def slow_boundaries(tokens, line, threshold):
    text = [tuple(tokens[line == number].tolist()) for number in np.unique(line)]
    follow = {}
    for part in text:
        for start in range(len(part)):
            for stop in range(start, len(part)):
                follow.setdefault(part[start:stop], []).append(part[stop])

    def bits(context):
        counts = np.unique(follow.get(context, [0]), return_counts=True)[1]
        return float(-np.sum(counts / counts.sum() * np.log2(counts / counts.sum())))

    marks = []
    for part in text:
        cuts = {
            start + width
            for start in range(len(part))
            for width in range(2, len(part) - start)
            if bits(part[start : start + width]) - bits(part[start : start + width - 1]) > threshold
        }
        marks += [place in cuts for place in range(len(part))]
    return np.array(marks)


def test_a_higher_threshold_never_adds_a_boundary():
    rng = np.random.default_rng(2)
    tokens, line = rng.integers(0, 4, 500), np.repeat(np.arange(50), 10)
    counts = [boundaries(tokens, line, threshold).sum() for threshold in (0, 0.2, 0.5, 1, 3)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


def test_no_text_has_no_boundary():
    nothing = np.zeros(0, dtype=np.int64)
    assert boundaries(nothing, nothing).size == 0
    assert segments(nothing, nothing, nothing.astype(bool)).forms == ()
    assert conditional_entropies(nothing, nothing) == []
    assert not boundaries(np.array([1, 1]), np.array([0, 1])).any()


def test_conditional_entropies_by_hand():
    tokens, line = np.array([1, 2, 1, 3, 1, 2, 1, 3]), np.repeat([0, 1], 4)
    # 1 is followed by 2 or 3 evenly, 2 by 1; 3 only ends lines; two symbols before tell everything
    assert conditional_entropies(tokens, line)[:3] == pytest.approx([1.5, 2 / 3, 0])


def test_a_stream_is_cut_at_silences_speakers_and_episodes():
    said = np.array([[[1, 4], [1, 4], [0, 4], [2, 0], [3, 5]], [[2, 0], [0, 0], [0, 0], [0, 6], [1, 6]]])[..., None]
    corpus = corpus_of(speak(said))
    assert corpus.streams
    lines = [corpus.tokens[corpus.line == number].tolist() for number in np.unique(corpus.line)]
    assert lines == [[1, 1], [2, 3], [4, 4, 4], [5], [2], [1], [6, 6]]
    assert corpus.episode.tolist() == [0] * 8 + [1] * 4
    merged = corpus_of(speak(said), merge_repeats=True)
    lines = [merged.tokens[merged.line == number].tolist() for number in np.unique(merged.line)]
    assert lines == [[1], [2, 3], [4], [5], [2], [1], [6]]


def test_messages_of_several_symbols_are_lines_without_their_zeros():
    said = np.array([[[[1, 2, 0]], [[0, 0, 0]], [[3, 0, 0]]], [[[1, 2, 0]], [[4, 4, 4]], [[0, 0, 0]]]])
    corpus = corpus_of(speak(said))
    assert not corpus.streams
    lines = [corpus.tokens[corpus.line == number].tolist() for number in np.unique(corpus.line)]
    assert lines == [[1, 2], [3], [1, 2], [4, 4, 4]]
    assert distinct_lines(corpus) == 3


def test_laws_by_hand():
    said = np.array([[[[1, 2]], [[1, 1]], [[2, 1]], [[1, 0]]]])
    found = laws(corpus_of(speak(said)))
    assert (found.tokens, found.lines, found.types) == (7, 4, 2)
    assert found.type_token_ratio == pytest.approx(2 / 7)
    assert found.line_length == pytest.approx(7 / 4)
    bits = -(5 / 7 * np.log2(5 / 7) + 2 / 7 * np.log2(2 / 7))
    assert found.unigram_entropy == found.normalized_entropy == pytest.approx(bits)
    assert found.bigram_entropy == pytest.approx(np.log2(3))  # 12, 11, 21
    assert found.conditional_entropy == pytest.approx(2 / 3)  # after 1 evenly 1 or 2, after 2 always 1
    assert found.line_entropy == pytest.approx(bits * 7 / 4)


def test_silence_has_no_laws():
    found = laws(corpus_of(speak(np.zeros((3, 4, 1, 1), int))))
    assert (found.tokens, found.lines, found.types) == (0, 0, 0)
    assert np.isnan(found[3:]).all()


def test_the_zipf_exponent_of_exact_laws():
    ranks = np.arange(1, 41)
    assert zipf_exponent(1e6 / ranks) == pytest.approx(1, abs=1e-6)
    assert zipf_exponent(1e6 / ranks**0.5) == pytest.approx(0.5, abs=1e-6)
    assert zipf_exponent(np.full(5, 7)) == 0
    assert np.isnan(zipf_exponent([3, 1, 0]))


def test_abbreviation_is_a_rank_correlation():
    assert abbreviation(np.array([9, 5, 2]), np.array([1, 2, 3])) == pytest.approx(-1)
    assert abbreviation(np.array([9, 5, 2]), np.array([3, 2, 1])) == pytest.approx(1)
    assert np.isnan(abbreviation(np.array([9, 5, 2]), np.array([2, 2, 2])))


def test_mixed_positions_keep_each_position_and_nothing_between_them():
    rng = np.random.default_rng(4)
    first = rng.integers(1, 5, (60, 8, 1, 1))
    spoken = speak(np.concatenate([first, first + 4], axis=3))  # the second symbol follows from the first
    permutations = np.array([rng.permutation(60), rng.permutation(60)])
    mixed = mixed_positions(spoken, permutations)
    whole = corpus_of(spoken)
    assert np.array_equal(np.bincount(mixed.tokens), np.bincount(whole.tokens))
    assert laws(whole).conditional_entropy == pytest.approx(0)
    assert laws(mixed).conditional_entropy > 1.9
