"""The talk page and the real server: the sample's agents, spoken with in a browser."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commlab.commands.runs import checkpoint_of
from commlab.foundation.run import SAMPLE, RunFolder
from commlab.talk.conversation import Conversation
from commlab.talk.knowledge import learn_language
from commlab.talk.protocol import Experiment
from commlab.talk.room import Room
from commlab.talk.server import Server, listen
from commlab.talk.trial import Trier

expect = pytest.importorskip("playwright.sync_api").expect

QUICK = 96  # episodes of an experiment, for a test


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A copy of the run that ships with the package."""
    folder = tmp_path_factory.mktemp("talk") / "sample"
    shutil.copytree(SAMPLE, folder)
    return RunFolder(folder)


@pytest.fixture
def served(browser: Any, run: RunFolder) -> Iterator[str]:
    """The address of a server with a conversation in its first step."""
    agents = checkpoint_of(run)
    trier = Trier(run, agents)

    def quick(line: dict[str, Any], wish: Experiment, *more: Any) -> dict[str, Any]:
        return trier(line, wish.model_copy(update={"episodes": QUICK}), *more)

    room = Room(Conversation(run.path, agents, *learn_language(run, agents)), quick)
    server = Server(room, listen("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.place.url
    server.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_conversation_from_hello_to_p_value(pages: Callable[..., Any], served: str, run: RunFolder) -> None:
    there = pages()
    page = there.page
    page.goto(served)
    expect(page.locator("#clock")).to_have_text("step 0 of 64")
    expect(page.locator("#run")).to_have_text("sample · Lookout, the first words")
    assert page.locator("#book .phrase:not(.unknown)").count() >= 6
    expect(page.locator("#agent-title")).to_have_text("gatherer 1")

    page.click("#step")
    expect(page.locator("#clock")).to_have_text("step 1 of 64")
    expect(page.locator(".slots li .words").first).to_contain_text("crystal in the")
    heard = page.locator(".slots li .symbols").first.inner_text()

    other = page.locator(f"#book li:has(.phrase:not(.unknown)):not(:has(.symbols:text-is('{heard}')))").last
    symbols, phrase = other.locator(".symbols").inner_text(), other.locator(".phrase").inner_text()
    page.fill("#say", symbols)
    expect(page.locator("#say-hint")).to_contain_text(phrase)
    page.press("#say", "Enter")
    expect(page.locator(".slots .injected")).to_contain_text(phrase)  # heard at once, and in the next step
    expect(page.locator("#lines .person")).to_contain_text(phrase)
    page.keyboard.press("Escape")
    page.keyboard.press(".")
    expect(page.locator(".slots .injected")).to_contain_text("phantom, kin 1")
    for step in range(3, 9):
        page.keyboard.press(".")
        expect(page.locator("#clock")).to_have_text(f"step {step} of 64")
    expect(page.locator("#drift")).to_contain_text("since step")
    expect(page.locator("#drift")).to_contain_text("reward")

    page.click("text=Make it an experiment")
    facts = page.locator("#lines .experiment .facts")
    expect(facts).to_contain_text(re.compile(r"95 % interval .* p .* n = \d+ episodes"), timeout=60_000)
    saved = page.locator("#lines .experiment .path").inner_text()
    n_episodes = json.loads(Path(saved).read_text())["n_episodes"]
    assert 0 < n_episodes <= QUICK
    expect(facts).to_contain_text(f"n = {n_episodes} episodes")
    assert run.path in Path(saved).parents


def test_a_talk_is_saved_found_after_a_reload_and_replayed(pages: Callable[..., Any], served: str) -> None:
    page = pages().page
    page.goto(served)
    expect(page.locator("#clock")).to_have_text("step 0 of 64")
    page.locator("#book li button").nth(1).click()
    expect(page.locator("#lines .person")).to_have_count(1)
    page.keyboard.press("Escape")
    for step in range(1, 5):
        page.keyboard.press(".")
        expect(page.locator("#clock")).to_have_text(f"step {step} of 64")
    page.keyboard.press("s")
    expect(page.locator("#toasts")).to_contain_text("Saved as")
    page.reload()
    expect(page.locator("#clock")).to_have_text("step 4 of 64")
    expect(page.locator("#lines .person")).to_have_count(1)
    page.select_option("#replay", index=1)
    expect(page.locator("#drift")).to_contain_text("Replay of")
    page.locator("#speed").fill("60")  # a replay plays by itself
    expect(page.locator("#toasts")).to_contain_text("identical", timeout=20_000)


def test_two_people_see_one_world(pages: Callable[..., Any], served: str) -> None:
    one, two = pages().page, pages().page
    for page in (one, two):
        page.goto(served)
        expect(page.locator("#clock")).to_have_text("step 0 of 64")
    one.click("#play")
    expect(two.locator("#play")).to_have_text(re.compile("Pause"))
    two.keyboard.press("0")
    expect(two.locator("#agent-title")).to_have_text("scout 0")
    expect(one.locator("#agent-title")).to_have_text("gatherer 1")
    two.click("#play")
    expect(one.locator("#play")).to_have_text(re.compile("Play"))
    two.fill("#say", "crystal on the moon")
    two.press("#say", "Enter")
    expect(two.locator("#say-hint")).to_contain_text("the nearest that they have are")
    expect(one.locator("#toasts .toast")).to_have_count(0)


def test_the_page_says_so_when_the_server_ends(pages: Callable[..., Any], browser: Any, run: RunFolder) -> None:
    agents = checkpoint_of(run)
    server = Server(Room(Conversation(run.path, agents, *learn_language(run, agents))), listen("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    there = pages()
    there.page.goto(server.place.url)
    expect(there.page.locator("#link")).to_have_text("connected")
    server.stop()
    thread.join(10)
    expect(there.page.locator("#lost")).to_contain_text("The connection to commlab talk is lost")
    expect(there.page.locator("#play")).to_be_disabled()
    there.page.goto("about:blank")
    there.faults.clear()  # the browser tells every try to connect
