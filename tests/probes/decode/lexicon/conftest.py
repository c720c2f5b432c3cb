"""Languages of known meaning as tables."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def tables(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """tables.py beside this file: made-up worlds, and languages spoken in them."""
    return module_at("lexicon_tables", Path(__file__).with_name("tables.py"))
