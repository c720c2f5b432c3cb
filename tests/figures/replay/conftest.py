"""A browser for replays that are opened from the disk, and made-up episodes to show in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.figures.replay import reel_of, write_replay
from commlab.foundation.moments import Moment

SIZES = {"desk": (1280, 800), "phone": (390, 844)}


@pytest.fixture(scope="session")
def story(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """tests/figures/replay/story.py: episodes made up."""
    return module_at("replay_story", Path(__file__).with_name("story.py"))


@pytest.fixture(scope="session")
def page_path(story: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A replay of the story with its twin, the twin alone, and an imported log."""
    path = tmp_path_factory.mktemp("replay") / "replay.html"
    live, twin = story.told(), story.told(twin=True)
    reels = [
        reel_of(live, 0, twin=twin, book=story.BOOK, title="The story"),
        reel_of(twin, 0, id="alone", title="Its twin alone"),
        reel_of(story.imported(), 0, id="log", title="A <i>log</i>"),
    ]
    moments = [
        Moment(0, 8, (2,), "the rival takes a <crystal>", "recording.h5"),
        Moment(99, 8, (2,), "an episode that is not here", "recording.h5"),
    ]
    return write_replay(path, reels, "made & up", moments)


class Visit:
    """A replay that is open, and what went wrong in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.faults: list[str] = []
        self.asked: list[str] = []
        page.set_default_timeout(8_000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("request", lambda request: self.asked.append(request.url))

    def shows(self, reel: str, t: int, agent: int | None = None) -> None:
        """Waits until that moment is shown."""
        wanted = f"{reel} {t} {'' if agent is None else agent}"
        self.page.wait_for_selector(f'body[data-shown="{wanted}"]', state="attached")

    def until(self, expression: str) -> None:
        """Waits until an expression holds; the page's policy lets no one poll from inside."""
        for _ in range(80):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"It never came that {expression}.")

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        """What stands in an element."""
        return str(self.page.locator(selector).inner_text())

    def pixels(self) -> str:
        """What is on the canvas."""
        return str(self.page.evaluate("document.getElementById('canvas').toDataURL()"))


@pytest.fixture
def visit(browser: Any, page_path: Path) -> Iterator[Callable[..., Visit]]:
    """Opens the replay from the disk: visit(hash="", size="desk", dark=False); nothing may go wrong in it."""
    visits: list[Visit] = []

    def go(place: str = "", size: str = "desk", dark: bool = False, path: Path | None = None) -> Visit:
        width, height = SIZES[size]
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=size == "phone",
        )
        visits.append(Visit(page))
        page.goto((path or page_path).as_uri() + place)
        page.wait_for_selector("body[data-shown]", state="attached")
        return visits[-1]

    yield go
    for there in visits:
        there.page.close()
    assert [fault for there in visits for fault in there.faults] == []
