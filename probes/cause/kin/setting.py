"""The setting of every experiment on kinship: who speaks and listens, what kin are told, and untouched episodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import NO_PLAN, Plan, showing_kinship, together
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError
from commlab.probes.cause.kin.code import (
    AS_GOOD,
    NO_CODE,
    Code,
    Judged,
    Places,
    Scene,
    fit_code,
    informed,
    judge,
    scene_of,
)
from commlab.probes.cause.roles import Roles, is_muted, roles_of
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable

__all__ = ["KIN", "STRANGER", "Setting", "prepare"]

KIN, STRANGER = 1.0, 0.0
STRANGE = 0.25  # who is kin by no more than this is a stranger
MOST_SITES = 64  # on maps with more, a word for each is not looked for
FEWEST = 32  # episodes
OTHER_EPISODES = 2**21  # added to the seed of the episodes on which codes are learnt


class Setting(NamedTuple):
    """What experiments on kinship share."""

    agents: Playable
    roles: Roles
    places: Places
    code: Code
    natural: Trace  # untouched episodes
    seed: int

    @property
    def scenario(self) -> Scenario:
        """Where the agents live."""
        return self.agents.scenario

    @property
    def n_episodes(self) -> int:
        """Episodes, W."""
        return int(self.natural.live.shape[1])

    @property
    def audience(self) -> NDArray[np.float64]:
        """Each speaker's real mean kinship with the listeners who are not always its kin, (W, S); 1 without any."""
        return self._to_listeners(np.mean)

    @property
    def strangers(self) -> NDArray[np.bool_]:
        """Which speakers have a real stranger (of kinship 1/4 or less) among the listeners, (W, S)."""
        return self._to_listeners(np.min) <= STRANGE

    def not_always_kin(self, viewer: int) -> tuple[int, ...]:
        """The other agents who are not wholly kin to one in every episode."""
        below = (self.natural.kinship[:, viewer] < 1).any(axis=0)
        return tuple(int(other) for other in np.flatnonzero(below) if other != viewer)

    def showing(self, viewers: tuple[int, ...], kinship: float) -> Plan:
        """Return the plan in which `viewers` are shown that kinship of all who may be strangers to them.

        Those who are always their kin stay so, as in every episode that agents have lived through.
        """
        where = np.arange(self.scenario.n_agents)[None, None]
        others = {viewer: self.not_always_kin(viewer) for viewer in viewers}
        return together(
            *(showing_kinship(kinship, where == viewer, others[viewer]) for viewer in viewers if others[viewer])
        )

    def play(self, plan: Plan = NO_PLAN) -> Trace:
        """Roll the episodes again under a plan."""
        return play(self.agents, self.n_episodes, self.seed, plan)

    def judged(self, trace: Trace) -> tuple[Judged, Judged]:
        """What speakers said in a trace, judged by its own world and, for chance, by other episodes' worlds."""
        scene = self.scene(trace)
        return judge(self.code, scene), judge(self.code, scene, np.roll(np.arange(self.n_episodes), 1))

    def scene(self, trace: Trace) -> Scene:
        """What speakers had to tell in a trace, and said."""
        return scene_of(trace, self.scenario, self.roles.speakers, self.places)

    def lesson(self, kinship: float) -> Trace:
        """Roll other episodes, to learn from them what is said when speakers are shown that kinship."""
        plan = self.showing(self.roles.speakers, kinship)
        return play(self.agents, self.n_episodes, OTHER_EPISODES + self.seed, plan)

    def _to_listeners(self, over: Callable[..., NDArray[np.float64]]) -> NDArray[np.float64]:
        """A number of each speaker's kinship with the listeners who are not always its kin, (W, S); 1 without any."""
        out = np.ones((self.n_episodes, len(self.roles.speakers)))
        for s, speaker in enumerate(self.roles.speakers):
            others = [other for other in self.not_always_kin(speaker) if other in self.roles.listeners]
            if others:
                out[:, s] = over(self.natural.kinship[:, speaker, others].astype(np.float64), axis=1)
        return out


def prepare(agents: Playable, n_episodes: int, seed: int) -> Setting:
    """Roll untouched episodes, and learn on others the code in which speakers tell kin.

    Raises DataError where kinship is hidden, nobody is a stranger, nobody hears, there is nothing to speak of, nothing
    is said to kin, or there are too few episodes.
    """
    scenario, roles = agents.scenario, roles_of(agents.scenario)
    _check(agents, roles, n_episodes)
    sectors, sites = (Places.of(scenario, kind) for kind in ("sector", "site"))
    setting = Setting(agents, roles, sectors, NO_CODE, play(agents, n_episodes, seed), seed)
    if not setting.strangers.any():
        raise DataError(
            f"Everybody is kin in {scenario.name!r}, so these agents have never met a stranger; take agents trained "
            f"with strangers, as in rivals or babel."
        )
    setting = _in_words(setting, sites)
    if not any(len(messages) for messages in setting.code.messages):
        raise DataError(
            f"Nothing is said to kin in {scenario.name!r}, so there is no code in which strangers could be told "
            f"anything else; train the agents longer, or in a world in which speaking to kin pays."
        )
    return setting


def _in_words(setting: Setting, finer: Places) -> Setting:
    """Return the setting with the code of what kin are told: of sectors, or of sites if it tells more of them."""
    lesson = setting.lesson(KIN)
    read = {}
    for one in (setting, setting._replace(places=finer if finer.n <= MOST_SITES else setting.places)):
        scene = one.scene(lesson)
        read[one.places.kind] = one._replace(code=fit_code(scene)), scene
    told = {kind: informed(one.code, scene) for kind, (one, scene) in read.items()}
    return read["site" if told.get("site", 0.0) > told["sector"] + AS_GOOD else "sector"][0]


def _check(agents: Playable, roles: Roles, n_episodes: int) -> None:
    """Raise DataError where experiments on kinship have no sense."""
    scenario = agents.scenario
    if n_episodes < FEWEST:
        raise DataError(f"{n_episodes} episodes are too few to compare kin and strangers; take {FEWEST} or more.")
    if scenario.kinship.hidden:
        raise DataError(
            f"Kinship is hidden in {scenario.name!r} (kinship.hidden), so agents cannot treat strangers otherwise than "
            f"kin; take agents that see it."
        )
    if scenario.n_agents < 2:
        raise DataError(f"There is one agent in {scenario.name!r}, and nobody to speak to; take a world with several.")
    if is_muted(agents):
        raise DataError("These agents were trained with the channel muted, so nobody is told anything; take others.")
    if not len(Places.of(scenario, "site").sites) or not scenario.crystals:
        raise DataError(
            f"There are no sites for crystals in {scenario.name!r}, and what is said is read as the place of one; take "
            f"a world with sites, as rivals or babel."
        )
