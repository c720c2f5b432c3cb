"""Films of recorded episodes: the world is played again from its seed and the recorded actions and messages.

A world is a function of seed, episode, actions and messages, so that no agents are needed; every step is compared with
the recording, and a film that would show something else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import ValidationError

from commlab.console import progress, say
from commlab.datasets.reader import Recording
from commlab.env.batch import WorldBatch
from commlab.env.kernel import kernels_are_cold
from commlab.env.render.film import check_speed, check_target, save_film
from commlab.env.render.picture import Options, draw_world
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW
from commlab.foundation.errors import CommlabError, RenderError

__all__ = ["FILMS", "check_film", "film"]

FILMS = (".gif", ".mp4")
NEEDED = ("agents/position", "policy/action", "channel/emitted")
SET = ("energy", "shield", "frozen")  # what interventions may set in a world


def check_film(path: Path, fps: float) -> None:
    """Raise RenderError where no film can be made there, or none so fast."""
    check_target(path, FILMS)
    check_speed(fps)


def film(recording: Recording, episode: int, path: Path, fps: float = 8.0) -> str:
    """Film an episode, by its place in the recording; return a sentence on what in it an intervention set, or "".

    Raises RenderError where its world cannot be played again, or goes another way than was recorded.
    """
    check_film(path, fps)
    live = recording.excerpt(episode, episode + 1)
    batch = world_of(live)
    altered: set[str] = set()
    with progress(f"filming {batch.scenario.name}", live.n_steps) as advance:

        def frames() -> Iterator[Image.Image]:
            for t in range(live.n_steps):
                altered.update(aligned(batch, live, t))
                numbers = batch.scenario.n_agents > 1
                yield draw_world(batch.world, batch.rules, batch.scenario, 0, Options(caption=True, numbers=numbers))
                batch.step(live["policy/action"][t : t + 1], live["channel/emitted"][t : t + 1])
                advance(t + 1, "")

        save_film(frames(), path, fps)
    return f"An intervention set the agents' {', '.join(sorted(altered))}; the film shows it." if altered else ""


def world_of(recording: Recording) -> WorldBatch:
    """The world of the only episode of `recording`, an excerpt, at its beginning."""
    missing = [name for name in NEEDED if name not in recording]
    facts = recording.attrs.get("scenario")
    try:
        scenario = Scenario.model_validate(facts) if not missing else None
    except ValidationError:
        scenario = None
    if scenario is None:
        raise RenderError(
            f"{recording.path} cannot be filmed: it is not of a world of commlab's own. `commlab replay` writes a "
            "page of it, without --film."
        )
    if kernels_are_cold():
        say("First use on this machine: compiling kernels takes about a minute.")
    table = recording.episodes
    try:
        batch = WorldBatch(scenario, 1, int(table.seed[0]))
        batch.reset(np.array([int(table.episode[0])]))
    except CommlabError as error:
        raise RenderError(f"The world of {recording.path} cannot be played again: {error}") from error
    return batch


def aligned(batch: WorldBatch, recording: Recording, t: int) -> set[str]:
    """Hold the world to what was recorded at step t; return what had to be set because an intervention set it.

    Raises RenderError where agents do not stand where they stood.
    """
    world = batch.world
    places = np.stack([world.row[0], world.column[0]], axis=-1) - VIEW
    if not np.array_equal(places, recording["agents/position"][t]):
        raise RenderError(
            f"{recording.path} cannot be filmed: played again, its world goes another way from step {t} on, because an "
            "intervention changed what agents did, or another commlab recorded it. Its page shows what was recorded."
        )
    found = set()
    for name in SET:
        column = f"agents/{name}"
        array = getattr(world, name)
        if column in recording and not np.array_equal(array[0].astype(np.int64), recording[column][t].astype(np.int64)):
            array[0] = recording[column][t]
            found.add(name)
    return found
