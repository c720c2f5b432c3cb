"""A browser for the talk page: Debian's Chromium, and a room that answers as the server would, without a server."""

from __future__ import annotations

import json
import mimetypes
import os
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHROMIUM = os.environ.get("COMMLAB_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MUST_RUN = "COMMLAB_NEEDS_CHROMIUM"  # set where a missing browser is an error and no reason to skip
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws://talk.test; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ADDRESS = "http://talk.test/"


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def canned(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """tests/talk/page/canned.py: the messages of a server, made up."""
    return module_at("canned_talk", Path(__file__).with_name("canned.py"))


class Visit:
    """A page that is open, the room behind it, and what went wrong in it."""

    def __init__(self, page: Any, room: Any) -> None:
        self.page, self.room = page, room
        self.sockets: list[Any] = []
        self.faults: list[str] = []
        self.refuse = False
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type in {"error", "warning"} else None)

    def connect(self, socket: Any) -> None:
        """Answers a connection as the server would."""
        if self.refuse:
            socket.close(code=1001)
            return
        self.sockets.append(socket)
        for message in self.room.begin():
            socket.send(json.dumps(message))
        socket.on_message(lambda text: self.tell(*self.room.answer(json.loads(text))))

    def tell(self, *messages: Any) -> None:
        """Sends messages, or a string as it is, to the page."""
        for message in messages:
            self.sockets[-1].send(message if isinstance(message, str) else json.dumps(message))

    def sent(self, kind: str) -> list[Any]:
        """The page's messages of a type."""
        return [message for message in self.room.got if message["type"] == kind]


@pytest.fixture
def visit(browser: Any, canned: ModuleType) -> Iterator[Callable[..., Visit]]:
    """Opens the page as visit(width=1280, height=800, colour_scheme="light", room=None); at the end nothing may have gone wrong in it."""
    visits: list[Visit] = []

    def go(width: int = 1280, height: int = 800, colour_scheme: str = "light", room: Any = None, scale: float = 1.0) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colour_scheme, device_scale_factor=scale)
        page = context.new_page()
        page.set_default_timeout(10_000)
        there = Visit(page, room or canned.Room())
        visits.append(there)
        page.route(f"{ADDRESS}**", serve)
        page.route_web_socket("ws://talk.test/ws", there.connect)
        page.goto(ADDRESS)
        return there

    yield go
    for there in visits:
        there.page.context.close()
    assert [fault for there in visits for fault in there.faults] == []


def serve(route: Any) -> None:
    """Answers a request with a file of the page, under the server's policy."""
    path = route.request.url.removeprefix(ADDRESS) or "static/index.html"
    folder, _, name = path.partition("/")
    package = {"static": ("talk", "static"), "page": ("page",)}[folder]
    body = resources.files("commlab").joinpath(*package, name).read_bytes()
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    route.fulfill(body=body, headers={"content-type": kind, "content-security-policy": POLICY})
