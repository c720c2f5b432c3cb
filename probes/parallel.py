"""Independent pieces of work spread by joblib over the cores of this machine, or over a Dask cluster."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from commlab.foundation.errors import DataError

__all__ = ["n_workers", "spread"]

Item = TypeVar("Item")
Found = TypeVar("Found")
Watch = Callable[[int, int], None]  # pieces done, pieces in all
WORKERS, CLUSTER = "COMMLAB_WORKERS", "COMMLAB_DASK"
WAIT = 20  # seconds within which a cluster must answer


def spread(
    function: Callable[[Item], Found], items: Sequence[Item], workers: int | None = None, watch: Watch | None = None
) -> list[Found]:
    """[function(item) for item in items], in order, by `workers` processes at once; by default one a core.

    Where the variable COMMLAB_DASK holds the address of a Dask scheduler (tcp://host:8786), the cluster does the work.
    What `function` draws must follow from its item alone, so that results do not depend on who does the work.
    """
    found: list[Found] = []
    with backend() as cluster:
        for result in produced(function, items, len(items) if cluster else min(n_workers(workers), len(items))):
            found.append(result)
            if watch is not None:
                watch(len(found), len(items))
    return found


def n_workers(workers: int | None = None) -> int:
    """How many processes work at once: as asked for, or as COMMLAB_WORKERS says, or one a core of this machine.

    Raises DataError where that is no number of 1 or more.
    """
    asked = workers if workers is not None else os.environ.get(WORKERS) or usable_cores()
    if not str(asked).isdecimal() or int(asked) < 1:
        raise DataError(f"The number of workers is {asked!r}: give 1 or more (by --jobs, or in {WORKERS}).")
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


@contextmanager
def backend() -> Iterator[bool]:
    """Join the Dask cluster that COMMLAB_DASK names; gives whether there is one.

    Raises DataError where it does not answer or Dask is not installed.
    """
    address = os.environ.get(CLUSTER)
    if not address:
        yield False
        return
    try:
        from dask.distributed import Client
    except ImportError as error:
        raise DataError(f"{CLUSTER} is set, but Dask is not installed: pip install 'commlab[dask]'.") from error
    from joblib import parallel_config

    try:
        client = Client(address, timeout=WAIT)
    except (OSError, ValueError, TimeoutError) as error:
        raise DataError(
            f"No Dask scheduler answers at {address} ({error}): start one with `dask scheduler`, or unset {CLUSTER}."
        ) from error
    with client, parallel_config(backend="dask"):
        yield True
