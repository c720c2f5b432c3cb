"""The site: it builds without a warning, has a page a command, opens from disk and asks nothing of the network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from commlab.cli import COMMANDS

CLONE = Path(__file__).parents[2]
if not (CLONE / "mkdocs.yml").exists():  # a built wheel is tested without the documents
    pytest.skip("there are no documents here", allow_module_level=True)
NAMES = [command.__name__.rstrip("_") for commands in COMMANDS.values() for command in commands]
SAMPLES = ["index", "tutorial", "gallery", "file-format", "metrics", "reference/python", "reference/commands/probe"]
LARGEST = 150_000  # bytes of a picture
SEARCHED = 'document.querySelector(".md-search-result__meta").textContent.includes("matching")'


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it; mkdocs ends with an error where anything is to be warned of."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    told = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=CLONE, env=told, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


def pages_of(entry: Any) -> list[str]:
    """The pages that a navigation names."""
    parts = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else []
    return [entry] if isinstance(entry, str) else [page for part in parts for page in pages_of(part)]


def test_every_page_has_its_place_in_the_navigation() -> None:
    places = pages_of(yaml.safe_load((CLONE / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    named = set(places)
    assert len(places) == len(named), "a page has one place"
    there = {str(path.relative_to(CLONE / "docs")) for path in (CLONE / "docs").rglob("*.md")}
    decisions = {page for page in there if page.startswith("decisions/0")}  # put there as the site is built
    assert there - decisions - named == set(), "give it a place under `nav` in mkdocs.yml"


def test_every_command_has_its_page_with_all_of_its_options(site: Path) -> None:
    assert {path.stem for path in (site / "reference" / "commands").glob("*.html")} == {*NAMES, "index"}
    page = (site / "reference" / "commands" / "probe.html").read_text(encoding="utf-8")
    assert "<code>--target</code>" in page
    assert "<code>--unseen</code><br><code>--every-step</code>" in page
    assert "# what messages say about where crystals are" in re.sub("<[^>]+>", "", page)


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["']?(https?:)?//""")
    assert [str(page) for page in site.rglob("*.html") if loads.search(page.read_text(encoding="utf-8"))] == []


def test_the_search_knows_commands_and_pages(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    titles = {row["title"] for row in index["docs"]}
    assert {"commlab steer", "Other people's data", "Recordings: the file format"} <= titles


def test_pictures_are_small() -> None:
    pictures = [*(CLONE / "docs").rglob("*.png"), *(CLONE / "docs").rglob("*.svg"), *(CLONE / "docs").rglob("*.gif")]
    assert [path.name for path in pictures if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_their_window_and_ask_nothing_of_the_network(
    site: Path, browser: Any, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, asked, wrong = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for name in SAMPLES:
        page.goto(f"file://{site}/{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        shown = page.evaluate("document.body.dataset.mdColorScheme")
        assert shown == ("slate" if scheme == "dark" else "default")
    context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))] == []


def test_search_works_from_disk(site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"file://{site}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("steer")
    page.wait_for_function(SEARCHED)
    assert page.locator(".md-search-result__item").filter(has_text="commlab steer").count() > 0
    page.close()


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (CLONE / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (CLONE / link).exists()] == []
