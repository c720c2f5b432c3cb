"""The setting of every experiment on kinship: who speaks and listens, what kin are told, and untouched episodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import NO_PLAN, Plan, showing_kinship
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError
from commlab.probes.cause.kin_code import Code, Judged, fit_code, judge, scene_of
from commlab.probes.cause.roles import Roles, is_muted, roles_of
from commlab.probes.cause.twins import Trace, play
from commlab.recording import Playable, layout

__all__ = ["KIN", "STRANGER", "Setting", "prepare", "showing"]

KIN, STRANGER = 1.0, 0.0
FEWEST = 32  # episodes
OTHER_EPISODES = 2**21  # added to the seed of the episodes on which codes are learnt


class Setting(NamedTuple):
    """What experiments on kinship share."""

    agents: Playable
    roles: Roles
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
        """Each speaker's real mean kinship with the listeners, (W, S)."""
        return self._to_listeners(np.mean)

    @property
    def strangers(self) -> NDArray[np.bool_]:
        """Which speakers have a real stranger (of kinship 0 or less) among the listeners, (W, S)."""
        return self._to_listeners(np.min) <= 0

    def play(self, plan: Plan = NO_PLAN) -> Trace:
        """Roll the episodes again under a plan."""
        return play(self.agents, self.n_episodes, self.seed, plan)

    def judged(self, trace: Trace) -> tuple[Judged, Judged]:
        """What speakers said in a trace, judged by its own world and, for chance, by other episodes' worlds."""
        scene = scene_of(trace, self.scenario, self.roles.speakers)
        return judge(self.code, scene), judge(self.code, scene, np.roll(np.arange(self.n_episodes), 1))

    def _to_listeners(self, over: Callable[..., NDArray[np.float64]]) -> NDArray[np.float64]:
        """A number of each speaker's kinship with the listeners but itself, (W, S)."""
        kinship = self.natural.kinship.astype(np.float64)
        others = {one: [other for other in self.roles.listeners if other != one] for one in self.roles.speakers}
        return np.stack([over(kinship[:, one, others[one]], axis=1) for one in self.roles.speakers], axis=1)


def showing(scenario: Scenario, viewers: tuple[int, ...], kinship: float) -> Plan:
    """Return the plan, for any number of worlds, in which `viewers` are shown that kinship of everybody else."""
    return showing_kinship(kinship, np.isin(np.arange(scenario.n_agents), viewers)[None, None])


def prepare(agents: Playable, n_episodes: int, seed: int) -> Setting:
    """Roll untouched episodes, and learn on others the code in which speakers tell kin.

    Raises DataError where kinship is hidden, nobody is a stranger, nobody hears, there is nothing to speak of, nothing
    is said to kin, or there are too few episodes.
    """
    scenario, roles = agents.scenario, roles_of(agents.scenario)
    _check(agents, roles, n_episodes)
    natural = play(agents, n_episodes, seed)
    plan = showing(scenario, roles.speakers, KIN)
    code = fit_code(scene_of(play(agents, n_episodes, OTHER_EPISODES + seed, plan), scenario, roles.speakers))
    setting = Setting(agents, roles, code, natural, seed)
    if not setting.strangers.any():
        raise DataError(
            f"Everybody is kin in {scenario.name!r}, so these agents have never met a stranger; take agents trained "
            f"with strangers, as in rivals, or in a world whose kinship.size is a range."
        )
    if not any(len(messages) for messages in code.messages):
        raise DataError(
            f"Nothing is said to kin in {scenario.name!r}, so there is no code in which strangers could be told "
            f"anything else; train the agents longer, or in a world in which speaking to kin pays."
        )
    return setting


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
    if not layout(scenario)["sites"] or not scenario.crystals:
        raise DataError(
            f"There are no sites for crystals in {scenario.name!r}, and what is said is read as the place of one; take "
            f"a world with sites, as rivals or babel."
        )
