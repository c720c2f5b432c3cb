"""The talk page for everybody: by keyboard, by screen reader, by night and in any window."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

Visits = Callable[..., Any]


FOCUSED = """() => {
  const one = document.activeElement;
  return [one.id || one.className || one.tagName, getComputedStyle(one).outlineStyle];
}"""
CONTROLS = {
    *("play", "step", "speed", "episode", "again", "next", "help-open", "agent-body"),
    *("say-as", "say-kinship", "say-to", "say-for", "say-alone", "say", "search", "show", "save", "replay", "lines"),
}
UNNAMED = """() => {
  const named = (one) => one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim();
  const all = [...document.querySelectorAll('button, input, select')];
  return all.filter((one) => one.checkVisibility() && !named(one)).map((one) => one.outerHTML);
}"""


def test_all_goes_by_keyboard_alone(opened: Visits) -> None:
    there = opened()
    page = there.page
    press = page.keyboard.press
    press(".")
    expect(page.locator("#clock")).to_have_text("step 1 of 64")
    press(" ")
    expect(page.locator("#play")).to_have_text(re.compile("Pause"))
    press("p")
    expect(page.locator("#play")).to_have_text(re.compile("Play"))
    press("+")
    expect(page.locator("#speed-word")).to_have_text("11 steps/s")
    press("-")
    expect(page.locator("#speed-word")).to_have_text("8 steps/s")
    press("3")
    expect(page.locator("#agent-title")).to_have_text("gatherer 3")
    press("[")
    expect(page.locator("#agent-title")).to_have_text("scout 2")
    press("/")
    expect(page.locator("#say")).to_be_focused()
    page.keyboard.type("crystal in the west. 3")  # letters and digits are words here, and no shortcuts
    expect(page.locator("#agent-title")).to_have_text("scout 2")
    page.fill("#say", "crystal in the west")
    press("Enter")
    expect(page.locator("#lines .person")).to_have_count(1)
    press("Escape")
    press("e")
    expect(page.locator("#lines .experiment")).to_contain_text("2.1 cells closer")
    press("f")
    expect(page.locator("#search")).to_be_focused()
    press("Escape")
    press("?")
    expect(page.locator("#help")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("play or pause")
    press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    press("s")
    expect(page.locator("#toasts")).to_contain_text("Saved")
    press("r")
    expect(page.locator("#clock")).to_have_text("step 0 of 64")
    assert [message["episode"] for message in there.sent("restart")] == [0]


def test_every_control_is_reached_by_tab_and_shows_it(opened: Visits) -> None:
    page = opened().page
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(FOCUSED)
        assert ring != "none" or name == "BODY", name
        reached.add(name)
    assert reached >= CONTROLS


def test_names_and_roles_are_there_for_screen_readers(opened: Visits) -> None:
    page = opened().page
    page.get_by_role("radio", name=re.compile("1 gatherer")).click()
    assert page.get_by_role("radio", checked=True).count() == 1
    expect(page.get_by_role("img", name=re.compile("live world and its untouched twin, step 0"))).to_be_visible()
    assert page.evaluate(UNNAMED) == []
    page.click("#book button >> nth=0")
    expect(page.locator("#live")).to_have_text("Step 0, phantom says crystal in the north.")


def test_single_keys_can_be_switched_off(opened: Visits) -> None:
    page = opened().page
    page.keyboard.press("?")
    page.uncheck("#single-keys")
    page.click("#help-close")
    page.keyboard.press(".")
    expect(page.locator("#clock")).to_have_text("step 0 of 64")
    page.reload()
    expect(page.locator("#single-keys")).not_to_be_checked()
    page.evaluate("localStorage.clear()")


def test_the_page_looks_otherwise_in_the_dark_and_follows_the_system(opened: Visits) -> None:
    there = opened(colour_scheme="dark")
    page = there.page
    dark = there.pixels()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 31)"
    page.emulate_media(color_scheme="light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(236, 239, 243)"
    assert there.pixels() != dark


SIZES = [(1280, 800), (1920, 1080), (1280, 640), (1130, 760), (1120, 800), (1024, 700), (800, 600), (420, 800)]


def test_nothing_overlaps_in_a_window_of_any_size(opened: Visits) -> None:
    page = opened().page
    page.keyboard.press(".")
    page.locator("#book button >> nth=0").click()
    page.keyboard.press(".")
    expect(page.locator("#lines .person")).to_have_count(1)
    overlaps = Path(__file__).with_name("overlaps.js").read_text()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        assert page.evaluate(overlaps) == [], (width, height)
        canvas = page.locator("#canvas").bounding_box()
        assert min(canvas["width"], canvas["height"]) > 150, (width, height)


def test_at_1280_by_800_all_is_on_one_screen(opened: Visits) -> None:
    page = opened().page
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.querySelector('.transcript').getBoundingClientRect().bottom <= innerHeight")


def test_arrows_move_among_the_agents(opened: Visits) -> None:
    page = opened().page
    page.locator("#agents button >> nth=1").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#agents button >> nth=2")).to_be_focused()
    expect(page.locator("#agent-title")).to_have_text("scout 2")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#agent-title")).to_have_text("gatherer 3")


def test_a_large_map_is_seen_from_near_and_from_far(opened: Visits, canned: ModuleType) -> None:
    there = opened()
    page = there.page
    expect(page.locator("#follow")).to_be_hidden()
    large = canned.episode()
    large["map"] = {"height": 60, "width": 60, "grid": [[0] * 60 for _ in range(60)], "sites": []}
    there.tell(large, there.room.frame())
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "true")  # cells would be too small to read
    near = there.pixels()
    page.keyboard.press("z")
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "false")
    assert there.pixels() != near
    page.click("#follow")
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "true")
    assert there.pixels() == near


GROUNDS = ("page", "card", "tint")
WORDS = ("ink", "soft", "link", "bad", "ghost", "differ")


def test_words_stand_out_from_every_ground_by_day_and_by_night() -> None:
    css = resources.files("commlab").joinpath("page", "page.css").read_text()
    day, night = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in css.split("@media"))
    for colours in (day, night):
        for word in WORDS:
            for ground in GROUNDS:
                assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
        assert contrast(colours["link-ink"], colours["link"]) >= 4.5
        assert contrast(colours["ghost"], colours["ghost-tint"]) >= 4.5
        assert contrast(colours["bad"], colours["bad-tint"]) >= 4.5
        assert contrast(colours["differ"], colours["differ-tint"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
