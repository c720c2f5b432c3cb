"""Data parallelism: processes that each hold some of the shards and add gradients in the order of the shards.

The same code runs alone, in processes started here, and under torchrun on many machines (gloo on CPUs, NCCL on GPUs).
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import TCPStore  # type: ignore[attr-defined]  # torch's own docs import it so

from commlab.foundation.errors import RunError

_PR_SET_PDEATHSIG = 1
_PATIENCE = timedelta(minutes=3)  # with a process that may be compiling kernels
_LEAVING = 5  # seconds for the others to end once the work is done


class Group:
    """The processes of a training run; alone, everything is local."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        """Describe process `rank` of `size`, whose torch process group (if size > 1) is already up."""
        self.rank, self.size = rank, size

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def my_shards(self, n_shards: int) -> list[int]:
        """Return the numbers of the shards that live here: a block of consecutive ones."""
        each = n_shards // self.size
        return list(range(self.rank * each, (self.rank + 1) * each))

    def gather(self, mine: Tensor) -> Tensor:
        """Return all shards' rows, (n_shards, P), from my shards' (n_mine, P), in the order of the shards."""
        if self.size == 1:
            return mine
        sent = mine.cpu() if dist.get_backend() == "gloo" else mine
        everyone = [torch.empty_like(sent) for _ in range(self.size)]
        dist.all_gather(everyone, sent)
        return torch.cat(everyone).to(mine.device)

    def close(self) -> None:
        """Leave the group."""
        if self.size > 1:
            dist.destroy_process_group()

    def wait_for_all(self) -> None:
        """Wait until every process has come here."""
        if self.size > 1:
            dist.barrier()


def default_processes(n_shards: int) -> int:
    """Return how many processes to train with: as many as there are GPUs, or else cores, and as divide the shards."""
    most = torch.cuda.device_count() if torch.cuda.is_available() else os.cpu_count() or 1
    return max(n for n in range(1, n_shards + 1) if n_shards % n == 0 and n <= max(1, most))


def launched_by_torchrun() -> bool:
    """Return whether torchrun started this process and tells it its place."""
    return {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys()


def join_torchrun() -> Group:
    """Join the processes that torchrun started."""
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Group(dist.get_rank(), dist.get_world_size())


def best_device(rank: int = 0) -> torch.device:
    """Return a GPU of this machine for the process, the CPU where there is none."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    local = int(os.environ.get("LOCAL_RANK", rank))
    return torch.device("cuda", local % torch.cuda.device_count())


def run_in_processes(
    n_processes: int, work: Callable[..., None], arguments: tuple[Any, ...], leader_only: dict[str, Any]
) -> None:
    """Call work(group, *arguments) in `n_processes` processes on this machine, this one leading.

    The leader's call gets `leader_only` too. The others die with this one, and leave interrupts to it.
    """
    if n_processes == 1:
        work(Group(), *arguments, **leader_only)
        return
    store = TCPStore("127.0.0.1", 0, n_processes, is_master=True, wait_for_workers=False, timeout=_PATIENCE)
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=_follow, args=(rank, n_processes, store.port, os.getpid(), work, arguments), daemon=True)
        for rank in range(1, n_processes)
    ]
    try:
        with _interrupts_held():
            for process in others:
                process.start()
        _await(store, others)
        dist.init_process_group(_backend(n_processes), store=store, rank=0, world_size=n_processes, timeout=_PATIENCE)
        group = Group(0, n_processes)
        try:
            work(group, *arguments, **leader_only)
        finally:
            group.close()
        for process in others:
            process.join(_LEAVING)
    except RuntimeError as error:
        raise _explain(error, others) from error
    finally:
        for process in others:
            if process.is_alive():
                process.kill()


def _backend(n_processes: int) -> str:
    """Return what the processes of this machine talk through: NCCL where each has a GPU of its own, else gloo."""
    return "nccl" if torch.cuda.is_available() and torch.cuda.device_count() >= n_processes else "gloo"


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold interrupts back; processes started meanwhile never see one, and so leave them to this one."""
    resource_tracker.ensure_running()  # or it would be started with the first process, and let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _await(store: TCPStore, others: Sequence[BaseProcess]) -> None:
    """Wait until the others are here, open to interrupts; RuntimeError if one of them dies before."""
    names = [_arrival(rank) for rank in range(1, len(others) + 1)]
    while not store.check(names):
        if any(not process.is_alive() for process in others):
            raise RuntimeError("a process died before it joined")
        time.sleep(0.02)


def _arrival(rank: int) -> str:
    """Return the name under which process `rank` says that it is here."""
    return f"here-{rank}"


def _explain(error: RuntimeError, others: Sequence[BaseProcess]) -> Exception:
    """Return what to raise for an error of the leader: a RunError if it comes of another process's death."""
    for process in others:
        if process.pid is not None:
            process.join(1)
        if process.exitcode:
            return RunError(
                f"train: a training process died (exit code {process.exitcode}); what it printed "
                f"says why; if nothing, memory may have run out. The same command goes on from the last resume point."
            )
    return error


def _follow(
    rank: int, size: int, port: int, parent: int, work: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    """Be process `rank`: join the group, do the work, say nothing."""
    die_with(parent)
    store = TCPStore("127.0.0.1", port, size, is_master=False, timeout=_PATIENCE)
    store.set(_arrival(rank), "")
    dist.init_process_group(_backend(size), store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    group = Group(rank, size)
    work(group, *arguments)
    group.close()


def die_with(parent: int) -> None:
    """Have this process killed when its parent dies (Linux); leave at once if the parent is already gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
