"""Folds share no episode, test each once, and are balanced."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlab.datasets.reader import open_recording
from commlab.datasets.splits import episode_folds, rows_of
from commlab.foundation.errors import DataError


@given(
    n_episodes=st.integers(2, 60),
    n_folds=st.integers(2, 10),
    seed=st.integers(0, 5),
    n_strata=st.integers(1, 4),
)
def test_folds_share_no_episode_and_are_balanced(n_episodes: int, n_folds: int, seed: int, n_strata: int) -> None:
    n_folds = min(n_folds, n_episodes)
    strata = np.random.default_rng(seed).integers(0, n_strata, n_episodes)
    folds = episode_folds(n_episodes, n_folds, seed, strata)
    assert len(folds) == n_folds
    for train, test in folds:
        assert not set(train) & set(test)
        assert sorted([*train, *test]) == list(range(n_episodes))
    assert sorted(episode for _, test in folds for episode in test) == list(range(n_episodes))
    sizes = [len(test) for _, test in folds]
    assert max(sizes) - min(sizes) <= 1
    for stratum in range(n_strata):
        counts = [int((strata[test] == stratum).sum()) for _, test in folds]
        assert max(counts) - min(counts) <= 1


def test_folds_depend_on_the_seed_alone() -> None:
    first, again, other = (episode_folds(30, 5, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a[1], b[1]) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(("n_episodes", "n_folds"), [(3, 4), (5, 1), (0, 2)])
def test_too_few_episodes_are_told(n_episodes: int, n_folds: int) -> None:
    with pytest.raises(DataError, match=f"{n_folds} folds of {n_episodes} episodes cannot be made: record"):
        episode_folds(n_episodes, n_folds, 0)


def test_rows_are_those_of_the_episodes_in_order(tmp_path: Path, contents: ModuleType) -> None:
    with open_recording(contents.record(contents.Plan(fixed=False), tmp_path / "a.h5")) as recording:
        episode = recording["steps/episode"][:]
        for chosen in ([5, 2], [0], [], list(range(recording.n_episodes))):
            expected = [row for one in chosen for row in np.flatnonzero(episode == one)]
            assert rows_of(chosen, recording).tolist() == expected
        train, test = episode_folds(recording.n_episodes, 3, 0)[0]
        assert not set(rows_of(train, recording)) & set(rows_of(test, recording))
