"""Sealed shards: small whole HDF5 files of consecutive episodes that a killed recording leaves behind."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from commlab.datasets.codecs import chunk_shape, filters
from commlab.datasets.episodes import derived_columns, table_of, write_table
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
    "shard_files",
    "shard_path",
    "write_header",
    "write_shard",
]

PARTS = ".parts"
LIBVER = ("v110", "v110")  # readable by HDF5 1.10 and later; attributes may exceed 64 KB
NOT_CONTENT = frozenset({"command", "git_revision", "provenance", "time"})  # facts that change no recorded number


class Shard(NamedTuple):
    """The content of one shard, checked."""

    number: int
    episodes: dict[str, np.ndarray[Any, Any]]  # fields of EPISODE_FIELDS, kinship as full matrices (E, A, A)
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


def write_shard(folder: Path, shard: Shard, header: Mapping[str, Any], codec: str, rows: int) -> int:
    """Write a shard and seal it; returns its size in bytes. `rows` is the usual number of steps of a shard.

    The file is built in memory and written in one go, so that a full disk is met by a plain write and not within HDF5.
    Raises DiskError when it cannot be written; no `.part` file is left then.
    """
    image = shard_image(shard, header, codec, rows)
    final = shard_path(folder, shard.number)
    part = final.with_name(final.name + PART)
    try:
        with open(part, "wb") as file:
            file.write(image)
            file.flush()
            os.fsync(file.fileno())
        seal(part, final)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise as_disk_error(error, final) from error
    return len(image)


def shard_image(shard: Shard, header: Mapping[str, Any], codec: str, rows: int) -> bytes:
    """The bytes of a shard's HDF5 file."""
    with h5py.File(f"shard-{shard.number}", "w", driver="core", backing_store=False, libver=LIBVER) as file:
        write_table(file, table_of(shard.episodes))
        for name, values in (derived_columns(shard.episodes["length"]) | shard.columns).items():
            file.create_dataset(
                name,
                data=values,
                maxshape=(None, *values.shape[1:]),
                chunks=chunk_shape(name, values.shape, values.dtype, rows),
                **filters(values.dtype, codec),
            )
        write_header(file, {**header, "shard": shard.number})
        file.flush()
        return bytes(file.id.get_file_image())


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
