"""A browser for the talk page: Debian's Chromium, and a room that answers as the server would, without a server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="session")
def canned(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """tests/talk/page/canned.py: the messages of a server, made up."""
    return module_at("canned_talk", Path(__file__).with_name("canned.py"))


class Files(SimpleHTTPRequestHandler):
    """Serves the page's files as the talk server does, under its policy."""

    protocol_version = "HTTP/1.1"  # connections stay open

    def translate_path(self, path: str) -> str:
        """Return the file of a path."""
        folder, _, name = path.partition("?")[0].lstrip("/").partition("/")
        package = {"": "talk/static", "static": "talk/static", "page": "page"}.get(folder, "nowhere")
        return str(resources.files("commlab").joinpath(*package.split("/"), name or "index.html"))

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("content-security-policy", POLICY.format(host=self.headers["host"]))
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the page's files are served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


SETTLED = """async () => {
  for (let drawn = -1; drawn !== frameTimes.length;) {
    drawn = frameTimes.length;
    await new Promise((next) => setTimeout(next, 250));
  }
}"""


class Visit:
    """A page that is open, the room behind it, and what went wrong in it."""

    def __init__(self, page: Any, room: Any = None) -> None:
        self.page, self.room = page, room
        self.sockets: list[Any] = []
        self.faults: list[str] = []
        self.refuse = False
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type in {"error", "warning"} else None)

    def connect(self, socket: Any) -> None:
        """Answers a connection as the server would."""
        if self.refuse:
            socket.close(code=1001)
            return
        self.sockets.append(socket)
        socket.on_message(lambda text: self.tell(*self.room.answer(json.loads(text))))
        self.tell(*self.room.begin())

    def tell(self, *messages: Any) -> None:
        """Sends messages, or a string as it is, to the page."""
        for message in messages:
            self.sockets[-1].send(message if isinstance(message, str) else json.dumps(message))

    def settle(self) -> None:
        """Waits until nothing moves any more."""
        self.page.evaluate(SETTLED)

    def pixels(self) -> str:
        """What is on the canvas, once nothing moves any more."""
        self.settle()
        return str(self.page.evaluate("document.getElementById('canvas').toDataURL()"))

    def sent(self, kind: str) -> list[Any]:
        """The page's messages of a type."""
        return [message for message in self.room.got if message["type"] == kind]


@pytest.fixture(scope="module")
def context_for(browser: Any) -> Iterator[Callable[..., Any]]:
    """Browser contexts by what they are like, kept, so that files are loaded once."""
    kept: dict[tuple[Any, ...], Any] = {}

    def get(width: int, height: int, scale: float, colour_scheme: str) -> Any:
        key = (width, height, scale, colour_scheme)
        if key not in kept:
            size = {"width": width, "height": height}
            kept[key] = browser.new_context(viewport=size, color_scheme=colour_scheme, device_scale_factor=scale)
        return kept[key]

    yield get
    for context in kept.values():
        context.close()


@pytest.fixture
def pages(context_for: Callable[..., Any]) -> Iterator[Callable[..., Visit]]:
    """Opens empty pages, as pages(room, width, height, scale, colour_scheme); nothing may go wrong in them."""
    visits: list[Visit] = []

    def new(
        room: Any = None, width: int = 1280, height: int = 800, scale: float = 1.0, colour_scheme: str = "light"
    ) -> Visit:
        visits.append(Visit(context_for(width, height, scale, colour_scheme).new_page(), room))
        return visits[-1]

    yield new
    for there in visits:
        there.page.close()
    assert [fault for there in visits for fault in there.faults] == []


@pytest.fixture
def visit(pages: Callable[..., Visit], address: str, canned: ModuleType) -> Callable[..., Visit]:
    """Opens the talk page before a room that answers: visit(**what pages takes)."""

    def go(**options: Any) -> Visit:
        there = pages(canned.Room(), **options)
        there.page.route_web_socket("**/ws", there.connect)
        there.page.goto(address)
        return there

    return go


@pytest.fixture
def opened(visit: Callable[..., Visit]) -> Callable[..., Visit]:
    """The same, once the world is drawn."""

    def go(**options: Any) -> Visit:
        there = visit(**options)
        there.page.wait_for_selector("#waiting", state="hidden")
        there.page.wait_for_selector("#agents button")
        return there

    return go
