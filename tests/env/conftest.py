"""Fixtures of the world's tests: the modules beside this file, which are no tests themselves."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def beside(file: str) -> ModuleType:
    """The module <file>.py of this folder."""
    name = f"env_{file}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{file}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """reference.py: a slow, obvious world."""
    return beside("reference")


@pytest.fixture(scope="session")
def view() -> ModuleType:
    """reference_view.py: what agents of the reference world observe."""
    return beside("reference_view")


@pytest.fixture(scope="session")
def kinship_of() -> object:
    """reference_kinship.kinship_of: K by its definition."""
    return beside("reference_kinship").kinship_of


@pytest.fixture(scope="session")
def worlds() -> ModuleType:
    """worlds.py: random scenarios, random play, worlds as nested lists."""
    return beside("worlds")
