"""Whether a run is being trained right now: a note in its folder says which process does so."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import DiskError
from commlab.foundation.run import RunFolder

__all__ = ["NOTE", "is_trained_now", "leave_note", "noted_while"]

NOTE = "training.pid"
LARGEST = 2**31  # of a process's number
FRESH = 180.0  # seconds since a training on another machine wrote something, after which it is taken for stopped


@contextmanager
def noted_while(run: RunFolder) -> Iterator[None]:
    """Take away the note of this process when the block ends, however it ends."""
    try:
        yield
    finally:
        if read_note(run) == own_note():
            with suppress(OSError):
                (run.path / NOTE).unlink()


def leave_note(run: RunFolder) -> None:
    """Write down that this process trains the run."""
    with suppress(DiskError):  # a note is no reason to stop a training
        write_atomic(run.path / NOTE, json.dumps(own_note()))


def is_trained_now(run: RunFolder) -> bool:
    """Whether the process of the note is alive; on another machine, whether it has written something lately."""
    note = read_note(run)
    if note is None:
        return False
    if note["host"] == socket.gethostname():
        return is_alive(note["pid"])
    paths = (run.log_csv, run.train, run.checkpoints / "resume.pt")
    return time.time() - max((path.stat().st_mtime for path in paths if path.exists()), default=0.0) < FRESH


def own_note() -> dict[str, str | int]:
    """What this process writes."""
    return {"pid": os.getpid(), "host": socket.gethostname()}


def read_note(run: RunFolder) -> dict[str, str | int] | None:
    """The note; None where there is none that can be read."""
    try:
        note = json.loads((run.path / NOTE).read_text(encoding="utf-8"))
        pid, host = int(note["pid"]), str(note["host"])
        return {"pid": pid, "host": host} if 0 < pid < LARGEST else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def is_alive(pid: int | str) -> bool:
    """Whether a process of this machine is running."""
    try:
        os.kill(int(pid), 0)
    except PermissionError:  # somebody else's, and alive
        return True
    except OSError:
        return False
    return True
