"""What the talk page survives: messages that make no sense, connections that break, names that are code."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

Visits = Callable[..., Any]


def test_errors_are_one_sentence_and_go_away(opened: Visits, canned: ModuleType) -> None:
    there = opened()
    page = there.page
    page.fill("#say", "crystal nowhere")
    page.press("#say", "Enter")
    expect(page.locator("#say-hint")).to_have_text(canned.NOWHERE)
    expect(page.locator("#say")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#toasts .toast")).to_have_count(0)
    there.tell({"type": "error", "sentence": "The disk is full.", "about": "save"})
    expect(page.locator("#toasts")).to_contain_text("The disk is full.")
    page.click("#toasts button")
    expect(page.locator("#toasts .toast")).to_have_count(0)
    page.fill("#say", "99")
    expect(page.locator("#say-hint")).to_have_text("There is no symbol 99: they go from 0 (silence) to 15.")
    page.fill("#say", "")
    page.press("#say", "Enter")
    expect(page.locator("#say-hint")).to_contain_text("Type a meaning")
    page.fill("#say-for", "0")
    page.click("#book button >> nth=0")
    expect(page.locator("#say-hint")).to_contain_text("whole number from 1 up")


MALFORMED = [
    "no JSON at all",
    "[]",
    "null",
    "7",
    "{}",
    '{"type": 3}',
    '{"type": "frame"}',
    '{"type": "frame", "live": null, "twin": 7}',
    '{"type": "hello", "agents": "many"}',
    '{"type": "episode", "map": {"height": 3, "width": 3, "grid": [[1]]}, "kinship": []}',
    '{"type": "lines", "lines": [{"n": "x"}]}',
    '{"type": "experiment", "line": -1}',
    '{"type": "constructor"}',
    '{"type": "__proto__"}',
    '{"type": "focus", "agent": 1, "window": "wide"}',
    '{"type": "error", "sentence": {"deep": 1}}',
]


def test_what_cannot_be_read_is_told_or_ignored_and_changes_nothing(opened: Visits) -> None:
    there = opened()
    for step, text in enumerate(MALFORMED, start=1):
        there.tell(text)
        there.page.keyboard.press(".")
        expect(there.page.locator("#clock")).to_have_text(f"step {step} of 64")
        expect(there.page.locator("#agent-title")).to_have_text("gatherer 1")
    expect(there.page.locator("#toasts .toast")).to_have_count(3)
    expect(there.page.locator("#toasts .toast").last).to_contain_text("cannot read")


def test_a_frame_of_other_agents_than_the_greeting_s_is_not_drawn(opened: Visits, canned: ModuleType) -> None:
    there = opened()
    frame = there.room.frame()
    there.tell({**frame, "t": 9, "differs": [99]}, {**frame, "t": 9, "drift": 3})
    for world in ("live", "twin"):
        frame[world]["agents"] = frame[world]["agents"][:2]
    there.tell({**frame, "t": 9}, {**frame, "t": 9})
    there.page.click("#step")
    expect(there.page.locator("#clock")).to_have_text("step 1 of 64")


def test_a_lost_connection_is_said_and_comes_back(opened: Visits) -> None:
    there = opened()
    page = there.page
    there.page.click("#step")
    there.sockets[-1].close(code=1001)
    expect(page.locator("#lost")).to_contain_text("The connection to commlab talk is lost; trying again …")
    expect(page.locator("#link")).to_have_text("connected")  # half a second later
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#clock")).to_have_text("step 1 of 64")
    assert len(there.sockets) == 2
    page.click("#step")
    expect(page.locator("#clock")).to_have_text("step 2 of 64")


def test_while_there_is_no_server_nothing_can_be_said(opened: Visits) -> None:
    there = opened()
    page = there.page
    there.refuse = True
    there.sockets[-1].close(code=1001)
    expect(page.locator("#link")).to_have_text("not connected")
    expect(page.locator("#play")).to_be_disabled()
    page.click("#book button >> nth=0")
    expect(page.locator("#toasts")).to_contain_text("There is no connection to commlab talk now, so that was not sent.")
    there.refuse = False
    expect(page.locator("#link")).to_have_text("connected")


@pytest.mark.parametrize(("code", "words"), [(4401, "has no token"), (4403, "does not let this address in")])
def test_it_does_not_knock_where_it_is_refused(opened: Visits, code: int, words: str) -> None:
    there = opened()
    there.sockets[-1].close(code=code)
    expect(there.page.locator("#lost")).to_contain_text(words)
    there.page.wait_for_timeout(900)
    assert len(there.sockets) == 1


def test_a_new_lexicon_is_taken_while_the_page_is_open(opened: Visits, canned: ModuleType) -> None:
    there = opened()
    page = there.page
    note = "The lexicon is being made from the run's recording …"
    there.tell(canned.hello(phrasebook=[], phrasebook_note=note))
    expect(page.locator("#book-note")).to_have_text(note)
    expect(page.locator("#book li")).to_have_count(16)  # raw symbols, meanwhile
    page.fill("#say", "north")
    there.tell(canned.hello())
    expect(page.locator("#book li")).to_have_count(9)
    expect(page.locator("#say")).to_have_value("north")
    expect(page.locator("#book-note")).to_be_hidden()


def test_names_are_text_and_never_html(opened: Visits, canned: ModuleType) -> None:
    evil = "<img src=x onerror=window.hit=1><b>bold</b>"
    there = opened()
    page = there.page
    agents = [{**agent, "name": evil, "body": evil} for agent in canned.hello()["agents"]]
    book = [{**canned.phrase(1), "phrase": evil, "sentence": evil}]
    greeting = {"run": evil, "title": evil, "phrasebook_note": evil, "talks": [evil]}
    there.tell(canned.hello(agents=agents, phrasebook=book, **greeting), canned.episode())
    there.tell({"type": "error", "sentence": evil}, there.room.frame(), there.room.attention())
    note = {"n": 0, "t": 0, "kind": "note", "sentence": evil}
    words = {"symbols": [1], "words": evil, "who": evil, "to": evil, "for": 1}
    there.tell(canned.lines([note, {**note, "n": 1, "kind": "person", "can_experiment": True, **words}]))
    found = {"estimate": 1, "interval": [0, 2], "unit": evil, "p_value": 0.5, "n": 3, "path": evil}
    there.tell({"type": "experiment", "line": 1, "state": "done", "sentence": evil, **found})
    expect(page.locator("#lines .experiment")).to_contain_text(evil)
    expect(page.locator("#toasts")).to_contain_text(evil)
    expect(page.locator("#run")).to_contain_text(evil)
    assert page.evaluate("window.hit") is None
    assert page.locator("img, #lines b b").count() == 0
