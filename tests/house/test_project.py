"""The project's own files agree: README with Makefile and command line, pyproject.toml with constraints.txt."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CLONE = Path(__file__).parents[2]
PROJECT = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]
PAGES = [CLONE / "README.md", *sorted((CLONE / "docs").rglob("*.md"))]


def code_of(page: Path) -> str:
    """The fenced blocks and the inline code of a page."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def pins() -> dict[str, str]:
    rows = [row for row in (CLONE / "constraints.txt").read_text().splitlines() if row and not row.startswith("#")]
    return {canonicalize_name(name): version for name, _, version in (row.partition("==") for row in rows)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_make_targets_of_a_page_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (CLONE / "Makefile").read_text(), flags=re.MULTILINE)
    groups = {f"bench-{path.stem.removeprefix('bench_')}" for path in (CLONE / "tests" / "bench").glob("bench_*.py")}
    named = set(re.findall(r"\bmake ([a-z-]+)", code_of(page)))
    assert named <= {*targets, *groups}


def test_the_readme_shows_the_two_commands_that_start_everything() -> None:
    assert {"make demo", "make test"} <= set(re.findall(r"make [a-z]+", code_of(CLONE / "README.md")))


def test_the_commands_of_the_readme_exist() -> None:
    named = set(re.findall(r"^(?:\.venv/bin/)?commlab ([a-z]+)", code_of(CLONE / "README.md"), flags=re.MULTILINE))
    assert named
    for name in sorted(named):
        done = subprocess.run([sys.executable, "-m", "commlab", name, "--help"], capture_output=True, check=False)
        assert done.returncode == 0, name


@pytest.mark.parametrize("requirement", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"])
def test_a_dependency_has_a_lower_bound_and_a_pin_within_it(requirement: str) -> None:
    wanted = Requirement(requirement)
    assert {clause.operator for clause in wanted.specifier} == {">="}
    assert wanted.specifier.contains(pins()[canonicalize_name(wanted.name)])


def test_every_pin_is_exact_and_free_of_a_local_version() -> None:
    assert pins()
    assert [name for name, version in pins().items() if not re.fullmatch(r"[0-9]+(\.[0-9a-z]+)*", version)] == []


def third_party_imports() -> set[str]:
    """The distributions whose modules the code imports, by canonical name."""
    homes = metadata.packages_distributions()
    folders = [CLONE / name for name in ("commlab", "env", "probes", "datasets", "figures")]
    trees = [ast.parse(path.read_text()) for folder in folders for path in folder.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    top = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"commlab"}
    return {canonicalize_name(homes[name][0]) if name in homes else name for name in top}


PROMISED = {"scikit-learn", "umap-learn"}  # part of what the project is fixed to, for users' own analyses too
THROUGH_TORCH = {"tensorboard"}  # torch.utils.tensorboard needs it
THROUGH_UVICORN = {"websockets"}  # its websockets need it
EXTRAS = ("dask", "export")  # imported where they are used, and missed in a sentence


def test_the_code_imports_its_core_dependencies_and_nothing_else() -> None:
    core = {canonicalize_name(Requirement(row).name) for row in PROJECT["dependencies"]}
    extras = {
        canonicalize_name(Requirement(row).name) for extra in EXTRAS for row in PROJECT["optional-dependencies"][extra]
    }
    assert third_party_imports() - extras | PROMISED | THROUGH_TORCH | THROUGH_UVICORN == core
