"""Other people's files into recordings: which format a file has, and who reads it."""

import pickle
from pathlib import Path
from typing import Any

from commlab.datasets.imports.egg_import import import_egg
from commlab.datasets.imports.options import FORMATS, SYMBOLS, ZEROS, Options, Summary, Watch
from commlab.datasets.imports.table_import import import_table
from commlab.datasets.imports.torch_file import is_torch_file
from commlab.foundation.errors import ForeignDataError, nearest_names

__all__ = ["find_format", "import_file", "is_pickle"]

JSON_LINES = {".jsonl", ".ndjson", ".jsonlines"}
TABLES = {".csv", ".tsv", ".txt", ".tab"}


def import_file(
    path: Path | str, output: Path | str, options: Options | None = None, watch: Watch | None = None, found: Any = None
) -> Summary:
    """Write the recording of an EGG dump, a CSV or a JSONL file to `output`; returns what was found and assumed.

    found: the content of an EGG dump that somebody who trusts it has unpickled. Raises ForeignDataError, naming file,
    line and column, for what cannot be read, and RecordingError and DiskError where it cannot be written.
    """
    chosen, source, target = options or Options(), Path(path), Path(output)
    for name, value, allowed in (("symbols", chosen.symbols, SYMBOLS), ("zero", chosen.zero, ZEROS)):
        if value not in allowed:
            raise ForeignDataError(f"There is no {name} {value!r}: choose one of {', '.join(allowed)}.")
    if target.exists() and source.exists() and target.samefile(source):
        raise ForeignDataError(f"{source} would be replaced by its own recording: give another --output.")
    form = find_format(source, chosen.format) if found is None else "egg"
    if form == "egg":
        return import_egg(source, target, chosen, watch, found)
    return import_table(source, form, target, chosen, watch)


def find_format(path: Path, wanted: str = "auto") -> str:
    """The format of a file: egg, csv or jsonl. Raises ForeignDataError where it is none of them, or not there."""
    if wanted not in FORMATS:
        near = nearest_names(wanted, FORMATS, limit=1)[0]
        raise ForeignDataError(f"There is no format {wanted!r}: the nearest is {near}, all are {', '.join(FORMATS)}.")
    if not path.is_file():
        what = "is a folder: name a file in it" if path.is_dir() else "does not exist: check the path"
        raise ForeignDataError(f"{path} {what}.")
    if is_torch_file(path):
        if wanted in ("csv", "jsonl"):
            raise ForeignDataError(f"{path} is a dump of torch.save and no {wanted}: leave --format out.")
        return "egg"
    if is_pickle(path):
        raise ForeignDataError(
            f"{path} is a bare pickle or of a torch before 1.6, and unpickling it could run whatever code the file "
            "brings: write it with a later torch.save, or if you trust who made it import it with --trust."
        )
    start = beginning(path)
    if start[:4] == b"PK\x03\x04":
        raise ForeignDataError(
            f"{path} is a zip archive and no whole dump of torch.save: unpack it, or write it again."
        )
    if wanted == "egg":
        raise ForeignDataError(f"{path} is no dump of torch.save, and so none of EGG's: leave --format out.")
    suffixes = {suffix.lower() for suffix in path.suffixes}
    if start[:8] == b"\x89HDF\r\n\x1a\n":
        raise ForeignDataError(f"{path} is an HDF5 file and needs no import if it is a recording: analyse it as it is.")
    if wanted != "auto":
        return wanted
    if suffixes & JSON_LINES or (not suffixes & TABLES and start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"):
        return "jsonl"
    return "csv"


def is_pickle(path: Path) -> bool:
    """Whether the file begins as pickles do."""
    return beginning(path)[:1] == pickle.PROTO


def beginning(path: Path) -> bytes:
    """The first bytes of a file."""
    try:
        with open(path, "rb") as file:
            return file.read(512)
    except OSError as error:
        raise ForeignDataError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error
