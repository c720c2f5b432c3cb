"""The command line within this process, and a folder with the shipped sample."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.foundation.run import find_run


@pytest.fixture(scope="session")
def cli(module_at: Callable[[str, Path], ModuleType]) -> Any:
    """Runs a command: cli("probe", "sample", "--json"), as tests/commands does."""
    return module_at("docs_commands", Path(__file__).parents[1] / "commands" / "conftest.py").run_command


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder worked in: the shipped agents lie in runs/sample, and as runs/demo where a page speaks of a demo."""
    monkeypatch.chdir(tmp_path)
    sample = find_run("sample").path
    shutil.copytree(sample, sample.with_name("demo"))
    return tmp_path
