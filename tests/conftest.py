"""Fixtures that every test folder shares."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def module_beside(name: str) -> ModuleType:
    """The module tests/<name>.py, whatever the import mode."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def planted() -> ModuleType:
    """tests/planted.py: recordings whose language is known."""
    return module_beside("planted")


@pytest.fixture(scope="session")
def make_recording(planted: ModuleType) -> Callable[..., Path]:
    """Writes a planted recording: make_recording(path, n_episodes=40, n_steps=32, meaning="holistic", seed=0)."""
    return planted.make_recording  # type: ignore[no-any-return]
