"""Beginnings: training that goes on from the weights of an earlier one, in another world or by another recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.env.scenario import Scenario
from commlab.foundation.errors import RunError
from commlab.foundation.run import RunFolder
from commlab.training.config import TrainConfig

__all__ = ["begin_from", "find_beginning", "groundings"]


def find_beginning(scenario: Scenario, config: TrainConfig) -> Checkpoint | None:
    """Return the checkpoint that training begins from, None where it begins from nothing.

    Raises CheckpointError where it is missing or does not fit the scenario, RunError where it is of other networks.
    """
    if config.begin is None:
        return None
    path = Path(config.begin)
    found = load_checkpoint(latest_checkpoint(RunFolder(path).checkpoints) if path.is_dir() else path, scenario)
    wanted = RecurrentPolicy(scenario, config.hidden, config.sharing)
    alike = [g.tolist() for g in found.policy.groups] == [g.tolist() for g in wanted.groups]
    if not (alike or is_shared(found.policy)) or found.policy.n_hidden != config.hidden:
        raise RunError(
            f"train: {config.begin} has {len(found.policy.groups)} networks of {found.policy.n_hidden} units, and this "
            f"training would have {len(wanted.groups)} of {config.hidden}; set sharing and hidden as they were there."
        )
    return found


def begin_from(beginning: Checkpoint, policy: RecurrentPolicy) -> None:
    """Give a policy the weights that training begins from; a network that all shared is where each group begins."""
    for number, network in enumerate(policy.networks):
        source = beginning.policy.network(0 if is_shared(beginning.policy) else number)
        network.load_state_dict(source.state_dict())


def is_shared(policy: RecurrentPolicy) -> bool:
    """Return whether one network serves all agents."""
    return len(policy.groups) == 1


def groundings(config: TrainConfig, beginning: Checkpoint | None) -> str:
    """Return the groundings used, of the earlier training too: what began grounded did not emerge by reward alone."""
    own = config.grounding.kind
    earlier = _facts(beginning).get("grounding", own)
    return own if earlier == own else f"{earlier}, then {own}"


def _facts(beginning: Checkpoint | None) -> dict[str, Any]:
    return beginning.facts if beginning is not None else {}
