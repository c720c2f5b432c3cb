"""A conversation on the talk page, click by click, with a room that answers as the server would."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

Visits = Callable[..., Any]


def test_it_shows_the_world_and_greets(opened: Visits) -> None:
    there = opened()
    page = there.page
    expect(page.locator("#run")).to_have_text("sample · Rivals, two families on one channel")
    expect(page.locator("#clock")).to_have_text("step 0 of 64")
    expect(page.locator("#drift")).to_have_text("Both worlds are the same so far.")
    expect(page.locator("#agent-title")).to_have_text("gatherer 1")
    expect(page.locator("#book li")).to_have_count(9)
    assert len(there.pixels()) > 20_000


def test_time_goes_by_buttons(opened: Visits) -> None:
    there = opened()
    page = there.page
    page.click("#step")
    expect(page.locator("#clock")).to_have_text("step 1 of 64")
    page.click("#play")
    expect(page.locator("#play")).to_have_text(re.compile("Pause"))
    page.click("#play")
    expect(page.locator("#play")).to_have_text(re.compile("Play"))
    page.locator("#speed").fill("30")
    expect(page.locator("#speed-word")).to_have_text("30 steps/s")
    assert [message["value"] for message in there.sent("speed")] == [30]
    page.click("#next")
    expect(page.locator("#episode")).to_have_value("1")
    page.fill("#episode", "7")
    page.press("#episode", "Enter")
    expect(page.locator("#clock")).to_have_text("step 0 of 64")
    assert there.sent("restart")[-1] == {"type": "restart", "episode": 7}


def test_agents_are_picked_by_button_and_on_the_map(opened: Visits) -> None:
    there = opened()
    page = there.page
    page.click("#agents button >> nth=2")
    expect(page.locator("#agent-title")).to_have_text("scout 2")
    expect(page.locator("#agents button >> nth=3")).to_have_class(re.compile("kin"))
    expect(page.locator("#agents button >> nth=0")).to_have_class(re.compile("stranger"))
    box = page.locator("#canvas").bounding_box()
    for right in range(20, int(box["width"]), 8):  # gatherer 3 stands in the second row of cells from the top
        page.mouse.move(box["x"] + right, box["y"] + 80)
        if "over" in (page.locator("#canvas").get_attribute("class") or ""):
            break
    assert page.locator("#canvas").get_attribute("title") == "gatherer 3"
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#agent-title")).to_have_text("gatherer 3")
    assert there.sent("focus")[-1] == {"type": "focus", "agent": 3}


def test_the_panel_tells_what_an_agent_knows(opened: Visits) -> None:
    page = opened().page
    panel = page.locator("#agent-body")
    expect(panel).to_contain_text("sees 1 cell around it · hears everywhere · kin of 0")
    expect(panel).to_contain_text("50 / 100 J")
    expect(panel.locator(".sight canvas")).to_have_attribute("aria-label", re.compile("It sees"))
    expect(panel.locator(".slots li").first).to_contain_text("79\u00a0% · scout 0, kin 1")
    expect(panel.locator(".slots li").nth(1)).to_contain_text("scout 2, stranger")
    expect(panel.locator(".probe").first).to_contain_text("crystal in the east")
    expect(panel.locator(".probe").first).to_contain_text("chance 13\u00a0%")
    expect(panel.locator(".plan").first).to_contain_text("east90\u00a0%")


def test_a_meaning_is_said_heard_and_makes_a_difference(opened: Visits) -> None:
    there = opened()
    page = there.page
    before = there.pixels()
    page.fill("#say", "crystal in the north")
    expect(page.locator("#say-hint")).to_have_text("Will be said as 1, 91\u00a0%.")
    page.click("#speak button")
    expect(page.locator(".slots .injected")).to_contain_text("crystal in the north91\u00a0% · phantom, kin 1")
    said = {"type": "say", "as": "phantom", "to": "all", "for": 12, "meaning": "crystal in the north", "kinship": 1}
    assert there.sent("say") == [said]
    page.click("#step")
    drift = "1 of 4 agents differs from the twin, 2 cells apart in all · since step 1 · reward 1, twin 2"
    expect(page.locator("#drift")).to_have_text(drift)
    expect(page.locator("#agents button >> nth=1")).to_have_class(re.compile("differs"))
    expect(page.locator(".apart")).to_contain_text("In the twin it stands 1 cell away, did east.")
    assert there.pixels() != before
    line = page.locator("#lines .person")
    expect(line).to_contain_text("crystal in the north 91\u00a0%")
    expect(line).to_contain_text("to everyone, as kin, for 12 steps")
    page.click("#step")
    expect(page.locator("#lines .answer")).to_contain_text("in the twin it says 3, crystal in the east")


def test_words_go_to_whom_the_form_says(opened: Visits) -> None:
    there = opened()
    page = there.page
    page.select_option("#say-as", label="scout 0")
    expect(page.locator("#say-kinship")).to_be_disabled()
    page.select_option("#say-to", label="family 1")
    page.fill("#say-for", "3")
    page.check("#say-alone")
    page.fill("#say", " 5 ")
    expect(page.locator("#say-hint")).to_have_text("5: crystal in the south, 67\u00a0%")
    page.press("#say", "Enter")
    page.select_option("#say-to", label="gatherer 3")
    page.select_option("#say-as", label="a phantom")
    page.select_option("#say-kinship", label="stranger, 0")
    page.click("#book button >> nth=1")
    expect(page.locator("#lines .person")).to_have_count(2)
    assert there.sent("say") == [
        {"type": "say", "as": 0, "to": "family:1", "for": 3, "symbols": [5], "alone": True},
        {"type": "say", "as": "phantom", "to": 3, "for": 3, "symbols": [2], "kinship": 0, "alone": True},
    ]


def test_the_phrasebook_is_searched(opened: Visits) -> None:
    there = opened()
    page = there.page
    page.fill("#search", "south-east")
    expect(page.locator("#book li:visible")).to_have_count(1)
    page.press("#search", "Enter")
    expect(page.locator("#lines .person")).to_contain_text("crystal in the south-east")
    page.fill("#search", "no such thing")
    expect(page.locator("#book li:visible")).to_have_count(0)
    page.press("#search", "Escape")
    expect(page.locator("#book li:visible")).to_have_count(9)


def test_a_line_becomes_an_experiment(opened: Visits) -> None:
    there = opened()
    page = there.page
    page.click("#book button >> nth=0")
    page.click("text=Make it an experiment")
    finding = page.locator("#lines .experiment")
    expect(finding).to_contain_text("came 2.1 cells closer")
    expect(finding).to_contain_text("−2.1 cells · 95 % interval −2.6 to −1.7 · p = 0.005 · n = 512 episodes")
    expect(finding.locator("svg")).to_be_visible()
    expect(finding).to_contain_text("results/talk-1.json")
    assert there.sent("experiment") == [{"type": "experiment", "line": 0}]
    there.tell({"type": "experiment", "line": 0, "state": "running", "done": 0.25, "sentence": None})
    expect(finding).to_contain_text("25 %")
    expect(page.locator("button.try")).to_be_disabled()
    there.tell({"type": "experiment", "line": 0, "state": "failed", "sentence": "Too few episodes."})
    expect(finding).to_have_text("Too few episodes.")
    expect(page.locator("button.try")).to_be_enabled()


def test_a_conversation_is_saved_and_replayed(opened: Visits) -> None:
    there = opened()
    page = there.page
    page.click("#book button >> nth=0")
    expect(page.locator("#lines .person")).to_have_count(1)
    page.click("#next")  # nothing is forgotten that is not saved, unless it is pressed twice
    expect(page.locator("#next")).to_have_text("Forget 1 line?")
    assert there.sent("restart") == []
    page.click("#save")
    expect(page.locator("#toasts")).to_contain_text("Saved as “second words”.")
    expect(page.locator("#replay option")).to_have_count(3)
    page.select_option("#replay", "second words")
    expect(page.locator("#toasts")).to_contain_text("identical in all 40 steps")
    page.click("#next")
    expect(page.locator("#episode")).to_have_value("1")
    expect(page.locator("#lines li")).to_have_count(0)
