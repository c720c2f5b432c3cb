"""The parts of the estimate against closed forms and slow counts."""

from typing import Any

import numpy as np
import pytest

from commlab.foundation.statistics import wilson_interval
from commlab.probes.decode.lexicon.gains import Predictor
from commlab.probes.decode.lexicon.rates import rate_of
from commlab.probes.decode.lexicon.sequences import quasi_independent
from commlab.probes.decode.lexicon.speech import Speech, Variable, bands, joined, run_lengths
from commlab.probes.decode.lexicon.tables import Counts, count, family
from commlab.probes.decode.lexicon.units import Part, membership, parts_of


def test_a_use_counts_once_however_long_its_value_lasts() -> None:
    codes = np.array([[0, 0, 0, 1, 1, 0], [2, 2, 2, 2, 2, 2]])
    assert run_lengths(codes, 1).tolist() == [[3, 3, 3, 2, 2, 1], [6] * 6]
    two = np.array([[0, 5, 0, 5, 1, 5]])  # two agents in turn
    assert run_lengths(two, 2).tolist() == [[2, 3, 2, 3, 1, 3]]


def test_counts_are_those_of_a_slow_count(tables: Any) -> None:
    planted = tables.plant("holistic-2", seed=1, n_episodes=12, n_steps=16, n_agents=2)
    speech, kind = planted.speech, planted.targets[3]
    permutations = np.stack([np.random.default_rng(n).permutation(12) for n in range(3)])
    parts = [*parts_of(speech, "message")[:3], *parts_of(speech, "position")[:3], *parts_of(speech, "symbol")[:3]]
    found = count(speech, kind, membership(speech, parts), permutations)
    lengths = run_lengths(kind.codes, 2)
    for row, part in enumerate(parts):
        for value in range(4):
            slow = [0.0, 0.0, 0.0, 0.0]
            for draw, order in enumerate([np.arange(12), *permutations]):
                for e, slot in np.ndindex(speech.said.shape):
                    message = speech.symbols[speech.said[e, slot]]
                    if holds(message.tolist(), part) and kind.codes[order[e], slot] == value:
                        slow[draw] += 1 / lengths[order[e], slot]
            assert found.observed[row, value] == pytest.approx(slow[0])
            assert found.expected[row, value] == pytest.approx(np.mean(slow[1:]))


def holds(message: list[int], part: Part) -> bool:
    """Whether a part is in a message, the obvious way."""
    if part.unit == "message":
        return message == list(part.symbols)
    return part.symbols[0] in message if part.position is None else message[part.position] == part.symbols[0]


def test_the_family_threshold_is_the_twentieth_part_of_the_draws() -> None:
    nothing = np.zeros((1, 1))
    null = family([Counts(nothing, nothing, nothing, np.arange(-1.0, 19).reshape(20, 1), np.zeros(20))])
    assert null.threshold == 18  # of 19 draws and the observed one, only the largest may reach it
    assert null.p_values(np.array([18.5]))[0] == pytest.approx(0.05)
    assert null.p_values(np.array([-1.0]))[0] == 1


def test_a_rate_is_wilsons_where_episodes_are_single_uses() -> None:
    hits = np.array([1.0] * 70 + [0.0] * 30)
    found = rate_of(hits, np.ones(100))
    assert found is not None
    low, high = wilson_interval(70, 100)
    assert found.share == pytest.approx(0.7)
    assert found.low == pytest.approx(low, abs=2e-3)
    assert found.high == pytest.approx(high, abs=2e-3)


def test_a_rate_counts_episodes_where_their_uses_agree() -> None:
    hits = np.array([10.0] * 7 + [0.0] * 3)
    found = rate_of(hits, np.full(10, 10.0))
    assert found is not None
    low, high = wilson_interval(7, 10)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.03)
    always = rate_of(np.full(10, 10.0), np.full(10, 10.0))
    assert always is not None
    assert (always.low, always.high) == pytest.approx(wilson_interval(10, 10))
    assert rate_of(np.zeros(5), np.zeros(5)) is None


def test_what_only_repeats_the_known_gains_nothing(tables: Any) -> None:
    planted = tables.plant("holistic", seed=2, n_episodes=64)
    place, _, turned, kind, *_ = planted.targets
    predictor = Predictor(planted.speech, planted.speech.said >= 0, np.random.default_rng(0))
    coded = {one.name: (one.name, one.codes) for one in (place, turned, kind)}
    assert predictor.gain(coded["place"]).bits == pytest.approx(3, abs=0.1)  # one of eight places
    assert predictor.gain(coded["kind"], (coded["place"],)).bits == pytest.approx(2, abs=0.1)  # one of four kinds
    assert predictor.gain(coded["turned"], (coded["place"],)).bits < 0.02
    assert abs(predictor.synergy(coded["kind"], (coded["place"],)).bits) < 0.05


def test_a_context_is_told_by_its_synergy(tables: Any) -> None:
    planted = tables.plant("context", seed=2, n_episodes=64)
    place, _, _, kind, *_ = planted.targets
    predictor = Predictor(planted.speech, planted.speech.said >= 0, np.random.default_rng(0))
    known = (("place", place.codes),)
    assert predictor.gain(("kind", kind.codes)).bits < 0.02
    assert predictor.synergy(("kind", kind.codes), known).bits == pytest.approx(1, abs=0.1)


def test_independent_columns_are_quasi_independent_off_the_diagonal() -> None:
    weights = np.array([0.5, 0.3, 0.2])
    table = 1000 * np.outer(weights, weights)
    np.fill_diagonal(table, 0)
    assert quasi_independent(table) == pytest.approx(table, rel=1e-3)


def test_joined_codes_are_missing_where_one_is() -> None:
    one = Variable("a", np.array([[0, 1, -1, 1]]), ("x", "y"))
    other = Variable("b", np.array([[1, -1, 0, 1]]), ("u", "v"))
    codes = joined([one, other])
    assert (codes < 0).tolist() == [[False, True, True, False]]
    assert codes[0, 0] != codes[0, 3]


def test_numbers_become_bands() -> None:
    values = np.arange(9.0).reshape(1, 9)
    low_to_high = bands("energy", values)
    assert low_to_high is not None
    assert low_to_high.codes.tolist() == [[0, 0, 0, 1, 1, 1, 2, 2, 2]]
    assert bands("energy", np.full((2, 3), 7.0)) is None
    assert bands("energy", np.full((2, 3), np.nan)) is None


def test_parts_are_written_as_a_person_writes_them() -> None:
    speech = Speech(np.zeros((1, 1), dtype=int), np.array([[0, 0], [3, 7]]), ("silence", "3 7"), 1)
    assert [part.form(2, {}) for part in parts_of(speech, "message")] == ["silence", "3 7"]
    assert [part.form(2, {}) for part in parts_of(speech, "position")] == ["3 _", "_ 7"]
    assert [part.form(2, {}) for part in parts_of(speech, "symbol")] == ["3", "7"]
    assert [part.form(2, {3: "ba"}) for part in parts_of(speech, "position")] == ["ba _", "_ 7"]
