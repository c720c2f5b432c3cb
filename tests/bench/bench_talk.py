"""How many frames a second a conversation with 16 agents shows, and how soon a person's message is heard."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import torch
import websockets

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.env.loading import load_scenario
from commlab.talk.conversation import Conversation
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.room import Room, as_json
from commlab.talk.server import Server, listen

N_FRAMES, N_MESSAGES, SECONDS = 400, 20, 6.0
NOTE = "arena, 16 agents, untrained, 64 hidden units, twin beside it, one agent seen from inside"


def bench_engine() -> dict[str, dict[str, Any]]:
    """Return how many steps a second are made and written as frames, without a server."""
    talk = conversation()
    start = time.perf_counter()
    for _ in range(N_FRAMES):
        talk.step()
        size = len(as_json(talk.observer.frame())) + len(as_json(talk.observer.focus(0)))
    taken = time.perf_counter() - start
    return {
        "steps made and written": {"value": N_FRAMES / taken, "unit": "a second", "note": NOTE},
        "size of a frame": {"value": size / 1000, "unit": "kB", "note": "with an agent from inside"},
    }


def bench_page() -> dict[str, dict[str, Any]]:
    """Return how many frames a second reach a page at 60 steps a second, and how soon a message is heard."""
    room = Room(conversation())
    server = Server(room, listen("127.0.0.1", 0))
    thread = threading.Thread(target=server.run)
    thread.start()
    page = [sys.executable, __file__, f"ws://127.0.0.1:{server.place.port}/ws"]  # a process of its own, as browsers are
    try:
        rate, waits = json.loads(subprocess.run(page, capture_output=True, check=True).stdout)
    finally:
        server.stop()
        thread.join()
    return {
        "frames at a page": {"value": rate, "unit": "a second", "note": f"{NOTE}; 60 asked for, websocket"},
        "a message is heard": {
            "value": 1000 * statistics.median(waits),
            "unit": "ms after it is sent",
            "note": f"median of {N_MESSAGES}, while playing",
        },
    }


BENCHES = [bench_engine, bench_page]


def conversation() -> Conversation:
    """Return a conversation with untrained agents, warmed up."""
    torch.set_num_threads(1)
    scenario = load_scenario("arena")
    agents = Checkpoint(RecurrentPolicy(scenario), scenario, {}, "untrained")
    everybody = frozenset(range(scenario.n_agents))
    talk = Conversation(Path(tempfile.gettempdir()), agents, Phrasebook(None, scenario.channel.length), everybody)
    talk.step()
    talk.observer.focus(0)
    talk.restart(0)
    return talk


async def look_on(url: str) -> tuple[float, list[float]]:
    """Return the frames a second that a page sees, and how long each message takes to be heard, s."""
    async with websockets.connect(url, max_size=None) as page:
        for command in ({"type": "focus", "agent": 0}, {"type": "speed", "value": 60}, {"type": "play"}):
            await page.send(json.dumps(command))
        seen, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            seen += json.loads(await page.recv())["type"] == "frame"
        rate, waits = seen / (time.perf_counter() - start), []
        await page.send(json.dumps({"type": "restart"}))
        for number in range(N_MESSAGES):
            symbol = 1 + number % 15
            start = time.perf_counter()
            await page.send(json.dumps({"type": "say", "symbols": [symbol], "for": 30}))
            while not heard(json.loads(await asyncio.wait_for(page.recv(), 10)), symbol):
                pass
            waits.append(time.perf_counter() - start)
    return rate, waits


def heard(message: dict[str, Any], symbol: int) -> bool:
    """Return whether a frame shows that a phantom's symbol is heard."""
    if message["type"] != "frame":
        return False
    return any(one["injected"] and one["symbols"] == [symbol] for one in message["live"]["agents"][0]["hears"])


if __name__ == "__main__":
    print(json.dumps(asyncio.run(look_on(sys.argv[1]))))
