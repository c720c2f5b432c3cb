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


def test_a_dask_cluster_does_the_work_where_one_is_named(monkeypatch):
    from dask.distributed import LocalCluster, get_worker

    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster:
        monkeypatch.setenv("COMMLAB_DASK", cluster.scheduler_address)
        assert spread(neg, range(5)) == [0, -1, -2, -3, -4]
        assert spread(lambda number: (number, get_worker().name), range(2)) == [(0, 0), (1, 0)]


def test_a_cluster_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr("commlab.probes.parallel.WAIT", 0.5)
    monkeypatch.setenv("COMMLAB_DASK", "tcp://127.0.0.1:9")
    with pytest.raises(DataError, match=r"No Dask scheduler answers at tcp://127.0.0.1:9"):
        spread(neg, range(3))
