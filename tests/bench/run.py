"""Run the benches in bench_*.py beside this file, print a table and merge the numbers into bench.json.

A bench module is one group, named after its file: bench_start.py is the group `start`. It holds `BENCHES`, a list of
functions without arguments; each returns entries {name: {"value": number, "unit": str, "note": str (optional)}}.
bench.json keeps {name: {"value", "unit", "note", "group", "machine"}}: for each group the entries of its last run.
"""

import argparse
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Entries = dict[str, dict[str, Any]]
Bench = Callable[[], Entries]

VERSIONED = ("commlab", "numpy", "numba", "torch", "h5py")


def main() -> None:
    """Run the groups asked for; exit with status 2 where there is no such group."""
    options = _parse_arguments()
    groups = find_groups(options.folder)
    if options.only is not None and options.only not in groups:
        raise SystemExit(_refuse(f"there is no bench group {options.only!r}; the groups are {', '.join(groups)}"))
    chosen = groups if options.only is None else {options.only: groups[options.only]}
    for group, path in chosen.items():
        entries = run_group(load_benches(path))
        print_table(group, entries)
        merge(options.out, group, entries)


def find_groups(folder: Path) -> dict[str, Path]:
    """Return the bench files of `folder` by group name, in alphabetical order."""
    return {path.stem.removeprefix("bench_"): path for path in sorted(folder.glob("bench_*.py"))}


def load_benches(path: Path) -> list[Bench]:
    """Return the list `BENCHES` of a bench file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    benches: list[Bench] = module.BENCHES
    return benches


def run_group(benches: list[Bench]) -> Entries:
    """Return the entries of all benches of a group; two of one name are refused with a ValueError."""
    entries: Entries = {}
    for bench in benches:
        for name, entry in bench().items():
            if name in entries:
                raise ValueError(f"two benches return an entry named {name!r}: rename one of them")
            entries[name] = entry
    return entries


def print_table(group: str, entries: Entries) -> None:
    """Print a group's entries, one a row."""
    table = Table("what", "value", "unit", "note", title=group, title_justify="left")
    for name, entry in entries.items():
        table.add_row(name, f"{entry['value']:,.4g}", entry["unit"], entry.get("note", ""))
    Console().print(table)


def merge(path: Path, group: str, entries: Entries) -> None:
    """Put a group's entries, each with this machine's facts, into `path`, in place of the group's earlier ones."""
    measured = json.loads(path.read_text()) if path.exists() else {}
    measured = {name: entry for name, entry in measured.items() if entry["group"] != group}
    machine = machine_facts()
    measured |= {name: {**entry, "group": group, "machine": machine} for name, entry in entries.items()}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n")
    part.replace(path)


def machine_facts() -> dict[str, Any]:
    """Return the processor, its usable cores, the date in UTC, and the versions that were measured."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in VERSIONED},
    }


def _cpu_model() -> str:
    table = Path("/proc/cpuinfo")
    rows = table.read_text().splitlines() if table.exists() else []
    models = [row.partition(":")[2].strip() for row in rows if row.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run commlab's benches.")
    parser.add_argument("--only", metavar="GROUP", help="run one group, such as start")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="the file to merge into (bench.json)")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where the bench files lie")
    return parser.parse_args()


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
