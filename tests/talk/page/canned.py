"""A conversation that never happened: what the talk server sends, made up, and how it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Message = dict[str, Any]

PLACES = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
MAP = (
    "###########",
    "#....o....#",
    "#.........#",
    "#..o...o..#",
    "#...34....#",
    "#o...A...o#",
    "#....21...#",
    "#..o...o..#",
    "#.........#",
    "#....o....#",
    "###########",
)
SIZE = len(MAP)
STEPS = 64
WALKERS = (1, 3)
CRYSTALS = (("green", 3, 3), ("yellow", 5, 9), ("blue", 9, 5), ("red", 1, 5))
CELLS = {0: "empty", 1: "wall", 2: "altar", 3: "converter", 8: "agent", 9: "beacon", 255: "unseen"} | {
    4 + n: f"crystal.{kind}" for n, kind in enumerate(("green", "yellow", "red", "blue"))
}
FINDING = "Gatherers who heard 1 came 2.1 cells closer to the north than those who heard another message."
NOWHERE = "The lexicon has no meaning “crystal nowhere”; try “crystal in the north”."


def hello(**changes: Any) -> Message:
    """The greeting of two families, each a scout who speaks and a gatherer who walks."""
    unknown = {"form": "9", "symbols": [9], "phrase": None, "meaning": [], "certainty": None, "sentence": "9: unknown"}
    return {
        "type": "hello",
        "protocol": 1,
        "run": "sample",
        "scenario": "rivals",
        "title": "Rivals, two families on one channel",
        "agents": [person(i, "gatherer" if i in WALKERS else "scout") for i in range(4)],
        "families": 2,
        "actions": ["stay", "north", "east", "south", "west", "use"],
        "facings": ["north", "east", "south", "west"],
        "cells": {str(code): name for code, name in CELLS.items()},
        "vocabulary": 16,
        "length": 1,
        "steps": STEPS,
        "slots": 3,
        "phrasebook": [*(phrase(symbol) for symbol in range(1, 9)), unknown],
        "phrasebook_note": None,
        "talks": ["first words"],
        "speeds": [1, 60],
        "defaults": {"for": 12, "kinship": 1.0, "speed": 8},
        **changes,
    }


def person(i: int, body: str) -> Message:
    """Who an agent is."""
    scout = body == "scout"
    return {
        "id": i,
        "name": f"{body} {i}",
        "body": body,
        "family": i // 2,
        "view": 5 if scout else 1,
        "hearing": -1,
        "speaks": scout,
        "walks": not scout,
    }


def phrase(symbol: int) -> Message:
    """An entry of the phrasebook."""
    words, certainty = f"crystal in the {PLACES[symbol - 1]}", 0.97 - 0.06 * symbol
    return {
        "form": str(symbol),
        "symbols": [symbol],
        "phrase": words,
        "meaning": [["resource_location", words]],
        "certainty": certainty,
        "said_by": "scout",
        "sentence": f"{symbol}: {words}, said by scouts, true {certainty:.0%} of the time, n = 212 episodes",
    }


def reading(symbols: list[int]) -> tuple[str, float | None]:
    """What symbols mean, and how surely."""
    if symbols[0] not in range(1, 9):
        return "nothing we can tell", None
    entry = phrase(symbols[0])
    return entry["phrase"], entry["certainty"]


def episode(number: int = 0) -> Message:
    """The map of an episode, and who is kin to whom."""
    cells = [(r, c, mark) for r, row in enumerate(MAP) for c, mark in enumerate(row)]
    return {
        "type": "episode",
        "episode": number,
        "seed": 0,
        "map": {
            "height": SIZE,
            "width": SIZE,
            "grid": [[int(mark == "#") for mark in row] for row in MAP],
            "sites": [[r, c] for r, c, mark in cells if mark == "o"],
        },
        "kinship": [[float(i // 2 == j // 2) for j in range(4)] for i in range(4)],
        "altar_cost": 100,
        "replaying": None,
    }


def lines(new: list[Message], reset: bool = False) -> Message:
    """New lines of the transcript."""
    return {"type": "lines", "reset": reset, "skipped": 0, "lines": new}


class Room:
    """Gatherers walk east and west until a person speaks: then gatherer 1 goes north, but not in the twin."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.episode, self.t, self.speed, self.playing = 0, 0, 8, False
        self.focus = 0
        self.said: Message | None = None
        self.said_at = 0
        self.lines: list[Message] = []
        self.got: list[Message] = []

    def begin(self) -> list[Message]:
        """What a client gets when it comes."""
        return [hello(), episode(self.episode), lines(self.lines, reset=True), self.frame()]

    def answer(self, message: Message) -> list[Message]:
        """What comes back for a message."""
        self.got.append(message)
        act: Callable[[Message], list[Message]] = getattr(self, f"on_{message['type']}")
        return act(message)

    def on_play(self, message: Message) -> list[Message]:
        """Play."""
        self.playing = True
        return [self.frame(), self.attention()]

    def on_pause(self, message: Message) -> list[Message]:
        """Pause."""
        self.playing = False
        return [self.frame(), self.attention()]

    def on_step(self, message: Message) -> list[Message]:
        """One step; two steps after a person spoke the gatherer answers."""
        self.t += 1
        if self.said and self.t == self.said_at + 2:
            twin = {"answer": True, "twin": [3], "twin_words": reading([3])[0]}
            line = self.line("agent", "gatherer 1", [5], speaker=1, **twin)
        else:
            line = self.line("agent", "scout 0", [3], speaker=0, answer=False)
        return [self.frame(), self.attention(), lines([line])]

    def on_speed(self, message: Message) -> list[Message]:
        """Another speed."""
        self.speed = message["value"]
        return [self.frame()]

    def on_restart(self, message: Message) -> list[Message]:
        """Another episode."""
        self.episode, self.t = message.get("episode", self.episode + 1), 0
        self.said, self.lines = None, []
        return [episode(self.episode), lines([], reset=True), self.frame(), self.attention()]

    def on_focus(self, message: Message) -> list[Message]:
        """Another agent."""
        self.focus = message["agent"]
        return [self.attention()]

    def on_say(self, message: Message) -> list[Message]:
        """Words of a person."""
        meaning = message.get("meaning", "")
        if meaning == "crystal nowhere":
            return [{"type": "error", "sentence": NOWHERE, "about": "say"}]
        symbols = message.get("symbols") or [1 + PLACES.index(meaning.removeprefix("crystal in the "))]
        self.said, self.said_at = {**message, "symbols": symbols}, self.t
        more = {name: message.get(name) for name in ("to", "for", "kinship", "meaning")}
        mine = self.line("person", "phantom", symbols, speaker=None, can_experiment=True, alone=False, **more)
        return [self.frame(), self.attention(), lines([mine])]

    def on_save(self, message: Message) -> list[Message]:
        """Saved."""
        name = "second words"
        return [{"type": "saved", "name": name, "path": f"talks/{name}.json", "talks": ["first words", name]}]

    def on_replay(self, message: Message) -> list[Message]:
        """Replayed."""
        sentence = "The replay was identical in all 40 steps."
        return [{"type": "replayed", "name": message["name"], "identical": True, "sentence": sentence}]

    def on_experiment(self, message: Message) -> list[Message]:
        """An experiment, done at once."""
        start = {"type": "experiment", "line": message["line"]}
        found = {"estimate": -2.1, "interval": [-2.6, -1.7], "unit": "cells", "p_value": 0.005, "n": 512}
        return [
            {**start, "state": "running", "done": 0.4, "sentence": None},
            {**start, "state": "done", "sentence": FINDING, "path": "results/talk-1.json", **found},
        ]

    def line(self, kind: str, who: str, symbols: list[int], **more: Any) -> Message:
        """A line of the transcript, which is kept."""
        words, certainty = reading(symbols)
        made = {"n": len(self.lines), "t": self.t, "kind": kind, "who": who, "symbols": symbols, "words": words}
        self.lines.append({**made, "certainty": certainty, "sentence": f"Step {self.t}, {who} says {words}.", **more})
        return self.lines[-1]

    def frame(self) -> Message:
        """Both worlds as they are."""
        apart = self.t - self.said_at if self.said else 0
        speaking = self.said is not None and apart < self.said["for"]
        since = self.said_at + 1 if apart else None
        drift = {"since": since, "agents": int(apart > 0), "cells": 2 * apart, "reward": 1.0, "twin_reward": 2.0}
        return {
            "type": "frame",
            "episode": self.episode,
            "t": self.t,
            "steps": STEPS,
            "over": False,
            "playing": self.playing,
            "speed": self.speed,
            "replaying": None,
            "clients": 1,
            "live": self.world(apart, speaking),
            "twin": self.world(0, False),
            "differs": [1] if apart else [],
            "objects_differ": [],
            "drift": drift,
        }

    def world(self, apart: int, phantom: bool) -> Message:
        """A world: gatherer 1 is `apart` cells further north than in the twin."""
        agents = [self.agent(i, apart if i == 1 else 0, phantom and i == 1) for i in range(4)]
        kinds = [("altar", 5, 5), *((f"crystal.{kind}", row, column) for kind, row, column in CRYSTALS)]
        things = [
            {"id": i, "kind": kind, "row": row, "column": column, "stock": int(i > 0)}
            for i, (kind, row, column) in enumerate(kinds)
        ]
        return {"agents": agents, "objects": things, "cells": []}

    def place(self, i: int, apart: int) -> tuple[int, int]:
        """Where an agent stands."""
        if i not in WALKERS:
            return (6, 6) if i == 0 else (4, 4)
        phase = self.t % 8
        column = 2 + (phase if phase < 5 else 8 - phase)
        return (max(2, 8 - apart), column) if i == 1 else (2, 10 - column)

    def agent(self, i: int, apart: int, phantom: bool) -> Message:
        """An agent as it is."""
        walks, began = i in WALKERS, self.t > 0
        symbols = [0] if walks or not began else [3 if i == 0 else 6]
        words, certainty = reading(symbols) if symbols[0] else (None, None)
        hears = [slot(2 * n, [symbol], float(i // 2 == n)) for n, symbol in ((0, 3), (1, 6))] if walks else []
        if phantom and self.said:
            hears.insert(0, slot(None, self.said["symbols"], self.said.get("kinship", 1.0), injected=True))
        row, column = self.place(i, apart)
        return {
            "row": row,
            "column": column,
            "facing": 2 if not walks else int(not apart),
            "energy": 40 + 10 * i,
            "max_energy": 100 if walks else 0,
            "carries": [i % 2, 0, 0, 0],
            "frozen": 0,
            "shield": False,
            "action": ("north" if apart else "east") if began else None,
            "said": symbols,
            "said_text": words,
            "certainty": certainty,
            "by_person": False,
            "reward": 0.0,
            "total": 1.0,
            "hears": hears,
        }

    def attention(self) -> Message:
        """What the agent in focus knows."""
        agent = self.frame()["live"]["agents"][self.focus]
        return {
            "type": "focus",
            "t": self.t,
            "agent": self.focus,
            "window": self.window(agent["row"], agent["column"], 1 if self.focus in WALKERS else 5),
            "size": 11,
            "entities": [],
            "hears": agent["hears"],
            "vector": [{"name": "energy", "value": agent["energy"]}],
            "intends": [{"action": "east", "probability": 0.9}, {"action": "north", "probability": 0.08}],
            "says": [{"symbols": [3], "text": "crystal in the east", "probability": 0.97}],
            "value": 1.8,
            "probes": [
                probe("resource_location", "E", "crystal in the east", 0.93, 0.13),
                probe("own_next_action", "east", None, 0.71, 0.27),
                probe("speaker_kinship", "kin", "speaker kinship is kin", 0.58, 0.5),
            ],
            "probes_note": None,
        }

    def window(self, row: int, column: int, reach: int) -> list[list[int]]:
        """What an agent sees from a cell, with what it does not see around it."""
        seen = [[255] * SIZE for _ in range(SIZE)]
        for r in range(max(0, row - reach), min(SIZE, row + reach + 1)):
            for c in range(max(0, column - reach), min(SIZE, column + reach + 1)):
                seen[5 + r - row][5 + c - column] = int(MAP[r][c] == "#") or (4 if (r, c) == (3, 3) else 0)
        seen[5][5] = 8
        return seen


def slot(speaker: int | None, symbols: list[int], kinship: float, injected: bool = False) -> Message:
    """What is heard from somebody."""
    words, certainty = reading(symbols)
    heard = {"symbols": symbols, "text": words, "certainty": certainty}
    return {**heard, "speaker": speaker, "kinship": kinship, "injected": injected}


def probe(target: str, value: str, words: str | None, certainty: float, chance: float) -> Message:
    """What a probe reads."""
    read = {"target": target, "value": value, "phrase": words, "certainty": certainty}
    return {**read, "chance": chance, "score": 0.8}
