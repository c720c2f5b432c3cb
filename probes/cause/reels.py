"""Reels: moments of experiments rolled again and recorded, the live episode beside its untouched twin.

Live and twin are rows of one batch with the same episode and draws. The checksum that an experiment kept of an episode
tells whether it came out again to the last bit. Where it did not (a policy's rows may depend on the batch's shape), the
episode is rolled in a batch of the experiment's own shape; one that differs even so is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention, from_json, to_json
from commlab.agents.plan import make_plan
from commlab.agents.rollout import Moment as Instant
from commlab.agents.rollout import Rollout
from commlab.agents.tapes import record_tapes
from commlab.datasets.reader import Recording
from commlab.datasets.writer import RecordingWriter
from commlab.env.batch import WorldBatch
from commlab.env.types import Observation, World
from commlab.foundation.disk import as_disk_error
from commlab.foundation.moments import Moment
from commlab.probes.cause.shown import mark_of
from commlab.probes.cause.twins import EXPERIMENTS
from commlab.recording import Playable, Recorder, Request, drawn_fields, header_of, shard_size

__all__ = ["LIVE", "TWINS", "Reels", "marks_in", "record_pairs", "reels_in"]

MOST_WORLDS = 2**14  # in a batch that is rolled for one episode of it
LIVE, TWINS = "live.h5", "twins.h5"
Fields = dict[str, NDArray[Any]]
Watch = Callable[[int, int], None]  # moments done, moments in all


class Reels(NamedTuple):
    """Two recordings whose episodes are pairs, and what is in them."""

    live: Path
    twins: Path
    reels: tuple[str, ...]  # of episode 0, 1, …
    lost: tuple[Moment, ...]  # moments whose episodes did not come out as the experiment saw them


class Row(NamedTuple):
    """An episode to be rolled."""

    episode: int
    changes: tuple[Intervention, ...]


class Rolled(NamedTuple):
    """An episode as it is written."""

    fields: Fields
    columns: Fields

    @property
    def mark(self) -> int:
        """The checksum of the episode."""
        names = ("agents/position", "agents/energy", "channel/said")
        return mark_of(*(self.columns[name] for name in names))


def record_pairs(agents: Playable, moments: Sequence[Moment], folder: Path, watch: Watch | None = None) -> Reels:
    """Record the episodes of moments, each reel once, to `folder`/live.h5 and their untouched twins to twins.h5.

    Recordings that lie there are replaced. Raises InterventionError where these agents' worlds lack what an
    intervention names, and DiskError where the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_disk_error(error, folder) from error
    wanted = list({moment.reel: moment for moment in moments}.values())
    kept: list[str] = []
    lost: list[Moment] = []
    with _writer(agents, folder / LIVE, "live") as live, _writer(agents, folder / TWINS, "twin") as twins:
        for moment, pair in _rolled(agents, wanted):
            if pair is None:
                lost.append(moment)
            else:
                for writer, one in zip((live, twins), pair, strict=True):
                    writer.write_shard(len(kept), one.fields, one.columns)
                    writer.take_result()  # two writers must not be at work at once: shards are files of one name
                kept.append(moment.reel)
            if watch is not None:
                watch(len(kept) + len(lost), len(wanted))
        if kept:
            twins.finish()
            live.finish()
    return Reels(folder / LIVE, folder / TWINS, tuple(kept), tuple(lost))


def reels_in(recording: Recording) -> list[str]:
    """Return the reel of every episode of a recording that `record_pairs` wrote."""
    table = recording.episodes
    return [
        Moment(int(n), 0, (), "", seed=int(seed) - EXPERIMENTS, interventions=tuple(json.loads(told))).reel
        for n, seed, told in zip(table.episode, table.seed, table.intervention, strict=True)
    ]


def marks_in(recording: Recording) -> list[int]:
    """Return the checksum of every episode of a recording."""
    names = ("agents/position", "agents/energy", "channel/said")
    each = (recording.excerpt(place, place + 1) for place in range(recording.n_episodes))
    return [mark_of(*(one.read(name) for name in names)) for one in each]


def _writer(agents: Playable, path: Path, condition: str) -> RecordingWriter:
    """Return a writer of episodes, one a shard."""
    request = Request(path, condition=condition, command="replay")
    return RecordingWriter(path, header_of(agents, request), None, 1, force=True)


def _rolled(agents: Playable, moments: Sequence[Moment]) -> Iterator[tuple[Moment, tuple[Rolled, Rolled] | None]]:
    """Yield each moment with its live episode and its twin, None where they are not what the experiment saw."""
    at_once = max(1, shard_size(agents.scenario) // 2)
    for seed in dict.fromkeys(moment.seed for moment in moments):
        mine = [moment for moment in moments if moment.seed == seed]
        for first in range(0, len(mine), at_once):
            some = mine[first : first + at_once]
            rows = [Row(moment.episode, _changes(moment)) for moment in some]
            rows += [Row(moment.episode, ()) for moment in some]
            both = _roll(agents, seed, rows, np.arange(len(rows)), shard_size(agents.scenario))
            for n, moment in enumerate(some):
                pair = both[n], both[n + len(some)]
                if moment.mark not in (0, pair[0].mark) and moment.episode < moment.worlds <= MOST_WORLDS:
                    pair = _in_its_own_batch(agents, moment)
                yield moment, pair if moment.mark in (0, pair[0].mark) else None


def _in_its_own_batch(agents: Playable, moment: Moment) -> tuple[Rolled, Rolled]:
    """Return a moment's live episode and its twin, each rolled where the experiment rolled it, in as large a batch."""
    rows = [Row(episode, ()) for episode in range(moment.worlds)]
    place = np.array([moment.episode])
    twin = _roll(agents, moment.seed, rows, place, moment.worlds)[0]
    rows[moment.episode] = Row(moment.episode, _changes(moment))
    return _roll(agents, moment.seed, rows, place, moment.worlds)[0], twin


def _changes(moment: Moment) -> tuple[Intervention, ...]:
    """Return what is done in a moment's live world."""
    return from_json(json.dumps(list(moment.interventions)))


def _roll(agents: Playable, seed: int, rows: Sequence[Row], wanted: NDArray[np.int64], n_worlds: int) -> list[Rolled]:
    """Roll `rows` in a batch of `n_worlds`, filled up with other episodes; return the rows that are wanted."""
    scenario = agents.scenario
    sources = [change.source for row in rows for change in row.changes if change.source is not None]
    tapes = record_tapes(agents.policy, scenario, EXPERIMENTS + seed, sources, n_worlds)
    changes = [row.changes for row in rows]
    plan = make_plan(changes, scenario.steps, scenario.n_agents, scenario.channel.length, tapes)
    worlds = WorldBatch(scenario, n_worlds, EXPERIMENTS + seed)
    rollout = Rollout(worlds, agents.policy, plan.padded(n_worlds))
    rollout.begin(np.array([row.episode for row in rows] + list(range(n_worlds - len(rows))), np.int64))
    drawn = {name: array[wanted] for name, array in drawn_fields(worlds, n_worlds).items()}
    recorder = Recorder(scenario, len(wanted))
    rollout.run(scenario.steps, _Some(recorder, wanted))
    return [_written(recorder, worlds, drawn, rows[int(w)], n) for n, w in enumerate(wanted)]


def _written(recorder: Recorder, worlds: WorldBatch, drawn: Fields, row: Row, n: int) -> Rolled:
    """Return the `n`th recorded episode as it is written."""
    length, condition = int(recorder.lengths[n]), "live" if row.changes else "twin"
    fields = {
        "length": np.array([length]),
        "seed": np.array([worlds.seed], np.uint64),
        "episode": np.array([row.episode]),
        "world": np.array([n]),
        "condition": np.array([condition]),
        "intervention": np.array([to_json(row.changes)]),
        "bodies": worlds.rules.body[None].copy(),
        "stats": recorder.stats[n : n + 1].copy(),
        **{name: array[n : n + 1].copy() for name, array in drawn.items()},
    }
    return Rolled(fields, {name: array[n, :length].copy() for name, array in recorder.arrays.items()})


class _Some:
    """A watcher that shows another one some worlds of a batch alone."""

    def __init__(self, watcher: Recorder, worlds: NDArray[np.int64]) -> None:
        """Show `watcher` the given worlds."""
        self.watcher, self.worlds = watcher, worlds

    def before(self, instant: Instant) -> None:
        """Show how a step is decided."""
        w, decision = self.worlds, instant.decision
        hidden = {name: array[w] for name, array in decision.hidden.items()}
        arrays = {name: getattr(decision, name)[w] for name in ("action", "message", "logprob", "logits", "value")}
        self.watcher.before(
            instant._replace(
                world=World._make(array[w] for array in instant.world),
                observation=Observation._make(array[w] for array in instant.observation),
                injected=instant.injected[w],
                decision=decision._replace(**arrays, hidden=hidden),
                emitted=instant.emitted[w],
                live=instant.live[w],
                action=instant.action[w],
            )
        )

    def after(self, t: int, world: World) -> None:
        """Show what came of it."""
        self.watcher.after(t, World._make(array[self.worlds] for array in world))
