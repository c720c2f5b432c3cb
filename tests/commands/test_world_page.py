"""docs/world.md and docs/scenarios.md: commands work and make the pictures beside them, and tables are true."""

import importlib.util
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from commlab.env.loading import load_scenario

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 600_000
ALIKE = 3.0  # levels of 255 by which few colours are off, on average


if not DOCS.exists():  # a built wheel is tested without the documents
    pytest.skip("there are no documents here", allow_module_level=True)


def load_draw() -> ModuleType:
    """docs/draw.py, which draws the pictures."""
    spec = importlib.util.spec_from_file_location("docs_draw", DOCS / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAW = load_draw()


@pytest.fixture
def copy(elsewhere: Path) -> Path:
    """A folder with the small scenarios and without pictures, as the one worked in."""
    (elsewhere / "docs" / "world").mkdir(parents=True)
    for path in (DOCS / "world").glob("*.yaml"):
        shutil.copy(path, elsewhere / "docs" / "world")
    return elsewhere


@pytest.mark.parametrize("arguments", DRAW.commands(), ids=lambda arguments: DRAW.picture_of(arguments).stem)
def test_a_command_makes_the_picture_beside_it(cli: Callable[..., Any], copy: Path, arguments: list[str]) -> None:
    done = cli(*arguments)
    assert done.code == 0, done.err
    picture = DRAW.picture_of(arguments)
    with Image.open(copy / picture) as made, Image.open(DOCS.parent / picture) as kept:
        assert made.size == kept.size
        assert made.width <= 900
        pixels = [np.asarray(image.convert("RGB"), dtype=np.float64) for image in (made, kept)]
    assert np.abs(pixels[0] - pixels[1]).mean() < ALIKE, "make world draws it anew"


def test_the_page_shows_every_picture_that_it_makes_and_no_other() -> None:
    shown = re.findall(r"!\[[^\]]{8,}\]\((world/[^)]+)\)", (DOCS / "world.md").read_text(encoding="utf-8"))
    assert len(shown) == len(set(shown))
    made = [f"world/{DRAW.picture_of(arguments).name}" for arguments in DRAW.commands()]
    assert shown == made
    pictures = sorted((DOCS / "world").glob("*.png"))
    assert sorted(shown) == [f"world/{path.name}" for path in pictures]
    assert sum(path.stat().st_size for path in pictures) < MOST_BYTES


def test_every_small_scenario_is_on_the_page() -> None:
    text = (DOCS / "world.md").read_text(encoding="utf-8")
    files = sorted((DOCS / "world").glob("*.yaml"))
    assert files
    assert [path.name for path in files if f"docs/world/{path.name}" not in text] == []
    assert all(load_scenario(path).n_agents <= 4 for path in files)


def test_the_library_s_page_is_made_from_its_files() -> None:
    page = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    assert DRAW.with_library(page) == page, "make world writes it anew"


@pytest.mark.parametrize("name", ["world.md", "scenarios.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert [link for link in links if not (DOCS / link).exists()] == []
