"""The server: a conversation held through it, and what it survives."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from commlab.foundation.run import RunFolder
from commlab.talk.clients import Client
from commlab.talk.conversation import Conversation
from commlab.talk.server import MOST_CLIENTS, Server
from commlab.talk.trial import Trier

WAIT = 60.0  # seconds, on a busy machine
TOKEN = "a-token-that-nobody-guesses"


@asynccontextmanager
async def page(server: Server, **given: Any) -> AsyncIterator[ClientConnection]:
    """A client."""
    address = f"ws://127.0.0.1:{server.place.port}/ws"
    async with connect(address, max_size=None, close_timeout=1, **given) as client:
        yield client


async def send(client: ClientConnection, **message: Any) -> None:
    """Send a command."""
    await client.send(json.dumps(message))


async def until(client: ClientConnection, kind: str, fits: Callable[[Any], bool] = lambda message: True) -> Any:
    """The next message of a kind that fits."""
    async with asyncio.timeout(WAIT):
        while True:
            message = json.loads(await client.recv())
            if message["type"] == kind and fits(message):
                return message


def test_a_conversation_through_the_server(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    trier, talker = Trier(RunFolder(planted_talk.run), planted_talk.session.agents), planted_talk

    async def talk(server: Server) -> None:
        async with page(server) as client:
            kinds = [json.loads(await client.recv())["type"] for _ in range(4)]
            assert kinds == ["hello", "episode", "lines", "frame"]
            await send(client, type="step", n=4)
            await until(client, "frame", lambda frame: frame["t"] == 4)
            await send(client, type="focus", agent=1)
            before = await until(client, "focus")
            assert before["probes_note"] == "These agents have no hidden states."
            await send(client, type="say", to=1, meaning="crystal west")
            lines = await until(client, "lines", lambda lines: lines["lines"][-1]["kind"] == "person")
            frame = await until(client, "frame", lambda frame: frame["live"]["agents"][1]["hears"][0]["injected"])
            assert frame["t"] == 4  # it is heard before the next step
            assert lines["lines"][-1]["words"] == "crystal in the west"
            await send(client, type="speed", value=60)
            await send(client, type="play")
            frame = await until(client, "frame", lambda frame: frame["t"] >= 20)
            assert frame["differs"] == [1] or frame["drift"]["since"] is not None
            assert frame["playing"]
            await send(client, type="pause")
            frame = await until(client, "frame", lambda frame: not frame["playing"])
            await send(client, type="save", name="west")
            saved = await until(client, "saved")
            assert saved["talks"] == ["west"]
            assert Path(saved["path"]).exists()
            await send(client, type="replay", name="west")
            assert (await until(client, "episode"))["replaying"] == "west"
            done = await until(client, "replayed")
            assert done["identical"]
            await until(client, "frame", lambda now: now["t"] == frame["t"] and now["replaying"] is None)
            await send(client, type="experiment", line=lines["lines"][-1]["n"] + 1, episodes=24)
            found = await until(client, "experiment", lambda found: found["state"] != "running")
            assert found["state"] == "done", found
            assert found["p_value"] <= 0.05
            assert "goes there first" in found["sentence"]
            assert talker.transcript.lines[-1]["sentence"] == f"Experiment: {found['sentence']}"
            await send(client, type="restart", episode=7)
            assert (await until(client, "episode"))["episode"] == 7
            assert (await until(client, "lines"))["reset"]
            await send(client, type="step", n=1000)
            await until(client, "frame", lambda frame: frame["over"])
            await send(client, type="play")
            assert "is over; restart" in (await until(client, "error"))["sentence"]

    with serving(planted_talk, trial=trier) as server:
        asyncio.run(talk(server))


WRONG = [
    "", "x", "{", "[]", "null", "1", '"play"', "{}", '{"type":"fly"}', '{"type":["say"]}', '{"type":"play","x":1}',
    '{"type":"speed","value":0}', '{"type":"speed","value":1e999}', '{"type":"speed","value":"8"}',
    '{"type":"speed","value":NaN}', '{"type":"step","n":0}', '{"type":"step","n":1.5}', '{"type":"step","n":true}',
    '{"type":"restart","episode":-1}', '{"type":"restart","episode":99999999999999999999}',
    '{"type":"focus","agent":2}', '{"type":"focus","agent":"1"}', '{"type":"say"}',
    '{"type":"say","symbols":[1],"meaning":"north"}', '{"type":"say","symbols":[16]}',
    '{"type":"say","symbols":[1,2]}', '{"type":"say","symbols":[-1]}', '{"type":"say","symbols":"1"}',
    '{"type":"say","symbols":[]}', '{"type":"say","symbols":[1],"as":5}', '{"type":"say","symbols":[1],"as":"ghost"}',
    '{"type":"say","symbols":[1],"to":9}', '{"type":"say","symbols":[1],"to":"family:7"}',
    '{"type":"say","symbols":[1],"for":0}', '{"type":"say","symbols":[1],"for":99999}',
    '{"type":"say","symbols":[1],"kinship":2}', '{"type":"say","symbols":[1],"kinship":Infinity}',
    '{"type":"say","meaning":"bananas"}', '{"type":"say","meaning":""}', '{"type":"say","symbols":[1],"alone":"yes"}',
    '{"type":"replay","name":"none"}', '{"type":"replay","name":"../../x"}', '{"type":"replay"}',
    '{"type":"experiment","line":0}', '{"type":"experiment","line":99}',
    '{"type":"experiment","line":0,"episodes":1000000}', '{"type":"save","name":1}', "[" * 5000, '{"a":' * 2000,
    '{"type":"play"}' + " " * 17_000, b"\x00\x01", b'{"type":"fly"}',
]  # fmt: skip


def test_whatever_is_sent_is_answered_in_a_sentence_and_survived(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def talk(server: Server) -> None:
        async with page(server) as client:
            for wrong in WRONG:
                await client.send(wrong)
                error = await until(client, "error")
                assert error["sentence"].endswith("."), (wrong[:50], error)
                assert len(error["sentence"]) < 700
                assert "\n" not in error["sentence"]
                await asyncio.sleep(0.02)  # below the rate
            await send(client, type="step")
            await until(client, "frame", lambda frame: frame["t"] == 1)

    with serving(planted_talk) as server:
        asyncio.run(talk(server))


def test_huge_messages_and_broken_text_cut_that_connection_alone(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def talk(server: Server) -> None:
        async with page(server) as other:
            await until(other, "frame")
            async with page(server) as client:
                await client.send("x" * 200_000)
                with pytest.raises(ConnectionClosed):
                    await until(client, "never")
                assert client.close_code == 1009
            with socket.create_connection(("127.0.0.1", server.place.port)) as raw:
                raw.sendall(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUpgrade: websocket\r\n\r\n\xff\xfe\x00")
            with socket.create_connection(("127.0.0.1", server.place.port)) as raw:
                raw.sendall(os.urandom(300))
            await send(other, type="step")
            await until(other, "frame", lambda frame: frame["t"] == 1)

    with serving(planted_talk) as server:
        asyncio.run(talk(server))


async def flood(client: ClientConnection) -> None:
    """Send and send."""
    for _ in range(3000):
        await send(client, type="pause")
    await until(client, "never")


def test_a_flood_is_damped_and_others_go_on(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def talk(server: Server) -> None:
        async with page(server) as other, page(server) as client:
            await until(other, "frame")
            with pytest.raises(ConnectionClosed):
                await flood(client)
            assert client.close_code == 1008
            await send(other, type="step")
            await until(other, "frame", lambda frame: frame["t"] == 1)
        async with page(server) as client:
            for _ in range(200):
                await send(client, type="pause")
            error = await until(client, "error")
            assert "60 messages a second" in error["sentence"]

    with serving(planted_talk) as server:
        asyncio.run(talk(server))


def test_clients_that_vanish_leave_and_the_room_has_a_limit(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def talk(server: Server) -> None:
        async with page(server) as watching:
            await send(watching, type="play")
            clients = [
                await connect(f"ws://127.0.0.1:{server.place.port}/ws", max_size=None) for _ in range(MOST_CLIENTS - 1)
            ]
            await until(watching, "frame", lambda frame: frame["clients"] == MOST_CLIENTS)
            async with page(server) as late:
                with pytest.raises(ConnectionClosed):
                    await until(late, "hello")
                assert late.close_code == 1013
            for client in clients:
                client.transport.abort()  # without a goodbye
            await send(watching, type="pause")
            for _ in range(100):
                await send(watching, type="pause")
                if (await until(watching, "frame"))["clients"] == 1:
                    break
                await asyncio.sleep(0.05)
            else:
                pytest.fail("clients that are gone are still counted")
            async with page(server) as again:
                await until(again, "hello")

    with serving(planted_talk) as server:
        asyncio.run(talk(server))


def test_of_frames_the_latest_alone_waits_and_all_lines_do() -> None:
    async def look() -> None:
        client = Client()
        for number in range(5):
            client.show("frame", f"frame {number}")
            client.put(f"line {number}")
        assert await client.take() == [*(f"line {number}" for number in range(5)), "frame 4"]
        for number in range(501):
            assert not client.too_slow
            client.put(f"line {number}")
        assert client.too_slow
        assert len(await client.take()) == 500

    asyncio.run(look())


def test_a_client_that_takes_nothing_keeps_nobody_waiting(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def talk(server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.place.port)) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(
                f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{server.place.port}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            async with page(server) as client:
                await until(client, "frame", lambda frame: frame["clients"] == 2)
                await send(client, type="speed", value=60)
                for episode in range(1, 3):
                    await send(client, type="restart", episode=episode)
                    await send(client, type="play")
                    await until(client, "frame", lambda frame, e=episode: frame["episode"] == e and frame["over"])

    with serving(planted_talk) as server:
        asyncio.run(talk(server))


def test_a_newcomer_sees_what_was_said_and_each_has_a_focus_of_its_own(planted_talk: Conversation, serving) -> None:  # type: ignore[no-untyped-def]
    async def talk(server: Server) -> None:
        async with page(server) as first:
            await send(first, type="say", symbols=[3])
            await send(first, type="step", n=3)
            await send(first, type="focus", agent=0)
            await until(first, "frame", lambda frame: frame["t"] == 3)
            async with page(server) as second:
                lines = await until(second, "lines")
                assert lines["reset"]
                assert any(line["kind"] == "person" for line in lines["lines"])
                await send(second, type="focus", agent=1)
                assert (await until(second, "focus"))["agent"] == 1
                assert (await until(first, "focus"))["agent"] == 0
                numbers = [line["n"] for line in lines["lines"]]
                assert numbers == sorted(set(numbers))

    with serving(planted_talk) as server:
        asyncio.run(talk(server))


def test_an_interrupt_ends_it_and_keeps_what_was_said(sample, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    command = [sys.executable, "-m", "commlab", "talk", str(sample.run.path), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        url = next(line for line in lines if "http://" in line).split()[-1]

        async def talk() -> None:
            async with connect(url.replace("http", "ws") + "ws") as client:
                await send(client, type="say", symbols=[3])
                await until(client, "lines", lambda found: found["lines"][-1]["kind"] == "person")

        for _ in range(50):
            try:
                asyncio.run(talk())
                break
            except OSError:
                time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT) == 130
        text = process.stderr.read()
    assert "Traceback" not in text
    kept = list((sample.run.path / "talks").glob("left unsaved*.json"))
    assert len(kept) == 1
