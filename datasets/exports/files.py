"""Where an export is written: whole or not at all, and never over what is there unless it is forced."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from commlab.foundation.atomic import PART, seal
from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import DataError, RecordingError

__all__ = ["Written", "extra_missing", "new_file", "new_folder"]


class Written(NamedTuple):
    """What was exported."""

    path: Path
    n_rows: int
    n_bytes: int
    notices: tuple[str, ...]


@contextlib.contextmanager
def new_file(path: Path, force: bool) -> Iterator[Path]:
    """A path to write to, which becomes `path` when the block ends well, and is removed when it does not.

    Raises RecordingError where something is in the way, and DiskError where it cannot be written.
    """
    if path.exists() and not force:
        raise RecordingError(f"{path} exists already and is not replaced: use --force to replace it, or another path.")
    if path.is_dir():
        raise RecordingError(f"{path} is a folder: give the path of a file.")
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        seal(part, path)
    except OSError as error:
        raise as_disk_error(error, path) from error
    finally:
        with contextlib.suppress(NotADirectoryError):  # nothing was written where the parent is a file
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(path: Path, force: bool, ours: str) -> Iterator[Path]:
    """A folder to write into, which becomes `path` when the block ends well.

    ours: a file that every export of the kind has; what lacks it is not replaced even by force.
    """
    if path.exists() and not force:
        raise RecordingError(f"{path} exists already and is not replaced: use --force to replace it, or another path.")
    if path.exists() and not (path / ours).is_file():
        raise RecordingError(f"{path} is no export of this kind (it has no {ours}) and is not replaced: name another.")
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        part.mkdir(parents=True)
        yield part
        shutil.rmtree(path, ignore_errors=True)
        os.replace(part, path)
    except OSError as error:
        raise as_disk_error(error, path) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def extra_missing(package: str) -> DataError:
    """The error about a package that only exports need."""
    return DataError(f"This export needs {package}: install it with `pip install 'commlab[export]'`.")
