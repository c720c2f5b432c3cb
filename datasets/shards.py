"""Sealed shards: small whole HDF5 files of consecutive episodes that a killed recording leaves behind."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from h5py import h5s

from commlab.datasets.codecs import chunk_shape, create_column
from commlab.datasets.episodes import EpisodeTable, write_table
from commlab.foundation.atomic import PART, seal
from commlab.foundation.disk import as_disk_error
from commlab.foundation.result import to_plain

__all__ = [
    "LIBVER",
    "PARTS",
    "Shard",
    "file_attributes",
    "fingerprint",
    "parts_folder",
    "seal_shard",
    "shard_file",
    "shard_files",
    "shard_path",
    "write_header",
]

PARTS = ".parts"
LIBVER = ("v110", "v110")  # readable by HDF5 1.10 and later; attributes may exceed 64 KB
NOT_CONTENT = frozenset({"command", "git_revision", "provenance", "time"})  # facts that change no recorded number


class Shard(NamedTuple):
    """The content of one shard, checked."""

    number: int
    table: EpisodeTable
    columns: dict[str, np.ndarray[Any, Any]]  # "agents/position": (S, A, 2), episode after episode


def fingerprint(facts: Mapping[str, Any]) -> str:
    """The sha256 of the facts that determine a recording's content: the same command gives the same one."""
    content = {key: value for key, value in to_plain(facts).items() if key not in NOT_CONTENT}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def parts_folder(path: Path) -> Path:
    """The folder that holds the shards of the recording at `path`."""
    return path.with_name(path.name + PARTS)


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` lies."""
    return folder / f"shard-{number:06d}.h5"


def shard_files(folder: Path) -> dict[int, Path]:
    """The sealed shards of a folder by number, in order."""
    return {int(path.stem.removeprefix("shard-")): path for path in sorted(folder.glob("shard-[0-9]*.h5"))}


@contextlib.contextmanager
def shard_file(shard: Shard, header: Mapping[str, Any], codec: str, rows: int) -> Iterator[h5py.File]:
    """A shard's HDF5 file, open in memory. `rows` is the usual number of steps of a shard.

    It has no cache of chunks: chunks are then compressed while they are written, which h5py does without the
    interpreter's lock, and not when they are closed, which it does with it.
    """
    name = f"shard-{shard.number}"
    with h5py.File(name, "w", driver="core", backing_store=False, libver=LIBVER, rdcc_nbytes=0) as file:
        write_table(file, shard.table)
        for column, values in shard.columns.items():
            chunks = chunk_shape(column, values.shape, values.dtype, rows)
            create_column(file, column, values.shape, values.dtype, chunks, codec).write(h5s.ALL, h5s.ALL, values)
        write_header(file, {**header, "shard": shard.number})
        file.flush()
        yield file


def seal_shard(folder: Path, number: int, file: h5py.File) -> Path:
    """Write a shard's file to the disk and seal it; returns its path.

    It is written in one go, so that a full disk is met by a plain write and not within HDF5. Raises DiskError when it
    cannot be written; no `.part` file is left then.
    """
    final = shard_path(folder, number)
    part = final.with_name(final.name + PART)
    try:
        with open(part, "wb") as target:
            target.write(file.id.get_file_image())
            target.flush()
            os.fsync(target.fileno())
        seal(part, final)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise as_disk_error(error, final) from error
    return final


def write_header(file: h5py.File, header: Mapping[str, Any]) -> None:
    """Write the header as root attributes, tables as JSON, and seal; facts that are None are left out.

    The names under header["columns"], {"observation/vector": [...]}, become the attribute "columns" of those columns.
    """
    for key, value in to_plain(header).items():
        if value is not None:
            file.attrs[key] = json.dumps(value) if isinstance(value, dict | list) else value
    for column, names in header.get("columns", {}).items():
        if column in file:
            file[column].attrs["columns"] = json.dumps(list(names))
    file.attrs["sealed"] = True


def file_attributes(path: Path) -> dict[str, Any] | None:
    """The root attributes of a whole, sealed HDF5 file, or None where it is not one."""
    try:
        with h5py.File(path, "r", locking=False) as file:
            attributes = dict(file.attrs)
    except OSError:
        return None
    return attributes if attributes.get("sealed") else None
