"""The door: who may come in, what files there are, and what a page may do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from commlab.foundation.errors import CommlabError
from commlab.talk.conversation import Conversation
from commlab.talk.guard import Place, check_place, make_token
from commlab.talk.server import Server, listen

WAIT = 60.0  # seconds, on a busy machine
TOKEN = "a-token-that-nobody-guesses"


def ask(server: Server, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request, with the path as it is given."""
    connection = HTTPConnection("127.0.0.1", server.place.port, timeout=WAIT)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


@asynccontextmanager
async def page(server: Server, **given: Any) -> AsyncIterator[ClientConnection]:
    """A client."""
    address = f"ws://127.0.0.1:{server.place.port}/ws"
    async with connect(address, max_size=None, close_timeout=1, **given) as client:
        yield client


def test_the_page_comes_with_headers_that_keep_it_in(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    with serving(planted_talk) as server:
        status, headers, body = ask(server)
        assert status == 200
        assert b"<html" in body
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
        assert ask(server, "/static/index.html")[0] == 200
        assert ask(server, "/", "POST")[0] == 405


def test_no_other_file_is_served(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    paths = [
        "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static//etc/passwd",
        "/page/../cli.py", "/static/%2fetc%2fpasswd", "/../../../../etc/passwd", "/static/", "/static", "/page/",
        "/talk", "/static/\\..\\x.js", "/static/..%5c..%5cx.js", "/static/%00.js", "/docs", "/openapi.json",
        "/static/../../../../../../etc/hostname.js",
    ]  # fmt: skip
    with serving(planted_talk) as server:
        for path in paths:
            status, headers, body = ask(server, path)
            assert status in (307, 400, 404), (path, status)
            assert b"root:" not in body
            if status == 307:
                assert headers["location"].endswith("/static/")


def test_other_names_and_other_sites_are_turned_away(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def knock(server: Server) -> None:
        for given in (
            {"origin": "http://evil.example"},
            {"origin": f"http://127.0.0.1:{server.place.port + 1}"},
            {"origin": "null"},
            {"additional_headers": {"Host": f"evil.example:{server.place.port}"}},
        ):
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with page(server, **given) as client:
                    await client.recv()
        async with page(server, origin=f"http://127.0.0.1:{server.place.port}") as client:
            assert json.loads(await client.recv())["type"] == "hello"

    with serving(planted_talk) as server:
        port = server.place.port
        for host in (
            f"evil.example:{port}",
            "127.0.0.1",
            f"127.0.0.1:{port + 1}",
            f"127.0.0.1.evil.example:{port}",
            "",
            "a b:x",
        ):
            assert ask(server, Host=host)[0] in (400, 403), host
        assert ask(server, Host=f"localhost:{port}")[0] == 200
        assert ask(server, Origin="http://evil.example")[0] == 403
        assert ask(server, "/static/index.html", Host=f"evil.example:{port}")[0] == 403
        asyncio.run(knock(server))


def test_a_token_is_asked_for_everywhere(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def knock(server: Server, cookie: str) -> None:
        for given in ({}, {"additional_headers": {"Cookie": cookie + "x"}}):
            async with page(server, **given) as client:
                with pytest.raises(ConnectionClosed):
                    await client.recv()
                assert client.close_code == 4401
        async with page(server, additional_headers={"Cookie": cookie}) as client:
            assert json.loads(await client.recv())["type"] == "hello"
        async with connect(f"ws://127.0.0.1:{server.place.port}/ws?token={TOKEN}") as client:
            assert json.loads(await client.recv())["type"] == "hello"

    with serving(planted_talk, TOKEN) as server:
        assert server.place.url.endswith(f"/?token={TOKEN}")
        for path in (
            "/",
            "/?token=",
            "/?token=wrong",
            f"/?token={TOKEN}x",
            "/static/index.html",
            f"/?token={TOKEN}&token=x",
        ):
            assert ask(server, path)[0] == 401, path
        status, headers, _ = ask(server, f"/?token={TOKEN}")
        assert (status, headers["location"]) == (303, "/")
        given = headers["set-cookie"].lower()
        assert "httponly" in given
        assert "samesite=strict" in given
        cookie = headers["set-cookie"].split(";")[0]
        assert ask(server, "/", Cookie=cookie)[0] == 200
        assert ask(server, "/static/index.html", Cookie=cookie)[0] == 200
        assert ask(server, "/", Cookie="; ".join([cookie, "other=1"]))[0] == 200
        asyncio.run(knock(server, cookie))


def test_a_server_that_listens_everywhere_goes_by_numbers_and_its_own_name(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    with serving(planted_talk, TOKEN, "0.0.0.0") as server:
        port, cookie = server.place.port, f"commlab-talk-{server.place.port}={TOKEN}"
        mine = socket.gethostname()
        for name, status in (("127.0.0.1", 200), ("10.1.2.3", 200), (mine, 200), ("evil.example", 403), ("", 403)):
            assert ask(server, Host=f"{name}:{port}", Cookie=cookie)[0] == status, name
        assert server.place.far_url == f"http://{mine}:{port}/?token={TOKEN}"
        assert ask(server, Host=f"10.1.2.3:{port}")[0] == 401
    assert Place("127.0.0.1", 1).far_url is None
    assert Place("::1", 80).url == "http://[::1]:80/"


def test_ports_hosts_and_tokens_are_checked_first() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommlabError, match=f"Port {port} of 127.0.0.1 is taken"):
            listen("127.0.0.1", port)
    with pytest.raises(CommlabError, match="is no port"):
        listen("127.0.0.1", 70000)
    with pytest.raises(CommlabError, match="cannot be listened at"):
        listen("203.0.113.7", 0)
    for host in ("0.0.0.0", "192.168.1.5", "::"):
        with pytest.raises(CommlabError, match="--token auto"):
            check_place(host, None)
        check_place(host, TOKEN)
    for token in ("short", "", "ü" * 20, "line\nbreak-in-the-token"):
        with pytest.raises(CommlabError, match="16 plain letters"):
            make_token(token)
    assert make_token(None) is None
    assert make_token("auto") != make_token("auto")
