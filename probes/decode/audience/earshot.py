"""Who stands within whose earshot, who speaks, and who is heard, row by row of a recording, with the kinship of both.

A row is a step at which something may be said: who is within earshot is told from where agents stand when it is heard.
Agents that cannot pay for what they say are not heard, though it is recorded; that counts as silence.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import following
from commlab.foundation.errors import DataError

__all__ = ["Earshot", "Speaker", "earshot", "fits", "speakers"]

EVERYWHERE = "everywhere"
LIKELY = 0.99  # of what is heard, and of what should be: below it, where agents stand does not tell who hears whom

Array = NDArray[Any]
Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]


class Earshot(NamedTuple):
    """A recording's rows whose speech is heard within the episode."""

    episode: NDArray[np.int64]  # (S,)
    t: NDArray[np.int64]  # (S,) steps since the episode's start
    heard_at: NDArray[np.int64]  # (S,) the row at which what is said in this one is heard
    said: Bool  # (S, A) who says something, whether it can be heard or not
    speaker: Array  # (S, A, K) whom each agent hears then, -1 for nobody
    position: Array | None  # (S, A, 2) then
    radius: Float32  # (E, A) squared; infinite for everywhere
    kinship: Float32  # (M, A, A) as the row agent has the column agent
    matrix: NDArray[np.int64]  # (S,) which of them holds
    partner: Array | None  # (S, A) whom a bond makes kin, -1 for nobody
    bond: float  # the kinship that a bond makes

    @property
    def n_agents(self) -> int:
        """Agents, A."""
        return int(self.said.shape[1])

    @property
    def n_slots(self) -> int:
        """Speakers that an agent can hear at once, K."""
        return int(self.speaker.shape[2])


class Speaker(NamedTuple):
    """One agent as a speaker to all others; its own column is False."""

    agent: int
    speaks: Bool  # (S,) so that somebody can hear it
    near: Bool  # (S, A) who is within earshot
    heard: Bool  # (S, A) who hears it
    kinship: Float32  # (S, A) of each, as the speaker has it


def earshot(recording: Recording) -> Earshot:
    """The rows of a recording. Raises DataError where it does not say who hears whom, or nobody hears anybody."""
    for column in ("channel/speaker", "channel/said"):
        if column not in recording:
            raise DataError(f"{recording.path} has no {column}, which says who hears whom: record it again with it.")
    source, inside = following(recording, recording.hearing_delay)
    source = source[inside]
    speaker = recording["channel/speaker"][:][source]
    if not (speaker >= 0).any():
        raise DataError(f"Nobody hears anybody in {recording.path}: take a recording whose channel is not muted.")
    column = "channel/emitted" if "channel/emitted" in recording else "channel/said"
    spoken = recording[column][:][inside]
    partner = recording["agents/partner"][:][source] if "agents/partner" in recording else None
    return Earshot(
        episode=np.asarray(recording.row_episode, dtype=np.int64)[inside],
        t=np.asarray(recording["steps/t"][:], dtype=np.int64)[inside],
        heard_at=source,
        said=np.asarray(spoken.reshape(*spoken.shape[:2], -1).any(axis=2)),
        speaker=speaker,
        position=recording["agents/position"][:][source].astype(np.int32) if "agents/position" in recording else None,
        radius=squared_radius(recording),
        kinship=np.asarray(recording.kinship, dtype=np.float32),
        matrix=np.asarray(recording.episodes.kinship, dtype=np.int64)[recording.row_episode][inside],
        partner=partner if partner is not None and (partner >= 0).any() else None,
        bond=bond_of(recording),
    )


def squared_radius(recording: Recording) -> Float32:
    """How far each agent hears in each episode, squared, (E, A); infinite where the recording sets no limit."""
    layout = recording.attrs.get("layout") or {}
    hearing = layout.get("hearing", EVERYWHERE) if isinstance(layout, dict) else EVERYWHERE
    names = recording.codes.get("bodies", {})
    bodies = np.asarray(recording.episodes.bodies)
    radius = np.full(bodies.shape, np.inf, dtype=np.float32)
    for code in np.unique(bodies):
        found = hearing.get(names.get(int(code), ""), EVERYWHERE) if isinstance(hearing, dict) else hearing
        if found != EVERYWHERE:
            radius[bodies == code] = float(found) ** 2
    return radius


def bond_of(recording: Recording) -> float:
    """The kinship that a bond makes, as the scenario has it; full kinship where it does not say."""
    scenario = recording.attrs.get("scenario")
    kinship = scenario.get("kinship") if isinstance(scenario, dict) else None
    return float(kinship.get("bond_share", 1.0)) if isinstance(kinship, dict) else 1.0


def speakers(rows: Earshot) -> Iterator[Speaker]:
    """Every agent that is ever heard, in order."""
    free = (rows.speaker < 0).any(axis=2)
    for agent in range(rows.n_agents):
        others = np.arange(rows.n_agents) != agent
        near, heard = within(rows, agent) & others, (rows.speaker == agent).any(axis=2) & others
        if not heard.any():
            continue
        lost = (near & free).any(axis=1) & ~heard.any(axis=1)
        kinship = rows.kinship[rows.matrix, agent]
        if rows.partner is not None:
            bonded = rows.partner[:, agent, None] == np.arange(rows.n_agents)
            kinship = np.where(bonded, np.maximum(kinship, rows.bond), kinship)
        yield Speaker(agent, rows.said[:, agent] & ~lost, near, heard, kinship)


def within(rows: Earshot, agent: int) -> Bool:
    """Which agents (S, A) are within earshot of `agent`; all of them where the recording has no positions."""
    if rows.position is None:
        return np.ones(rows.said.shape, dtype=bool)
    gap = rows.position - rows.position[:, [agent]]
    near: Bool = (gap**2).sum(axis=2) <= rows.radius[rows.episode]
    return near


def fits(rows: Earshot) -> bool:
    """Whether who is within earshot, as told from places, is who hears: no walls, no beacons, and enough slots aside.

    A listener whose slots are all taken may miss a speaker within earshot.
    """
    full = (rows.speaker >= 0).all(axis=2)  # (S, A)
    heard = heard_near = due = due_heard = 0
    for one in speakers(rows):
        heard += int(one.heard.sum())
        heard_near += int((one.heard & one.near).sum())
        should = one.near & one.speaks[:, None] & ~full
        due += int(should.sum())
        due_heard += int((should & one.heard).sum())
    return heard_near >= LIKELY * heard and due_heard >= LIKELY * due
