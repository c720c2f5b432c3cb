"""The guard at the door: who may look at the page and open a websocket, and what the page may do.

A page of another origin must not speak with the agents (origin), nor reach the server by a name that it makes point
here (host: DNS rebinding). Beyond loopback, a token is asked for as well.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commlab.foundation.errors import DataError

__all__ = ["AUTO", "LOOPBACK", "Guard", "Place", "check_place", "make_token"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
AUTO = "auto"
SHORTEST = 16  # letters of a token
NO_TOKEN, WRONG_ORIGIN = 4401, 4403  # websocket close codes
_WILD = ("0.0.0.0", "::")


class Place(NamedTuple):
    """Where the server listens."""

    host: str  # a name or a number
    port: int
    token: str | None = None

    @property
    def url(self) -> str:
        """What to open in a browser on this machine, with the token."""
        return self.url_of("127.0.0.1" if self.host in _WILD else self.host)

    @property
    def far_url(self) -> str | None:
        """What to open on another machine, None where none is let in."""
        if self.host in LOOPBACK:
            return None
        return self.url_of(socket.gethostname() if self.host in _WILD else self.host)

    @property
    def names(self) -> frozenset[str]:
        """What the server may be called, beside numbers where it listens everywhere."""
        mine = socket.gethostname().lower()
        return frozenset((*LOOPBACK, self.host.lower(), *((mine, f"{mine}.local") if self.host in _WILD else ())))

    def url_of(self, name: str) -> str:
        """Return the address by a name."""
        shown = f"[{name}]" if ":" in name else name
        return f"http://{shown}:{self.port}/{f'?token={quote(self.token)}' if self.token else ''}"


def make_token(asked: str | None) -> str | None:
    """Return the token that is asked for; `auto` makes one. Raises DataError for one that is soon guessed."""
    if asked == AUTO:
        return secrets.token_urlsafe(24)
    if asked is not None and (len(asked) < SHORTEST or not asked.isascii() or not asked.isprintable()):
        raise DataError(f"--token has {SHORTEST} plain letters or more, or is `auto`, which makes one.")
    return asked


def check_place(host: str, token: str | None) -> None:
    """Raise DataError where others could come in without a token."""
    if host not in LOOPBACK and token is None:
        raise DataError(
            f"--host {host} lets other machines in: give --token auto as well, or leave --host out to stay on this one."
        )


class Guard:
    """An ASGI app around another one, that lets in whom it may."""

    def __init__(self, app: ASGIApp, place: Place) -> None:
        """Guard an app at a place."""
        self.app, self.place, self.names = app, place, place.names
        self.cookie = f"commlab-talk-{place.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or turn it away."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a page through, with the headers that keep it in."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers(scope)]
            await send(message)

        answer = self._turned_away(scope) or self._with_cookie(scope)
        await (answer or self.app)(scope, receive, send_guarded)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a websocket through. Those turned away are told by a close code, which their page can read."""
        if not self._known_host(scope) or not self._own_origin(scope):
            code = WRONG_ORIGIN
        elif not self._has_token(scope):
            code = NO_TOKEN
        else:
            await self.app(scope, receive, send)
            return
        await receive()
        if code == NO_TOKEN:
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": code})

    def _turned_away(self, scope: Scope) -> Response | None:
        """Return the answer to those who may not come in."""
        if not self._known_host(scope):
            return PlainTextResponse("This server does not go by that name.\n", 403)
        if not self._own_origin(scope):
            return PlainTextResponse("Other sites may not look in here.\n", 403)
        if not self._has_token(scope):
            return PlainTextResponse("Open the address with the token that `commlab talk` printed.\n", 401)
        return None

    def _with_cookie(self, scope: Scope) -> Response | None:
        """Return the answer to an address with the token: a cookie instead, so that the address does not keep it."""
        if self.place.token is None or scope["path"] != "/" or not query_token(scope):
            return None
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.cookie, self.place.token, httponly=True, samesite="strict", path="/")
        return answer

    def _known_host(self, scope: Scope) -> bool:
        """Return whether the server is called by a name of its own; behind a wildcard, by any number."""
        given = header(scope, b"host")
        try:
            parts = urlsplit(f"//{given}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if (port or 80) != self.place.port:
            return False
        return name in self.names or (self.place.host in _WILD and is_address(name))

    def _own_origin(self, scope: Scope) -> bool:
        """Return whether a request comes from the page itself, or from no page at all."""
        origin = header(scope, b"origin")
        return not origin or origin == f"http://{header(scope, b'host')}"

    def _has_token(self, scope: Scope) -> bool:
        """Return whether a request has the token, if there is one; compared in constant time."""
        if self.place.token is None:
            return True
        given = query_token(scope) or self._cookie_token(scope)
        return hmac.compare_digest(given.encode(), self.place.token.encode())

    def _cookie_token(self, scope: Scope) -> str:
        """Return the token in the cookie."""
        try:
            found = SimpleCookie(header(scope, b"cookie")).get(self.cookie)
        except CookieError:
            return ""
        return found.value if found is not None else ""

    def _headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Return the headers that keep a page in."""
        host = header(scope, b"host") if self._known_host(scope) else "127.0.0.1"
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return [
            (b"content-security-policy", policy.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"x-frame-options", b"DENY"),
        ]


def header(scope: Scope, name: bytes) -> str:
    """Return a header, empty where there is none; of several, none."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def query_token(scope: Scope) -> str:
    """Return the token in an address."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])
    return given[0] if len(given) == 1 else ""


def is_address(name: str) -> bool:
    """Return whether a name is a number, which no other site can make point here."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
