"""Fixtures of the world's tests: the modules beside this file, which are no tests themselves."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
Loader = Callable[[str, Path], ModuleType]


@pytest.fixture(scope="session")
def reference(module_at: Loader) -> ModuleType:
    """reference_world: a slow, obvious world."""
    return module_at("reference_world", HERE / "reference_world" / "__init__.py")


@pytest.fixture(scope="session")
def worlds(reference: ModuleType, module_at: Loader) -> ModuleType:
    """worlds.py: small worlds, random play, worlds as nested lists."""
    module_at("random_play", HERE / "random_play.py")
    return module_at("env_worlds", HERE / "worlds.py")


@pytest.fixture(scope="session")
def scenarios(module_at: Loader) -> ModuleType:
    """random_scenarios.py: scenarios in which everything is drawn."""
    return module_at("env_random_scenarios", HERE / "random_scenarios.py")
