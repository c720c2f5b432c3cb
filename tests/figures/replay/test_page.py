"""The replay page in a browser, opened from the disk: time, agents, words, links, the twin, and strangers' data."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.datasets.memory import memory_recording
from commlab.figures.replay import reel_of, write_replay
from commlab.figures.replay.page import script_text
from commlab.foundation.errors import DataError

Visits = Callable[..., Any]


def test_the_page_asks_for_nothing_and_allows_its_own_script_alone(visit: Visits, page_path: Path) -> None:
    there = visit()
    assert [url for url in there.asked if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in there.asked if url.startswith("file:")]) == 1
    policy = there.page.get_attribute("meta[http-equiv]", "content")
    assert "unsafe" not in policy
    assert re.match(r"default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:;", policy)
    assert page_path.stat().st_size < 260_000
    assert "</script" not in script_text()


def test_time_goes_by_keys_buttons_and_the_timeline(visit: Visits, story: ModuleType) -> None:
    there = visit("#reel=0&t=3")
    there.shows("0", 3)
    there.press(".", "ArrowRight", ",")
    there.shows("0", 4)
    there.press("End")
    there.shows("0", story.STEPS - 1)
    there.press("Home")
    there.shows("0", 0)
    there.page.click("#next")
    there.shows("0", 1)
    there.page.click("#back")
    there.shows("0", 0)
    box = there.page.locator("#timeline").bounding_box()
    middle = box["y"] + box["height"] - 4
    there.page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    there.page.mouse.down()
    there.page.mouse.move(box["x"] + box["width"] - 14, middle, steps=4)
    there.page.mouse.up()
    there.shows("0", story.STEPS - 1)


def test_arrows_step_while_the_timeline_has_the_focus(visit: Visits) -> None:
    there = visit("#reel=0&t=3")
    there.page.focus("#timeline")
    there.press("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight")
    there.shows("0", 5)
    assert there.page.get_attribute("#timeline", "aria-valuenow") == "5"


def test_of_two_links_the_last_one_counts(visit: Visits) -> None:
    there = visit("#reel=0&t=3")
    there.page.evaluate("location.hash = '#reel=alone&t=5'; location.hash = '#reel=log&t=2'")
    there.shows("log", 2)
    there.page.wait_for_timeout(300)
    assert there.page.input_value("#episode") == "log"


def test_it_plays_to_the_end_and_stops(visit: Visits, story: ModuleType) -> None:
    there = visit()
    there.page.select_option("#speed", "60")
    there.press(" ")
    there.until("document.body.classList.contains('playing')")
    there.shows("0", story.STEPS - 1)
    there.until("!document.body.classList.contains('playing')")
    assert there.text("#play-word") == "Play"


def test_a_link_leads_to_its_moment_and_the_address_keeps_up(visit: Visits) -> None:
    there = visit("#reel=0&t=8&agent=1")
    there.shows("0", 8, 1)
    there.press(".", "2")
    there.shows("0", 9, 2)
    there.until("location.hash === '#reel=0&t=9&agent=2'")
    there.page.evaluate("location.hash = '#reel=alone&t=5'")
    there.shows("alone", 5, 2)


@pytest.mark.parametrize(
    ("place", "shown"),
    [("#reel=none&t=4", "0 4 "), ("#t=999&agent=77", "0 11 "), ("#reel=%00&t=-3", "0 0 "), ("#t=1e3", "0 0 ")],
)
def test_a_link_to_nowhere_shows_what_there_is(visit: Visits, place: str, shown: str) -> None:
    there = visit(place)
    assert there.page.evaluate("document.body.dataset.shown") == shown


def test_a_picked_agent_is_told_with_what_it_heard_and_whether_it_was_so(visit: Visits, story: ModuleType) -> None:
    there = visit(f"#reel=0&t=3&agent={story.GATHERER}")
    there.shows("0", 3, story.GATHERER)
    heard = there.text(".hearing")
    assert "crystal in the south-west" in heard
    assert "so it is" in heard
    assert "91" in heard
    assert "scout 0, kin 0.5" in heard
    there.page.evaluate(f"location.hash = '#reel=0&t=8&agent={story.GATHERER}'")
    there.shows("0", 8, story.GATHERER)
    assert "not so: resource location is SW" in there.text(".hearing")
    there.press(",")
    there.shows("0", 7, story.GATHERER)
    slots = there.page.locator(".hearing li")
    assert slots.count() == 2
    assert "phantom" in slots.nth(1).inner_text()
    assert "rival 2, stranger" in slots.nth(0).inner_text()


def test_its_own_eyes_see_only_what_it_saw(visit: Visits, story: ModuleType) -> None:
    there = visit(f"#reel=alone&t=3&agent={story.GATHERER}")
    before = there.pixels()
    there.press("v")
    there.until("document.getElementById('own').getAttribute('aria-pressed') === 'true'")
    there.page.wait_for_timeout(200)
    veiled = there.pixels()
    assert veiled != before
    there.press("v")
    there.page.wait_for_timeout(200)
    assert there.pixels() == before


def test_a_message_is_followed_from_its_block_to_those_who_hear_it(visit: Visits, story: ModuleType) -> None:
    there = visit("#reel=0&t=0")
    x, y = block(there, 3, story.SCOUT, story)
    there.page.mouse.click(x, y)
    there.shows("0", 3, story.SCOUT)
    assert there.text("#message-title") == "scout 0 at step 3"
    rows = there.page.locator("#message .listeners li")
    assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["gatherer 1", "rival 2"]
    assert "then stay, stay, stay, stay" in rows.nth(0).inner_text()
    assert "reward +1" in rows.nth(0).inner_text()
    there.page.click("#message-go")
    there.shows("0", 4, story.SCOUT)
    rows.nth(0).locator("button").click()
    there.shows("0", 4, story.GATHERER)
    there.press("Escape")
    there.page.wait_for_selector("#message", state="hidden")
    there.press("0", "n")
    there.shows("0", 7, story.SCOUT)
    there.press("b")
    there.shows("0", 2, story.SCOUT)


def test_a_finger_picks_messages_and_agents(visit: Visits, story: ModuleType) -> None:
    there = visit("#reel=alone&t=0", size="phone")
    box = there.page.locator("#timeline").bounding_box()
    plot = box["width"] - 52 - 8
    there.page.touchscreen.tap(box["x"] + 52 + plot * 3.5 / story.STEPS, box["y"] + 20 + 11)
    there.shows("alone", 3, story.SCOUT)
    assert there.text("#message-title") == "scout 0 at step 3"
    there.page.locator("#agents button").nth(2).tap()
    there.shows("alone", 3, story.RIVAL)


def block(there: Any, t: int, agent: int, story: ModuleType) -> tuple[float, float]:
    """Where an agent's block at a step lies on the timeline: below the axis, right of the names."""
    box = there.page.locator("#timeline").bounding_box()
    plot = box["width"] - 96 - 8
    return box["x"] + 96 + plot * (t + 0.5) / story.STEPS, box["y"] + 20 + 22 * (agent + 0.5)


def test_events_have_their_keys_and_their_words(visit: Visits) -> None:
    there = visit("#reel=0&t=0")
    for t in (3, 8, 9, 10):
        there.press("e")
        there.shows("0", t)
    assert "rival 2 gives to gatherer 1" in there.text("#tip")
    there.press("w", "w")
    there.shows("0", 8)
    assert "rival 2 steals from gatherer 1" in there.text("#tip")


def test_the_twin_stands_beside_it_and_differences_are_told(visit: Visits, story: ModuleType) -> None:
    there = visit(f"#reel=0&t=7&agent={story.GATHERER}")
    there.shows("0", 7, story.GATHERER)
    assert "all as in the twin" in there.text("#tip")
    there.press(".")
    there.shows("0", 8, story.GATHERER)
    assert "1 of 3 unlike the twin" in there.text("#tip")
    assert "stands 1 cell away" in there.text(".apart")


def test_a_twin_that_ends_earlier_gets_no_reward_after_its_end(
    visit: Visits, story: ModuleType, tmp_path: Path
) -> None:
    """Its last reward, -0.5 at step 9, counts once: at step 11 both have 1 - 0.5."""
    live, twin = story.told(), story.told(twin=True)
    length = {"length": np.array([10]), "kinship": twin.kinship}
    fields = {name: twin.table.fields[name] for name in ("seed", "episode", "bodies", "map", "intervention", "numbers")}
    columns = {name: column[:10] for name, column in story.columns(twin=True).items()}
    short = memory_recording(twin.attrs, fields | length, columns)
    path = write_replay(tmp_path / "replay.html", [reel_of(live, 0, twin=short, book=story.BOOK)], "made up")
    there = visit(f"#reel=0&t=11&agent={story.GATHERER}", path=path)
    there.shows("0", 11, story.GATHERER)
    assert "stands 1 cell away" in there.text(".apart")
    assert "reward" not in there.text(".apart")


def test_what_is_worth_seeing_is_listed_if_it_is_in_the_page(visit: Visits) -> None:
    there = visit()
    links = there.page.locator("#moments a")
    assert links.count() == 1
    assert "the rival takes a <crystal>" in links.inner_text()
    links.click()
    there.shows("0", 8, 2)
    there.press("Home", "m")
    there.shows("0", 0, 2)


def test_strangers_data_is_text_and_needs_no_map(visit: Visits) -> None:
    there = visit("#reel=log&t=2&agent=1")
    there.shows("log", 2, 1)
    assert "no map" in there.text("#map-note")
    assert "blue box" in there.text(".hearing")
    assert "colour: green" in there.text("#agent-body")
    there.press("3")
    there.shows("log", 2, 3)
    assert there.text("#agent-title") == "</script><b>di"
    assert there.page.locator("#agent-title b").count() == 0
    assert there.text("#run") == "made & up"
    there.press("v")
    assert "does not hold what agents see" in there.text("#toasts")


def test_the_map_is_zoomed_moved_and_picked_from(visit: Visits) -> None:
    there = visit("#reel=alone&t=0")
    box = there.page.locator("#canvas").bounding_box()
    whole = there.pixels()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    there.page.mouse.move(*middle)
    there.page.mouse.wheel(0, -300)
    there.page.mouse.wheel(0, -300)
    there.page.wait_for_timeout(250)
    near = there.pixels()
    assert near != whole
    there.page.mouse.down()
    there.page.mouse.move(middle[0] + 80, middle[1] + 60, steps=4)
    there.page.mouse.up()
    there.page.wait_for_timeout(250)
    assert there.pixels() != near
    there.press("-", "-", "-", "-", "-", "-")
    there.page.wait_for_timeout(300)
    assert there.pixels() == whole


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_sticks_out_or_overlaps(visit: Visits, size: str, dark: bool) -> None:
    there = visit("#reel=0&t=7&agent=1", size=size, dark=dark)
    there.press("n")
    wide = there.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    overlapping = there.page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll("button, select, #clock, #tip, h1, h2")].filter(
            (one) => one.offsetParent && !one.closest("dialog, .agents") && !one.matches(".unseen, .unseen *"));
          const boxes = shown.map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width > 1);
          const found = [];
          boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
            const beside = p.right <= q.left + 1 || q.right <= p.left + 1;
            const apart = beside || p.bottom <= q.top + 1 || q.bottom <= p.top + 1;
            if (!apart && !a.contains(b) && !b.contains(a) && !a.closest(".side") === !b.closest(".side"))
              found.push([a.id || a.textContent, b.id || b.textContent]);
          }));
          return found;
        }"""
    )
    assert overlapping == []


def test_the_help_lists_every_key_and_single_keys_can_be_turned_off(visit: Visits) -> None:
    there = visit("#reel=0&t=0")
    there.press("?")
    there.page.wait_for_selector("#help[open]")
    assert there.page.locator("#keys > div").count() >= 15
    there.page.uncheck("#single-keys")
    there.page.click("#help-close")
    there.press(".")
    there.page.wait_for_timeout(200)
    assert there.page.evaluate("document.body.dataset.shown") == "0 0 "


def test_a_page_without_episodes_or_with_two_of_one_name_is_refused(story: ModuleType, tmp_path: Path) -> None:
    reel = reel_of(story.told(), 0)
    with pytest.raises(DataError, match="needs an episode"):
        write_replay(tmp_path / "replay.html", [], "none")
    with pytest.raises(DataError, match="Two episodes"):
        write_replay(tmp_path / "replay.html", [reel, reel], "twice")
    assert not (tmp_path / "replay.html").exists()
