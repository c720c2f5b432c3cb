"""Two arms of the same episodes: the difference of shares, its interval and its null."""

import numpy as np
import pytest

from commlab.probes.cause.kin.contrast import Counted, apart, contrasts, share_of

N_EPISODES = 60


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def counted(rng: np.random.Generator, first: float, second: float) -> Counted:
    """Two arms whose shares differ from episode to episode around these."""
    shares = np.clip(rng.normal(0, 0.1, N_EPISODES)[None] + np.array([[first], [second]]), 0, 1)
    total = rng.integers(20, 60, (2, N_EPISODES))
    hits = rng.binomial(total, shares)
    return Counted(*np.stack([hits[0], total[0], hits[1], total[1]]).astype(float))


def test_the_difference_is_that_of_pooled_shares(rng: np.random.Generator) -> None:
    one = counted(rng, 0.7, 0.4)
    found = contrasts({"x": one}, rng, 99)["x"]
    assert found.first == one.hits.sum() / one.total.sum()
    assert found.difference == pytest.approx(found.first - found.second)
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.p_value == 0.01
    assert found.more
    assert not found.same
    assert not found.less


def test_arms_that_are_identical_are_the_same_with_certainty(rng: np.random.Generator) -> None:
    one = counted(rng, 0.7, 0.4)
    found = contrasts({"x": Counted(one.hits, one.total, one.hits, one.total)}, rng, 99)["x"]
    assert (found.difference, found.interval, found.p_value) == (0, (0, 0), 1)
    assert found.same


def test_a_share_that_is_hardly_ever_defined_is_left_out(rng: np.random.Generator) -> None:
    one = counted(rng, 0.7, 0.4)
    never = np.zeros(N_EPISODES)
    never[:3] = 1
    assert contrasts({"x": one._replace(hits=never, total=never)}, rng, 99) == {}


@pytest.mark.parametrize("family", [True, False])
def test_false_positives_are_as_many_as_announced(monkeypatch: pytest.MonkeyPatch, family: bool) -> None:
    monkeypatch.setattr("commlab.probes.cause.kin.contrast.bca_interval", lambda *_: (0.0, 0.0))
    rng, hits, n = np.random.default_rng(7), 0, 400
    for _ in range(n):
        tests = {name: counted(rng, 0.5, 0.5) for name in ("x", "y", "z")[: 3 if family else 1]}
        hits += min(one.p_value for one in contrasts(tests, rng, 99).values()) <= 0.05
    assert 0.02 <= hits / n <= 0.085


def test_episodes_as_they_came_are_compared_unpaired(rng: np.random.Generator) -> None:
    one = counted(rng, 0.7, 0.4)
    mixed = np.where(np.arange(N_EPISODES) % 2 == 0, one.hits / one.total, one.other_hits / one.other_total)
    kin = (np.arange(N_EPISODES) % 2 == 0)[:, None]
    found = apart({"x": (mixed[:, None], np.ones((N_EPISODES, 1)))}, kin, ~kin, rng, 99)["x"]
    assert found.difference == pytest.approx(mixed[::2].mean() - mixed[1::2].mean())
    assert found.more
    exchanged = rng.permutation(kin)
    assert apart({"x": (mixed[:, None], np.ones((N_EPISODES, 1)))}, exchanged, ~exchanged, rng, 99)["x"].p_value > 0.02


def test_a_share_of_nothing_is_none(rng: np.random.Generator) -> None:
    nothing = np.zeros(N_EPISODES)
    assert share_of(nothing, nothing, rng) == {"share": None, "interval": None, "n_episodes": 0}
