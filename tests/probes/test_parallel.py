"""Spreading work gives the same results in the same order, however many processes do it."""

from operator import neg

import pytest

from commlab.foundation.errors import DataError
from commlab.probes.parallel import n_workers, spread


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_and_are_watched(workers):
    seen: list[tuple[int, int]] = []
    assert spread(neg, range(7), workers, lambda done, total: seen.append((done, total))) == [-n for n in range(7)]
    assert seen == [(number, 7) for number in range(1, 8)]
    assert spread(neg, [], workers) == []


def test_the_number_of_workers_is_asked_for_or_told_by_the_environment(monkeypatch):
    monkeypatch.setenv("COMMLAB_WORKERS", "3")
    assert n_workers() == 3
    assert n_workers(5) == 5
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv("COMMLAB_WORKERS", wrong)
        with pytest.raises(DataError, match="number of workers"):
            n_workers()
