"""Independent pieces of work spread over processes by joblib, or over a cluster where joblib is told of one."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from commlab.foundation.errors import DataError

__all__ = ["n_workers", "spread"]

Item = TypeVar("Item")
Found = TypeVar("Found")
Watch = Callable[[int, int], None]  # pieces done, pieces in all
VARIABLE = "COMMLAB_WORKERS"


def spread(
    function: Callable[[Item], Found], items: Sequence[Item], workers: int | None = None, watch: Watch | None = None
) -> list[Found]:
    """[function(item) for item in items], in order, by `workers` processes at once; by default one a core.

    Processes are joblib's own, or those of the backend set by an enclosing `joblib.parallel_config` (Dask, say). What
    `function` draws must follow from its item alone, so that results do not depend on the number of workers.
    """
    count = min(n_workers(workers), len(items))
    found: list[Found] = []
    for result in produced(function, items, count):
        found.append(result)
        if watch is not None:
            watch(len(found), len(items))
    return found


def n_workers(workers: int | None = None) -> int:
    """How many processes work at once: as asked for, or as COMMLAB_WORKERS says, or one a core of this machine.

    Raises DataError where that is no number of 1 or more.
    """
    asked = workers if workers is not None else os.environ.get(VARIABLE) or usable_cores()
    if not str(asked).isdecimal() or int(asked) < 1:
        raise DataError(f"The number of workers is {asked!r}: give 1 or more (by --jobs, or in {VARIABLE}).")
    return int(asked)


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def produced(function: Callable[[Item], Found], items: Sequence[Item], count: int) -> Iterable[Found]:
    """The results in order, as they come."""
    if count <= 1:
        return map(function, items)
    from joblib import Parallel, delayed

    parallel = Parallel(n_jobs=count, return_as="generator")
    results: Iterable[Found] = parallel(delayed(function)(item) for item in items)
    return results
