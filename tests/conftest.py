"""Fixtures that every test folder shares."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHROMIUM = os.environ.get("COMMLAB_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MUST_RUN = "COMMLAB_NEEDS_CHROMIUM"  # set where a missing browser is an error and no reason to skip
if os.environ.get(MUST_RUN):
    import playwright.sync_api  # noqa: F401  where it is promised, too, that nothing is skipped


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


@pytest.fixture(scope="module")  # while it runs, its event loop does: nobody else could run one in this thread
def browser() -> Iterator[Any]:
    """A headless Chromium; where there is none, the tests are skipped, or fail if it was promised."""
    if CHROMIUM is None:
        reason = "There is no Chromium: install it (apt-get install chromium) or name it in COMMLAB_CHROMIUM."
        pytest.fail(reason) if os.environ.get(MUST_RUN) else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], headless=True)
        yield started
        started.close()
