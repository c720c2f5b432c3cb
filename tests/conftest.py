"""Fixtures that every test folder shares."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def load(name: str, path: Path) -> ModuleType:
    """The module or package at `path` as `name`, whatever the import mode."""
    if name not in sys.modules:
        folder = [str(path.parent)] if path.name == "__init__.py" else None
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folder)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def module_at() -> Callable[[str, Path], ModuleType]:
    """Loads modules that lie beside tests and are none themselves: module_at(name, path)."""
    return load


@pytest.fixture(scope="session")
def planted() -> ModuleType:
    """tests/planted.py: recordings whose language is known."""
    return load("planted", Path(__file__).with_name("planted.py"))


@pytest.fixture(scope="session")
def make_recording(planted: ModuleType) -> Callable[..., Path]:
    """Writes a planted recording: make_recording(path, n_episodes=40, n_steps=32, meaning="holistic", seed=0)."""
    return planted.make_recording  # type: ignore[no-any-return]
