"""A conversation that never happened: what the talk server sends, made up, and how it answers, for tests of the page alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]

PLACES = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
MAP = """
###########
#....o....#
#.........#
#..o...o..#
#...34....#
#o...A...o#
#....21...#
#..o...o..#
#.........#
#....o....#
###########
""".split()
STEPS = 64
WALKERS = (1, 3)


def hello(**changes: Any) -> Message:
    """The greeting of two families, each a scout who speaks and a gatherer who walks."""
    return {
        "type": "hello", "protocol": 1, "run": "sample", "scenario": "rivals", "title": "Rivals, two families on one channel",
        "agents": [
            {"id": i, "name": f"{body} {i}", "body": body, "family": i // 2, "view": 5 if body == "scout" else 1, "hearing": -1,
             "speaks": body == "scout", "walks": body == "gatherer"}
            for i, body in enumerate(("scout", "gatherer", "scout", "gatherer"))
        ],
        "families": 2, "actions": ["stay", "north", "east", "south", "west", "use"],
        "facings": ["north", "east", "south", "west"],
        "cells": {"0": "empty", "1": "wall", "2": "altar", "3": "converter", "4": "crystal.green", "5": "crystal.yellow",
                  "6": "crystal.red", "7": "crystal.blue", "8": "agent", "9": "beacon", "255": "unseen"},
        "vocabulary": 16, "length": 1, "steps": STEPS, "slots": 3,
        "phrasebook": [phrase(symbol) for symbol in range(1, 9)] + [
            {"form": "9", "symbols": [9], "phrase": None, "meaning": [], "certainty": None, "said_by": None, "sentence": "9: no meaning"}
        ],
        "phrasebook_note": None, "talks": ["first words"], "speeds": [1, 60], "defaults": {"for": 12, "kinship": 1.0, "speed": 8},
        **changes,
    }  # fmt: skip


def phrase(symbol: int) -> Message:
    """An entry of the phrasebook."""
    words, certainty = f"crystal in the {PLACES[symbol - 1]}", 0.97 - 0.06 * symbol
    sentence = f"{symbol}: {words}, said by scouts, true {certainty:.0%} of the time, n = 212 episodes"
    return {"form": str(symbol), "symbols": [symbol], "phrase": words, "meaning": [["resource_location", words]],
            "certainty": certainty, "said_by": "scout", "sentence": sentence}  # fmt: skip


def episode(number: int = 0) -> Message:
    """The map of an episode, and who is kin to whom."""
    kinship = [[1.0 if i // 2 == j // 2 else 0.0 for j in range(4)] for i in range(4)]
    sites = [[r, c] for r, row in enumerate(MAP) for c, mark in enumerate(row) if mark == "o"]
    grid = [[int(mark == "#") for mark in row] for row in MAP]
    return {"type": "episode", "episode": number, "seed": 0, "map": {"height": 11, "width": 11, "grid": grid, "sites": sites},
            "kinship": kinship, "altar_cost": 100, "replaying": None}  # fmt: skip


class Room:
    """The world that the page looks at: gatherers walk east and west until a person says something; then the live one goes north."""

    def __init__(self) -> None:
        self.episode, self.t, self.speed, self.playing = 0, 0, 8, False
        self.focus: int | None = None
        self.said: Message | None = None
        self.said_at = 0
        self.lines: list[Message] = []
        self.got: list[Message] = []

    def begin(self) -> list[Message]:
        """What a client gets when it comes."""
        return [hello(), episode(self.episode), {"type": "lines", "reset": True, "skipped": 0, "lines": self.lines}, self.frame()]

    def answer(self, message: Message) -> list[Message]:
        """What comes back for a message."""
        self.got.append(message)
        act: Callable[[Message], list[Message]] = getattr(self, f"on_{message['type']}")
        return act(message)

    def on_play(self, message: Message) -> list[Message]:
        self.playing = True
        return [self.frame(), self.attention()]

    def on_pause(self, message: Message) -> list[Message]:
        self.playing = False
        return [self.frame(), self.attention()]

    def on_step(self, message: Message) -> list[Message]:
        self.t += 1
        lines = [self.line("agent", who="scout 0", speaker=0, symbols=[3], words="crystal in the east", certainty=0.79, answer=False)]
        if self.said and self.t == self.said_at + 2:
            lines = [self.line("agent", who="gatherer 1", speaker=1, symbols=[5], words="crystal in the south", certainty=0.67,
                               answer=True, twin=[3], twin_words="crystal in the east")]  # fmt: skip
        return [self.frame(), self.attention(), self.say_lines(lines)]

    def on_speed(self, message: Message) -> list[Message]:
        self.speed = message["value"]
        return [self.frame()]

    def on_restart(self, message: Message) -> list[Message]:
        self.episode, self.t, self.said, self.lines = message.get("episode", self.episode + 1), 0, None, []
        return [episode(self.episode), {"type": "lines", "reset": True, "skipped": 0, "lines": []}, self.frame(), self.attention()]

    def on_focus(self, message: Message) -> list[Message]:
        self.focus = message["agent"]
        return [self.attention()]

    def on_say(self, message: Message) -> list[Message]:
        if message.get("meaning") == "crystal nowhere":
            return [{"type": "error", "sentence": "The lexicon has no meaning “crystal nowhere”; try “crystal in the north”.", "about": "say"}]
        symbols = message.get("symbols") or [1 + PLACES.index(message["meaning"].removeprefix("crystal in the "))]
        self.said, self.said_at = {**message, "symbols": symbols}, self.t
        known = symbols[0] in range(1, 9)
        words = phrase(symbols[0])["phrase"] if known else "nothing we can tell"
        mine = self.line("person", who="phantom", speaker=None, to=message["to"], listeners=[1, 3], symbols=symbols, words=words,
                         certainty=phrase(symbols[0])["certainty"] if known else None, meaning=message.get("meaning"),
                         kinship=message.get("kinship"), alone=False, can_experiment=True, **{"for": message["for"]})  # fmt: skip
        return [self.frame(), self.attention(), self.say_lines([mine])]

    def on_save(self, message: Message) -> list[Message]:
        return [{"type": "saved", "name": "second words", "path": "talks/second words.json", "talks": ["first words", "second words"]}]

    def on_replay(self, message: Message) -> list[Message]:
        return [{"type": "replayed", "name": message["name"], "identical": True, "sentence": "The replay was identical in all 40 steps."}]

    def on_experiment(self, message: Message) -> list[Message]:
        n = message["line"]
        return [
            {"type": "experiment", "line": n, "state": "running", "done": 0.4, "sentence": None},
            {"type": "experiment", "line": n, "state": "done", "unit": "cells", "p_value": 0.005, "n": 512, "estimate": -2.1,
             "interval": [-2.6, -1.7], "path": "results/inject-talk-1.json",
             "sentence": "Gatherers who heard 1 came 2.1 cells closer to the north than those who heard another message."},
        ]  # fmt: skip

    def line(self, kind: str, **more: Any) -> Message:
        """A line of the transcript, which is kept."""
        made = {"n": len(self.lines), "t": self.t, "kind": kind, "sentence": f"Step {self.t}, {more['who']} says {more['words']}.", **more}
        self.lines.append(made)
        return made

    def say_lines(self, lines: list[Message]) -> Message:
        return {"type": "lines", "reset": False, "skipped": 0, "lines": lines}

    def frame(self) -> Message:
        """Both worlds as they are."""
        apart = self.t - self.said_at if self.said else 0
        live, twin = self.world(apart, self.speaking()), self.world(0, False)
        differs = [1] if apart else []
        drift = {"since": self.said_at + 1 if apart else None, "agents": len(differs), "cells": 2 * apart if apart < 4 else 8,
                 "said": 0, "reward": 1.0, "twin_reward": 2.0}  # fmt: skip
        return {"type": "frame", "episode": self.episode, "t": self.t, "steps": STEPS, "over": False, "playing": self.playing,
                "speed": self.speed, "replaying": None, "clients": 1, "live": live, "twin": twin, "differs": differs,
                "objects_differ": [], "drift": drift}  # fmt: skip

    def world(self, apart: int, phantom: bool) -> Message:
        phase = self.t % 8
        column = 2 + (phase if phase < 5 else 8 - phase)
        agents = [self.agent(i, apart if i == 1 else 0, column, phantom and i == 1) for i in range(4)]
        crystals = [(3, 3, "crystal.green"), (5, 9, "crystal.yellow"), (9, 5, "crystal.blue"), (1, 5, "crystal.red")]
        objects = [{"id": 0, "kind": "altar", "row": 5, "column": 5, "stock": 0}]
        objects += [{"id": 1 + i, "kind": kind, "row": r, "column": c, "stock": 1} for i, (r, c, kind) in enumerate(crystals)]
        return {"agents": agents, "objects": objects, "cells": []}

    def speaking(self) -> bool:
        return self.said is not None and self.t - self.said_at < self.said["for"]

    def agent(self, i: int, apart: int, column: int, hears_phantom: bool) -> Message:
        walks = i in WALKERS
        row, at = ((8, column) if i == 1 else (2, 10 - column)) if walks else ((6, 6) if i == 0 else (4, 4))
        row = max(2, row - apart)
        symbol = 0 if walks else (3 if i == 0 else 6)
        words = phrase(symbol) if symbol else {"phrase": None, "certainty": None}
        hears = [slot(0, 3, 1.0 if i // 2 == 0 else 0.0), slot(2, 6, 1.0 if i // 2 == 1 else 0.0)] if walks else []
        if hears_phantom and self.said:
            hears = [slot(None, self.said["symbols"][0], self.said.get("kinship", 1.0), injected=True), *hears]
        return {
            "row": row, "column": at, "facing": (0 if apart else 1) if walks else 2, "energy": 40 + 10 * i, "max_energy": 100 if walks else 0,
            "carries": [i % 2, 0, 0, 0], "frozen": 0, "shield": False, "action": None if self.t == 0 else ("north" if apart else "east"),
            "said": [symbol] if self.t else [0], "said_text": words["phrase"] if self.t else None,
            "certainty": words["certainty"] if self.t else None, "by_person": False, "reward": 0.0, "total": 1.0, "hears": hears,
        }  # fmt: skip

    def attention(self) -> Message:
        """What the agent in focus knows."""
        i = self.focus or 0
        walks = i in WALKERS
        agent = self.frame()["live"]["agents"][i]
        window = [[255] * 11 for _ in range(11)]
        reach = 1 if walks else 5
        for r in range(-reach, reach + 1):
            for c in range(-reach, reach + 1):
                row, column = agent["row"] + r, agent["column"] + c
                if 0 <= row < 11 and 0 <= column < 11:
                    window[5 + r][5 + c] = int(MAP[row][column] == "#") or (4 if (row, column) == (3, 3) else 0)
        window[5][5] = 8
        probes = [
            {"target": "resource_location", "value": "E", "phrase": "crystal in the east", "certainty": 0.93, "chance": 0.13, "score": 0.81},
            {"target": "own_next_action", "value": "east", "phrase": None, "certainty": 0.71, "chance": 0.27, "score": 0.66},
            {"target": "speaker_kinship", "value": "kin", "phrase": "the speaker is kin", "certainty": 0.58, "chance": 0.5, "score": 0.55},
        ]  # fmt: skip
        return {
            "type": "focus", "t": self.t, "agent": i, "window": window, "size": 11, "entities": [], "hears": agent["hears"],
            "vector": [{"name": "energy", "value": agent["energy"]}],
            "intends": [{"action": "east", "probability": 0.9}, {"action": "north", "probability": 0.08}],
            "says": [{"symbols": [3], "text": "crystal in the east", "probability": 0.97}], "value": 1.8, "probes": probes, "probes_note": None,
        }  # fmt: skip


def slot(speaker: int | None, symbol: int, kinship: float, injected: bool = False) -> Message:
    known = symbol in range(1, 9)
    return {"symbols": [symbol], "text": phrase(symbol)["phrase"] if known else "nothing we can tell",
            "certainty": phrase(symbol)["certainty"] if known else None, "speaker": speaker, "kinship": kinship, "injected": injected}  # fmt: skip


def text(message: Message) -> str:
    """A message as it goes over the line."""
    return json.dumps(message)
