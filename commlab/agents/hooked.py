"""Hooks from Python: functions that look at hidden states, messages and actions, and change them, by place and time.

In the style that people know from TransformerLens and pyvene: a hook is addressed by (site, agent, step). What is to be
recorded, compared and repeated is better said as an `Intervention`, which is data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.policy import Decision, Draws, Hooks, Policy
from commlab.env.scenario import Scenario
from commlab.env.types import Observation
from commlab.foundation.errors import InterventionError, nearest_names

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Address", "Cache", "Hook", "HookedPolicy", "Point"]

CHANGED = ("message.out", "action")  # beside hidden states
SEEN = ("message.in", "logits", "value")  # these can be kept, not changed
Address = tuple[str, int | None, int | None] | str  # site, agent, step; None, or left out: every one
Hook = Callable[[NDArray[Any], "Point"], NDArray[Any] | None]


class Point(NamedTuple):
    """Where and when a hook is called."""

    site: str
    agent: int
    step: int


class Cache:
    """What was kept of a run: `cache["hidden.core"]` is (T, W, A, H), `cache["hidden.core", 1, 12]` is (W, H)."""

    def __init__(self, kept: Mapping[str, list[NDArray[Any]]], n_worlds: int) -> None:
        """Keep the first `n_worlds` worlds."""
        self.arrays = {site: np.stack(steps)[:, :n_worlds] for site, steps in kept.items()}

    def __getitem__(self, address: Address) -> NDArray[Any]:
        """Return what was kept at a site, of an agent, at a step. Raises InterventionError where nothing was."""
        site, agent, step = normal(address)
        if site not in self.arrays:
            raise InterventionError(f"Nothing was kept of {site!r}: there are {', '.join(self.arrays)}.")
        array = self.arrays[site]
        check_place(agent, step, n_agents=array.shape[2], n_steps=array.shape[0])
        of_agent = array if agent is None else array[:, :, agent]
        return of_agent if step is None else of_agent[step]

    def __iter__(self) -> Any:
        """Iterate over the sites that were kept."""
        return iter(self.arrays)


class HookedPolicy:
    """A policy whose inner life is looked at and changed by functions."""

    def __init__(
        self, policy: Policy, hooks: Mapping[Address, Hook], kept: Sequence[str] = (), scenario: Scenario | None = None
    ) -> None:
        """Call `hooks` by address, and keep what happens at the sites `kept`.

        A hook is given what is there, (W, H) for hidden states, (W, L) for `message.out` and (W,) for `action`, and the
        `Point`; what it returns, unless None, takes its place. Raises InterventionError for sites that do not exist,
        and, where the `scenario` is given, for agents and steps (later also for symbols and actions) that do not.
        """
        if not isinstance(hooks, Mapping) or not all(callable(hook) for hook in hooks.values()):
            raise InterventionError("Hooks are functions by their address: {('hidden.core', 1, 12): function}.")
        self.policy = policy
        self.hooks = [(*normal(address), hook) for address, hook in hooks.items()]
        self.kept: dict[str, list[NDArray[Any]]] = {site: [] for site in kept}
        hidden = [f"hidden.{name}" for name in policy.hidden_sizes]
        for site in [site for site, *_ in self.hooks]:
            check_site(site, [*hidden, *CHANGED])
        for site in kept:
            check_site(site, [*hidden, *CHANGED, *SEEN])
        self.most: dict[str, int] = {}
        if scenario is not None:
            self.most = {"message.out": scenario.channel.vocabulary - 1, "action": scenario.n_actions - 1}
            for _, agent, step, _ in self.hooks:
                check_place(agent, step, scenario.n_agents, scenario.steps)

    @property
    def hidden_sizes(self) -> Mapping[str, int]:
        """The units of the policy's hidden states, by hook point."""
        return self.policy.hidden_sizes

    def initial_state(self, n_worlds: int) -> Any:
        """Return the state in which episodes begin."""
        return self.policy.initial_state(n_worlds)

    def fork_state(self, state: Any, worlds: NDArray[np.int64]) -> Any:
        """Return a copy of the state of some worlds."""
        return self.policy.fork_state(state, worlds)

    def step(self, observation: Observation, state: Any, draws: Draws, hooks: Hooks | None = None) -> Decision:
        """Return what the policy does, as the hooks leave it."""
        t = int(draws.t[0])
        decision = self.policy.step(observation, state, draws, self._hidden_hooks(t, hooks))
        message, action = decision.message.copy(), decision.action.copy()
        for agent in range(action.shape[1]):
            message[:, agent] = self._called("message.out", agent, t, message[:, agent])
            action[:, agent] = self._called("action", agent, t, action[:, agent])
        decision = decision._replace(message=message, action=action)
        self._keep(observation, decision)
        return decision

    def _hidden_hooks(self, t: int, hooks: Hooks | None) -> Hooks:
        """Return the hooks of the network: those given, and then ours."""
        import torch

        def bind(name: str) -> Callable[[Tensor, NDArray[np.int64]], Tensor]:
            def call(value: Tensor, agents: NDArray[np.int64]) -> Tensor:
                given = value if hooks is None or name not in hooks else hooks[name](value, agents)
                rows = given.cpu().numpy().reshape(-1, len(agents), given.shape[1]).copy()
                for n, agent in enumerate(agents.tolist()):
                    rows[:, n] = self._called(f"hidden.{name}", agent, t, rows[:, n])
                return torch.from_numpy(rows.reshape(given.shape)).to(given.device)

            return call

        wanted = {site.split(".", 1)[1] for site, *_ in self.hooks if site.startswith("hidden.")}
        return {**(hooks or {}), **{name: bind(name) for name in wanted}}

    def _called(self, site: str, agent: int, t: int, value: NDArray[Any]) -> NDArray[Any]:
        """Return a value (W, …) as the hooks at this address leave it."""
        for where, of, at, hook in self.hooks:
            if where == site and of in (None, agent) and at in (None, t):
                new = hook(value.copy(), Point(site, agent, t))
                if new is not None:
                    value = checked(new, value, site, self.most.get(site))
        return value

    def _keep(self, observation: Observation, decision: Decision) -> None:
        """Keep what was asked for."""
        there: dict[str, NDArray[Any]] = {
            "message.in": observation.heard,
            "message.out": decision.message,
            "action": decision.action,
            "logits": decision.logits,
            "value": decision.value,
            **{f"hidden.{name}": value for name, value in decision.hidden.items()},
        }
        for site, steps in self.kept.items():
            steps.append(there[site].copy())


def normal(address: Address) -> tuple[str, int | None, int | None]:
    """Return site, agent and step of an address. Raises InterventionError where it is none."""
    parts: tuple[Any, ...] = tuple(address) if isinstance(address, tuple | list) else (address,)
    site, agent, step = (*parts, None, None)[:3]
    whole = all(part is None or isinstance(part, int | np.integer) for part in (agent, step))
    if not isinstance(site, str) or len(parts) > 3 or not whole:
        raise InterventionError(
            f"A hook is addressed by (site, agent, step), such as ('hidden.core', 1, 12), not {address!r}."
        )
    return site, agent, step


def check_site(site: str, known: Sequence[str]) -> None:
    """Raise InterventionError where there is no such site."""
    if site not in known:
        near = nearest_names(site, known, 1)[0]
        raise InterventionError(f"There is no site {site!r} here: the nearest is {near}, all are {', '.join(known)}.")


def check_place(agent: int | None, step: int | None, n_agents: int, n_steps: int) -> None:
    """Raise InterventionError where there is no such agent or step; None stands for all."""
    if (agent is not None and not 0 <= agent < n_agents) or (step is not None and not 0 <= step < n_steps):
        raise InterventionError(
            f"There are agents 0 to {n_agents - 1} and steps 0 to {n_steps - 1}, not {agent} at {step}."
        )


def checked(new: Any, old: NDArray[Any], site: str, most: int | None = None) -> NDArray[Any]:
    """Return what a hook returned; InterventionError where it does not fit, or is no number from 0 to `most`."""
    array = np.asarray(new)
    if array.shape != old.shape:
        raise InterventionError(f"A hook at {site} returns an array of shape {old.shape}, not {array.shape}.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InterventionError(f"A hook at {site} returned NaN or infinite numbers.")
    if most is not None and not np.isin(array, np.arange(most + 1)).all():
        raise InterventionError(f"A hook at {site} returns whole numbers from 0 to {most}.")
    return array.astype(old.dtype)
