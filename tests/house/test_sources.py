"""What holds for every source file: its imports keep to its floor, and it is short enough to read."""

import ast
import sys
from pathlib import Path

import pytest

CLONE = Path(__file__).parents[2]
FOLDERS = ("commlab", "env", "probes", "datasets", "figures")
MAX_LINES = 400


def sources(folder: str) -> list[Path]:
    return sorted((CLONE / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def top_level(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


@pytest.mark.parametrize("folder", [*FOLDERS, "tests"])
def test_no_file_imports_the_folders_by_their_bare_names_or_relatively(folder: str) -> None:
    bare = {"", *FOLDERS} - {"commlab"}
    assert sources(folder)
    assert {str(path): top_level(path) & bare for path in sources(folder) if top_level(path) & bare} == {}


def test_the_world_does_not_import_torch() -> None:
    assert sources("env")
    assert [str(path) for path in sources("env") if "torch" in top_level(path)] == []


def test_foundation_imports_numpy_and_scipy_only() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "scipy", "commlab"}
    files = sources("commlab/foundation")
    assert files
    assert {str(path): top_level(path) - allowed for path in files if top_level(path) - allowed} == {}
    upwards = {name for path in files for name in imported(path) if name.startswith("commlab.")}
    assert {name for name in upwards if not name.startswith("commlab.foundation")} == set()


@pytest.mark.parametrize("folder", [*FOLDERS, "tests"])
def test_no_file_is_longer_than_400_lines(folder: str) -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in sources(folder)}
    assert {path: n_lines for path, n_lines in lengths.items() if n_lines > MAX_LINES} == {}
