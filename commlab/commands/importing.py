"""`commlab import`: other people's logs into a recording that every analysis reads."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from commlab.console import out, print_json, progress, say, table
from commlab.datasets.imports.egg import FIELDS
from commlab.datasets.imports.importing import import_file, is_pickle
from commlab.datasets.imports.options import Options, Summary
from commlab.datasets.imports.torch_file import is_torch_file
from commlab.foundation.errors import ForeignDataError
from commlab.foundation.run import RUNS, RunFolder, noticed

__all__ = ["import_", "read_columns"]


def import_(file: Path, run: str | None, output: Path | None, options: Options, trust: bool, as_json: bool) -> Summary:
    """Import a file into runs/<run>/recording.h5, or to `output`, and say what was found and assumed."""
    if run is not None and output is not None:
        raise ForeignDataError("--run and --output both say where the recording goes: give one of them.")
    own = RunFolder(_run_path(run or file.name.partition(".")[0]))
    place = noticed(own).recording if output is None else output
    found = _unpickled(file) if trust and file.is_file() and (is_torch_file(file) or is_pickle(file)) else None
    if found is not None:
        options = options._replace(format="egg")
    with progress(f"importing {file.name}", 1.0) as advance:
        summary = import_file(file, place, options, advance, found)
    if as_json:
        print_json(summary._asdict())
    else:
        _print(file, summary)
    return summary


def read_columns(pairs: Sequence[str]) -> dict[str, str]:
    """Return what --columns says: "message=utterance" or several with commas."""
    found: dict[str, str] = {}
    for text in pairs:
        parts = text.split(",") if all("=" in part for part in text.split(",")) else [text]
        for part in parts:
            name, equals, column = part.partition("=")
            if not (name.strip() and equals and column.strip()):
                raise ForeignDataError(f"--columns is part=column, as in message=utterance, not {part!r}.")
            found[name.strip()] = column.strip()
    return found


def _run_path(name: str) -> Path:
    """Return the folder of a run given by its name, or by its path."""
    return Path(name) if "/" in name else RUNS / name


def _unpickled(file: Path) -> list[dict[str, Any]]:
    """Return the interactions of a file whose maker is trusted, by torch's own unpickling."""
    import torch

    say(f"Unpickling {file} whole, as --trust asks: code that the file brings runs now.")
    try:
        loaded = torch.load(file, map_location="cpu", weights_only=False)
    except Exception as error:
        raise ForeignDataError(
            f"{file} cannot be unpickled ({type(error).__name__}: {str(error).splitlines()[0]}): install what it was "
            "made with, or write it again as CSV."
        ) from error
    parts = loaded if isinstance(loaded, list | tuple) else [loaded]
    return [_as_dict(part) for part in parts]


def _as_dict(part: Any) -> dict[str, Any]:
    """Return an interaction's fields as arrays."""
    fields = part if isinstance(part, Mapping) else vars(part) if hasattr(part, "__dict__") else {}
    return {name: _as_arrays(fields[name]) for name in FIELDS if name in fields}


def _as_arrays(value: Any) -> Any:
    """Return tensors as arrays, however deep in mappings."""
    import torch

    if isinstance(value, Mapping):
        return {str(key): _as_arrays(item) for key, item in value.items()}
    if isinstance(value, torch.Tensor):
        plain = value.detach().cpu()
        return (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy()
    return value


def _print(file: Path, summary: Summary) -> None:
    """Print what was imported."""
    shown = ", ".join(summary.features[:8]) + (", …" if len(summary.features) > 8 else "")
    rows = [
        ("format", summary.format),
        ("episodes", summary.n_episodes),
        ("steps", summary.n_steps),
        ("agents", ", ".join(summary.agents[:8]) + (", …" if len(summary.agents) > 8 else "")),
        ("speakers", ", ".join(summary.speakers[:8]) or "nobody"),
        ("symbols", f"{summary.n_symbols:,}, in messages of up to {summary.length}"),
        ("features", f"{len(summary.features)}: {shown}" if summary.features else "none"),
    ]
    shown_rows = [(name, f"{value:,}" if isinstance(value, int) else value) for name, value in rows]
    table(file.name, ("what", "found"), shown_rows)
    for notice in summary.notices:
        out.print(notice, markup=False)
    say(f"Saved {summary.path}.")
    if summary.features:
        name = summary.path.parent if summary.path.name == "recording.h5" else summary.path
        say(f"Next: commlab probe {name} --target={shlex.quote(f'feature.{summary.features[0]}')}")
