"""The bench harness: groups by file, entries merged with the machine's facts, an unknown group refused."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[1] / "bench"

SOURCE = """
def bench_two():
    return {"steps": {"value": 12.5, "unit": "steps a second"}, "size": {"value": 3, "unit": "bytes", "note": "whole"}}

BENCHES = [bench_two]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bench_one.py").write_text(SOURCE)
    (tmp_path / "bench_other.py").write_text(SOURCE.replace("12.5", "99").replace('"s', '"other/s'))
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCH / "run.py"), "--folder", str(folder), "--out", str(folder / "b.json")]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def measured(folder: Path) -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads((folder / "b.json").read_text())
    return loaded


def test_all_groups_are_run_printed_and_saved(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "steps a second" in done.stdout
    assert "whole" in done.stdout
    assert set(measured(folder)) == {"steps", "size", "other/steps", "other/size"}
    assert measured(folder)["other/steps"]["value"] == 99
    assert {"cpu", "cores", "date", "python", "versions"} == set(measured(folder)["steps"]["machine"])


def test_one_group_replaces_its_own_numbers_alone(folder: Path) -> None:
    run(folder)
    (folder / "bench_one.py").write_text(SOURCE.replace("12.5", "14"))
    (folder / "bench_other.py").write_text("raise RuntimeError('not asked for')")
    assert run(folder, "--only", "one").returncode == 0
    assert measured(folder)["steps"]["value"] == 14
    assert measured(folder)["other/steps"]["value"] == 99


def test_an_unknown_group_is_refused_with_the_known_ones(folder: Path) -> None:
    done = run(folder, "--only", "three")
    assert done.returncode == 2
    assert "'three'" in done.stderr
    assert "one, other" in done.stderr


def test_two_entries_of_one_name_are_refused(folder: Path) -> None:
    (folder / "bench_one.py").write_text(SOURCE.replace("[bench_two]", "[bench_two, bench_two]"))
    done = run(folder, "--only", "one")
    assert done.returncode != 0
    assert "two benches return an entry named 'steps'" in done.stderr


@pytest.mark.parametrize("path", sorted(BENCH.glob("bench_*.py")), ids=lambda path: path.stem)
def test_a_bench_file_lists_its_benches(path: Path) -> None:
    script = (
        "import importlib.util as u, sys; s = u.spec_from_file_location('b', sys.argv[1]); m = u.module_from_spec(s)"
    )
    check = "s.loader.exec_module(m); assert m.BENCHES and all(map(callable, m.BENCHES))"
    subprocess.run([sys.executable, "-c", f"{script}; {check}", str(path)], check=True)
