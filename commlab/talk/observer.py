"""What the page is shown, as plain data: the live world beside its twin, and one agent from inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.env.kinship import kinship_matrices
from commlab.env.types import KINSHIP_STEPS, VIEW, Cell, Entity, Facing, Number, Own, Slot, Trait
from commlab.recording import code_tables
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.session import LIVE, TWIN, Session
from commlab.talk.speech import agent_names

__all__ = ["Observer", "about"]

BOTH = slice(LIVE, TWIN + 1)
CARD = 8  # likeliest actions and messages shown
WINDOW = 2 * VIEW + 1
Plain = dict[str, Any]


class Observer:
    """Sees a session, and turns what it sees into plain data."""

    def __init__(self, session: Session, book: Phrasebook, speaks: frozenset[int]) -> None:
        """See a session; messages of the agents that speak the phrasebook's language are translated."""
        self.session, self.book, self.speaks = session, book, speaks
        self.codes = code_tables(session.scenario)

    def begin(self) -> Plain:
        """Return what the episode that has just begun is like."""
        session, world = self.session, self.session.world
        rules = session.rollout.worlds.rules
        self._walls = world.grid[LIVE].copy() == Cell.WALL
        grid = np.where(np.isin(world.grid[LIVE], (Cell.WALL, Cell.UNSEEN)), world.grid[LIVE], Cell.EMPTY)
        number = int(world.map[LIVE])
        fixed = np.flatnonzero(rules.object_row[number] >= 0)
        grid[rules.object_row[number][fixed], rules.object_column[number][fixed]] = rules.kind[fixed]
        inner = grid[VIEW:-VIEW, VIEW:-VIEW]
        sites = rules.sites[number, : rules.n_sites[number]] - VIEW
        return {
            "type": "episode",
            "episode": session.episode,
            "seed": session.seed,
            "map": {
                "height": inner.shape[0],
                "width": inner.shape[1],
                "grid": inner.tolist(),
                "sites": sites.tolist(),
            },
            "kinship": np.round(kinship_matrices(world, rules)[LIVE], 4).tolist(),
            "altar_cost": int(world.numbers[LIVE, Number.ALTAR_COST]),
        }

    def frame(self) -> Plain:
        """Return both worlds as they are before the next step, and how they differ."""
        live, twin = self._world(LIVE), self._world(TWIN)
        names = ("row", "column", "action", "said", "carries", "energy", "frozen", "shield")
        pairs = list(zip(live["agents"], twin["agents"], strict=True))
        differs = [n for n, (one, other) in enumerate(pairs) if any(one[name] != other[name] for name in names)]
        things = list(zip(live["objects"], twin["objects"], strict=True))
        others = [one["id"] for one, other in things if one != other]
        cells = sum(abs(one["row"] - other["row"]) + abs(one["column"] - other["column"]) for one, other in pairs)
        drift = {
            "since": self.session.since,
            "agents": sum((one["row"], one["column"]) != (other["row"], other["column"]) for one, other in pairs),
            "cells": cells,
            "said": sum(one["said"] != other["said"] for one, other in pairs),
            "reward": round(float(self.session.total[LIVE].sum()), 4),
            "twin_reward": round(float(self.session.total[TWIN].sum()), 4),
        }
        return {
            "type": "frame",
            "episode": self.session.episode,
            "t": self.session.t,
            "steps": self.session.scenario.steps,
            "over": self.session.over,
            "live": on_map(live),
            "twin": on_map(twin),
            "differs": differs,
            "objects_differ": others,
            "drift": drift,
        }

    def focus(self, agent: int) -> Plain:
        """Return what an agent sees, hears and is about to do, as it decides its next step in the live world."""
        observation = self.session.rollout.worlds.observation
        decision = self.session.ahead()
        n_actions = self.session.scenario.n_actions
        logits = decision.logits[LIVE, agent].astype(np.float64)
        return {
            "type": "focus",
            "t": self.session.t,
            "agent": agent,
            "window": observation.window[LIVE, agent].tolist(),
            "size": WINDOW,
            "entities": [entity for row in observation.entities[LIVE, agent].tolist() if (entity := self._entity(row))],
            "hears": self._hears(LIVE)[agent],
            "vector": self._vector(observation.vector[LIVE, agent]),
            "intends": self._intends(logits[:n_actions]),
            "says": self._says(agent, logits[n_actions:]),
            "value": round(float(decision.value[LIVE, agent]), 4),
        }

    def text(self, agent: int | None, symbols: tuple[int, ...], kinship: float | None = None) -> Plain:
        """Return a message in words, as text and certainty; nothing for agents whose language is not known."""
        if agent is not None and agent not in self.speaks:
            return {"text": None, "certainty": None}
        context = None if kinship is None else "kin" if kinship > 0 else "strangers"
        words = self.book.words(symbols, context)
        return {"text": words.text, "certainty": rounded(words.certainty)}

    def _world(self, w: int) -> Plain:
        """Return one world."""
        return {"agents": self._agents(w), "objects": self._objects(w), "cells": self._changed_cells(w)}

    def _agents(self, w: int) -> list[Plain]:
        """Return the agents of a world, by number."""
        session, world = self.session, self.session.world
        last, t = session.last, session.t
        rules = session.rollout.worlds.rules
        most = world.trait[w, rules.body, Trait.MAX_ENERGY].tolist()
        columns = {
            "row": (world.row[w] - VIEW).tolist(),
            "column": (world.column[w] - VIEW).tolist(),
            "facing": world.facing[w].tolist(),
            "energy": world.energy[w].tolist(),
            "max_energy": most,
            "carries": world.inventory[w].tolist(),
            "frozen": world.frozen[w].tolist(),
            "shield": (world.shield[w] > 0).tolist(),
            "partner": [other if other >= 0 else None for other in world.partner[w].tolist()],
            "action": [self.codes["actions"][str(code)] for code in world.last_action[w].tolist()] if last else None,
            "said": last.said[w].tolist() if last else None,
            "reward": session.reward[w].round(4).tolist(),
            "total": session.total[w].round(4).tolist(),
            "hears": self._hears(w),
        }
        rows = []
        for n in range(session.scenario.n_agents):
            row: Plain = {name: values[n] if values is not None else None for name, values in columns.items()}
            row["said"] = row["said"] or [0] * session.scenario.channel.length
            words = self.text(n, tuple(row["said"])) if last else {"text": None, "certainty": None}
            row["said_text"], row["certainty"] = words["text"], words["certainty"]
            row["by_person"] = w == LIVE and any(
                spoken.say.speaker == n and spoken.t < t <= spoken.t + spoken.say.steps for spoken in session.spoken
            )
            rows.append(row)
        return rows

    def _hears(self, w: int) -> list[list[Plain]]:
        """Return what each agent of a world hears now."""
        observation = self.session.rollout.worlds.observation
        heard, speaker = observation.heard[w].tolist(), observation.speaker[w].tolist()
        slots = observation.slots[w]
        present, kinship = slots[..., Slot.PRESENT].tolist(), (slots[..., Slot.KINSHIP] / KINSHIP_STEPS).tolist()
        out = []
        for n, there in enumerate(present):
            mine = []
            for k, is_there in enumerate(there):
                if is_there:
                    who = speaker[n][k] if speaker[n][k] >= 0 else None
                    words = self.text(who, tuple(heard[n][k]), kinship[n][k])
                    injected = who is None  # the channel's own messages have speakers
                    mine.append(
                        {"symbols": heard[n][k], **words, "speaker": who, "kinship": kinship[n][k]}
                        | {"injected": injected}
                    )
            out.append(mine)
        return out

    def _objects(self, w: int) -> list[Plain]:
        """Return what there is beside agents and walls."""
        world, cells = self.session.world, self.codes["cells"]
        places = (world.object_row[w] - VIEW, world.object_column[w] - VIEW)
        columns = (world.kind[w], *places, world.stock[w], world.timer[w], world.link[w])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            {"id": n, "kind": cells[str(kind)], "row": row, "column": column, "stock": stock}
            | ({"ready": timer <= 0} if kind in (Cell.ALTAR, Cell.CONVERTER) else {})
            | ({"link": link} if kind == Cell.BEACON else {})
            for n, (kind, row, column, stock, timer, link) in enumerate(rows)
        ]

    def _changed_cells(self, w: int) -> list[list[int]]:
        """Return where walls were built or broken, [row, column, code]."""
        walls = self.session.world.grid[w] == Cell.WALL
        changed = np.argwhere(walls != self._walls)
        return [[r - VIEW, c - VIEW, int(Cell.WALL if walls[r, c] else Cell.EMPTY)] for r, c in changed.tolist()]

    def _entity(self, row: list[int]) -> Plain | None:
        """Return something in view, None for an empty row."""
        if not any(row):
            return None
        agent = row[Entity.KIND] == Cell.AGENT
        return {
            "kind": self.codes["cells"][str(row[Entity.KIND])],
            "row": row[Entity.ROW],
            "column": row[Entity.COLUMN],
            "kinship": row[Entity.KINSHIP] / KINSHIP_STEPS if agent else None,
            "facing": Facing(row[Entity.FACING]).name.lower() if agent else None,
            "body": self.codes["bodies"].get(str(row[Entity.BODY])) if agent else None,
        }

    def _vector(self, vector: NDArray[np.int16]) -> list[Plain]:
        """Return what an agent feels of itself, and knows of prices, by name."""
        return [{"name": column.name.lower(), "value": int(vector[column])} for column in Own]

    def _intends(self, logits: NDArray[np.float64]) -> list[Plain]:
        """Return the likeliest actions."""
        chances = softmax(logits)
        best = np.argsort(-chances, kind="stable")[:CARD].tolist()
        names = self.codes["actions"]
        return [{"action": names[str(a)], "probability": rounded(chances[a])} for a in best if chances[a] >= 0.005]

    def _says(self, agent: int, logits: NDArray[np.float64]) -> list[Plain]:
        """Return the likeliest messages; of several symbols, the likeliest one alone."""
        length = self.session.scenario.channel.length
        chances = np.stack([softmax(part) for part in logits.reshape(length, -1)])
        if length > 1:
            symbols = chances.argmax(axis=1).tolist()
            return [
                {"symbols": symbols, **self.text(agent, tuple(symbols)), "probability": rounded(chances.max(1).prod())}
            ]
        best = [s for s in np.argsort(-chances[0], kind="stable")[:CARD].tolist() if chances[0, s] >= 0.005]
        return [{"symbols": [s], **self.text(agent, (s,)), "probability": rounded(chances[0, s])} for s in best]


def about(session: Session, book: Phrasebook, speaks: frozenset[int]) -> Plain:
    """Return what does not change in a session: its agents, words and actions."""
    scenario, codes = session.scenario, code_tables(session.scenario)
    bodies = [scenario.bodies[name] for name in scenario.agent_bodies]
    agents = [
        {
            "id": n,
            "name": name,
            "body": scenario.agent_bodies[n],
            "family": scenario.families[n],
            "view": body.view,
            "hearing": body.hearing if isinstance(body.hearing, int) else -1,
            "speaks": n in speaks,
            "walks": "north" in body.actions,
        }
        for n, (name, body) in enumerate(zip(agent_names(scenario), bodies, strict=True))
    ]
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "agents": agents,
        "families": len(set(scenario.families)),
        "actions": list(codes["actions"].values()),
        "facings": list(codes["facings"].values()),
        "cells": codes["cells"],
        "vocabulary": scenario.channel.vocabulary,
        "length": scenario.channel.length,
        "slots": scenario.channel.slots,
        "steps": scenario.steps,
        "phrasebook": book.to_plain(),
        "phrasebook_note": book.note,
    }


def on_map(world: Plain) -> Plain:
    """Return a world without the objects that stand nowhere."""
    there = [thing for thing in world["objects"] if thing["kind"] != "empty" and thing["row"] >= 0]
    return {**world, "objects": there}


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of logits (n,)."""
    raised = np.exp(logits - logits.max())
    chances: NDArray[np.float64] = raised / raised.sum()
    return chances


def rounded(share: float | None) -> float | None:
    """Return a share to four places."""
    return None if share is None else round(float(share), 4)
