"""Fixtures of the world's tests: the modules beside this file, which are no tests themselves."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def beside(name: str, path: Path) -> ModuleType:
    """The module or package at `path`, as `name`."""
    if name not in sys.modules:
        folder = [str(path.parent)] if path.name == "__init__.py" else None
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folder)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """reference_world: a slow, obvious world."""
    return beside("reference_world", HERE / "reference_world" / "__init__.py")


@pytest.fixture(scope="session")
def worlds(reference: ModuleType) -> ModuleType:
    """worlds.py: small worlds, random play, worlds as nested lists."""
    beside("random_play", HERE / "random_play.py")
    beside("random_play", HERE / "random_play.py")
    return beside("env_worlds", HERE / "worlds.py")


@pytest.fixture(scope="session")
def scenarios() -> ModuleType:
    """random_scenarios.py: scenarios in which everything is drawn."""
    return beside("env_random_scenarios", HERE / "random_scenarios.py")
