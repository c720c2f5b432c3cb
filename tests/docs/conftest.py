"""The command line within this process, a browser, and a folder with the shipped sample."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.foundation.run import find_run

TESTS = Path(__file__).parents[1]


def load(name: str, path: Path) -> ModuleType:
    """The module at `path` as `name`."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


browser = load("docs_browser", TESTS / "talk" / "page" / "conftest.py").browser


@pytest.fixture(scope="session")
def cli() -> Any:
    """Runs a command: cli("probe", "sample", "--json"), as tests/commands does."""
    return load("docs_commands", TESTS / "commands" / "conftest.py").run_command


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder worked in: the shipped agents lie in runs/sample, and as runs/demo where a page speaks of a demo."""
    monkeypatch.chdir(tmp_path)
    sample = find_run("sample").path
    shutil.copytree(sample, sample.with_name("demo"))
    return tmp_path
