"""Entropy and information: against reference values, closed forms and a slow version; the permutation correction."""

import json
from pathlib import Path

import numpy as np
import pytest

from commlab.foundation.statistics import (
    corrected_information,
    draw_permutations,
    entropy,
    episode_strata,
    information,
    miller_madow_entropy,
    miller_madow_information,
    mutual_information,
    npmi,
)
from commlab.foundation.statistics.information import count_pairs, count_pairs_by_episode

CASES = Path(__file__).parents[1] / "refcases"


def table_of(x, y):
    return count_pairs(np.asarray(x)[None], np.asarray(y)[None], int(max(x)) + 1, int(max(y)) + 1)


@pytest.fixture(scope="module")
def reference():
    bits = json.loads((CASES / "03_entropy_mi.json").read_text())["expected"]["bits"]
    with np.load(CASES / "03_entropy_mi.npz") as arrays:
        return bits, {name: arrays[name] for name in arrays.files}


def test_entropy_and_information_match_other_peoples_implementations(reference):
    bits, series = reference
    x, y, z = series["x"], series["y"], series["z"]
    assert entropy(np.bincount(x)) == pytest.approx(bits["H(x)"], abs=1e-6)
    assert entropy(np.bincount(y)) == pytest.approx(bits["H(y)"], abs=1e-6)
    assert mutual_information(table_of(x, y)) == pytest.approx(bits["I(x;y)"], abs=1e-6)
    assert mutual_information(table_of(x, z)) == pytest.approx(bits["I(x;z) independent"], abs=1e-6)


def test_information_of_two_symbol_messages_matches_the_reference(reference):
    bits, series = reference
    sequences = 4 * series["x"] + series["y"]
    assert entropy(np.bincount(sequences)) == pytest.approx(bits["sequence H (2-symbol messages)"], abs=1e-6)
    assert mutual_information(table_of(sequences, series["z"])) == pytest.approx(bits["I(seq;z)"], abs=1e-6)


def test_entropy_closed_forms():
    assert entropy([5, 5, 5, 5]) == pytest.approx(2)
    assert entropy([7, 0]) == 0
    assert entropy([]) == 0
    assert entropy([1, 3]) == pytest.approx(2 - 0.75 * np.log2(3))


def test_information_closed_forms():
    assert mutual_information(np.eye(8) * 3) == pytest.approx(3)
    assert mutual_information(np.outer([1, 2, 3], [4, 5])) == pytest.approx(0, abs=1e-12)
    assert mutual_information(np.zeros((2, 2))) == 0


def test_miller_madow_adds_one_bin_less_over_two_n():
    assert miller_madow_entropy([4, 4, 0]) == pytest.approx(1 + 1 / (16 * np.log(2)))
    table = np.array([[3, 1], [1, 3]])
    bias = ((2 - 1) + (2 - 1) - (4 - 1)) / (2 * 8 * np.log(2))
    assert miller_madow_information(table) == pytest.approx(mutual_information(table) + bias)


def test_normalised_pointwise_information_closed_forms():
    assert npmi([[4, 0], [0, 4]]).tolist() == [[1, -1], [-1, 1]]
    assert npmi(np.outer([1, 2], [3, 4])) == pytest.approx(np.zeros((2, 2)), abs=1e-12)
    table = np.array([[3.0, 1.0], [1.0, 5.0]])
    shares = table / table.sum()
    expected = np.log(shares / np.outer(shares.sum(1), shares.sum(0))) / -np.log(shares)
    assert npmi(table) == pytest.approx(expected)


def test_normalised_pointwise_information_is_undefined_where_a_value_never_occurs():
    assert np.isnan(npmi([[0, 0], [2, 3]])[0]).all()
    assert np.isnan(npmi([[5]])).all()
    assert np.isnan(npmi(np.zeros((2, 2)))).all()


@pytest.mark.parametrize("counts", [[-1, 2], [np.nan, 1]])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(ValueError, match="0 or more"):
        entropy(counts)


def test_missing_codes_are_left_out_of_every_table():
    x = np.array([[0, 1, -1, 1], [0, 0, 1, -1]])
    y = np.array([[1, 0, 1, -1], [1, -1, 0, 0]])
    assert count_pairs(x, y, 2, 2).tolist() == [[0, 2], [2, 0]]
    assert count_pairs_by_episode(x, y, 2, 2).tolist() == [[[0, 1], [1, 0]], [[0, 1], [1, 0]]]


def autocorrelated(rng, shape, n_values):
    """Codes that mostly stay what they were a step before."""
    codes = rng.integers(0, n_values, shape)
    for t in range(1, shape[1]):
        stay = rng.random(shape[0]) < 0.9
        codes[stay, t] = codes[stay, t - 1]
    return codes


def measure(rng, x, y, n_draws=199):
    strata = episode_strata(np.full(len(x), x.shape[1]))
    return corrected_information(x, y, draw_permutations(strata, n_draws, rng))


def test_jackknife_values_equal_taking_each_episode_out():
    rng = np.random.default_rng(3)
    x, y = autocorrelated(rng, (12, 10), 3), autocorrelated(rng, (12, 10), 4)
    permutation = draw_permutations(episode_strata(np.full(12, 10)), 1, np.random.default_rng(5))
    found = corrected_information(x, y, permutation)
    values = []
    for left in range(12):
        kept = [e for e in range(12) if e != left]
        pairs = [(e, permutation[0, e]) for e in range(12) if left not in (e, permutation[0, e])]
        plug_in = mutual_information(table_of(x[kept].ravel(), y[kept].ravel()))
        null = mutual_information(table_of(x[[a for a, _ in pairs]].ravel(), y[[b for _, b in pairs]].ravel()))
        values.append(plug_in - null)
    error = np.sqrt(11 / 12 * np.sum((np.array(values) - np.mean(values)) ** 2))
    assert (found.interval[1] - found.interval[0]) / 2 == pytest.approx(2.200985 * error, rel=1e-5)  # t, 11 degrees


def test_the_size_of_the_chunks_changes_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    x, y = autocorrelated(rng, (12, 10), 3), autocorrelated(rng, (12, 10), 4)
    permutations = draw_permutations(episode_strata(np.full(12, 10)), 5, rng)
    whole = corrected_information(x, y, permutations)
    monkeypatch.setattr(information, "CHUNK_CELLS", 30)
    assert corrected_information(x, y, permutations).interval == pytest.approx(whole.interval)


def test_correction_removes_the_bias_that_dependence_within_episodes_leaves():
    rng = np.random.default_rng(0)
    found = [measure(rng, autocorrelated(rng, (40, 30), 8), autocorrelated(rng, (40, 30), 8), 49) for _ in range(60)]
    plug_in, corrected = np.mean([f.plug_in for f in found]), np.mean([f.corrected for f in found])
    assert plug_in > 0.2
    assert abs(corrected) < plug_in / 10


def test_correction_is_right_where_episodes_that_trade_places_differ_in_length():
    rng = np.random.default_rng(6)
    corrected, lost = [], []
    for _ in range(80):
        lengths = rng.integers(8, 25, 30)
        ended = np.arange(24) >= lengths[:, None]
        x, y = (np.where(ended, -1, autocorrelated(rng, (30, 24), 5)) for _ in range(2))
        permutations = draw_permutations(episode_strata(lengths), 39, rng)
        found = corrected_information(x, y, permutations)
        corrected.append(found.corrected)
        pairs = np.mean([np.count_nonzero((x >= 0) & (y[permutation] >= 0)) for permutation in permutations])
        lost.append(found.draws.mean() * (np.count_nonzero(x >= 0) / pairs - 1))  # what draws would have too much
    assert abs(np.mean(corrected)) < np.mean(lost) / 2


def test_series_that_share_only_a_clock_carry_no_corrected_information():
    rng = np.random.default_rng(1)
    clock = np.tile(np.arange(32) // 4, (50, 1))
    found = measure(rng, clock, clock)
    assert found.plug_in == pytest.approx(3)
    assert found.corrected == pytest.approx(0)
    assert found.p_value == 1


def test_information_that_is_there_is_found_with_an_interval_around_it():
    rng = np.random.default_rng(2)
    world = autocorrelated(rng, (60, 40), 4)
    heard = np.where(rng.random(world.shape) < 0.5, rng.integers(0, 4, world.shape), world)
    truth = mutual_information(np.full((4, 4), 0.125) + np.eye(4) * 0.5)
    found = measure(rng, heard, world)
    assert found.p_value == pytest.approx(1 / 200)
    assert found.interval[0] < truth < found.interval[1]
    assert found.interval[1] - found.interval[0] < 0.2


def test_jackknife_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    truth = mutual_information(np.full((3, 3), 0.2) + np.eye(3) * 0.4)
    covered = 0
    for _ in range(100):
        world = autocorrelated(rng, (50, 16), 3)
        heard = np.where(rng.random(world.shape) < 0.6, rng.integers(0, 3, world.shape), world)
        low, high = measure(rng, heard, world, 29).interval
        covered += low < truth < high
    assert 87 <= covered <= 100
