"""The report in Chromium, from the disk: nothing is wider than its window, nothing fails, every link goes somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commlab.foundation.run import RunFolder

Look = Callable[..., Any]
WIDTHS = (1280, 390)
SPILLED = """() => [...document.querySelectorAll('main *, header *, nav *')].filter((one) => {
  if (one.closest('svg, .scroll, code, details:not([open])')) return false;
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => `${one.tagName}.${one.className}`)"""
CONTRAST = """() => {
  const of = (one) => getComputedStyle(one).color.match(/\\d+/g).slice(0, 3).map(Number);
  const light = ([r, g, b]) => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
  const ground = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number);
  const texts = [...document.querySelectorAll('main p, main td, main h2, main dd, figcaption')];
  return [light(ground), Math.min(...texts.map((one) => Math.abs(light(of(one)) - light(ground))))];
}"""


@pytest.fixture(scope="module")
def look(browser: Any) -> Iterator[Look]:
    """Opens a page from the disk: look(path, width, scheme). Nothing may fail in it or ask for a network."""
    pages, faults = [], []

    def go(path: Path, width: int = 1280, scheme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else faults.append(asked.url))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield go
    for page in pages:
        page.close()
    assert faults == []


def fits(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SPILLED) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_its_window_in_both_themes(look: Look, linked_run: RunFolder, width: int, scheme: str) -> None:
    page = look(linked_run.report, width, scheme)
    fits(page)
    ground, least = page.evaluate(CONTRAST)
    assert (ground < 0.2) == (scheme == "dark")
    assert least > 0.25
    assert page.locator("main svg").count() >= 4


@pytest.mark.parametrize("width", WIDTHS)
def test_comparisons_fit_their_windows(look: Look, pair: Path, many: Path, width: int) -> None:
    for path in (pair, many):
        fits(look(path, width, "dark"))


def test_figures_follow_the_theme(look: Look, linked_run: RunFolder) -> None:
    inks = []
    for scheme in ("light", "dark"):
        page = look(linked_run.report, 1280, scheme)
        inks.append(page.evaluate("getComputedStyle(document.querySelector('.picture svg text')).fill"))
    assert inks[0] != inks[1]


def test_contents_stay_beside_on_a_desktop_and_fold_on_a_phone(look: Look, linked_run: RunFolder) -> None:
    wide = look(linked_run.report)
    wide.evaluate("document.getElementById('provenance').scrollIntoView()")
    box = wide.locator("nav.side").bounding_box()
    assert 0 <= box["y"] < 200
    assert not wide.locator("details.folded").is_visible()
    phone = look(linked_run.report, 390)
    assert not phone.locator("nav.side").is_visible()
    link = phone.locator("details.folded a[href='#not-found']")
    assert not link.is_visible()
    phone.locator("details.folded summary").click()
    link.click()
    assert phone.evaluate("Math.abs(document.getElementById('not-found').getBoundingClientRect().top) < 400")


def test_every_link_goes_somewhere(look: Look, linked_run: RunFolder, pair: Path) -> None:
    for path in (linked_run.report, pair):
        page = look(path)
        for target in set(page.evaluate("[...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))")):
            if target.startswith("#"):
                assert page.locator(f"[id='{target[1:]}']").count() == 1, target
            elif not target.startswith("data:"):
                assert (path.parent / target.partition("#")[0]).is_file(), target


def test_a_moment_opens_the_replay_where_it_is(look: Look, linked_run: RunFolder) -> None:
    page = look(linked_run.report)
    page.locator("#understanding .moments a").first.click()
    page.wait_for_url("**/replay.html#reel=12&t=8&agent=1")


def test_tables_can_be_reached_and_unfolded_by_keyboard(look: Look, linked_run: RunFolder) -> None:
    page = look(linked_run.report, 390)
    page.locator(".more-numbers summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".more-numbers").first.evaluate("(one) => one.open")
    assert page.locator(".scroll[tabindex='0']").count() == page.locator(".scroll").count()


def test_in_print_all_results_are_unfolded_and_colours_light(look: Look, linked_run: RunFolder) -> None:
    page = look(linked_run.report, 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.picture svg text')).fill") != "rgb(255, 255, 255)"
    assert not page.locator("#contents").is_visible()
    assert page.locator(".more-numbers.printed table").first.is_visible()
    assert page.locator(".moments").count() > 0
    assert not page.locator(".moments").first.is_visible()  # links into a folder mean nothing on paper
