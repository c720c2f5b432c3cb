"""Checkpoints: a policy with all that is needed to run it again, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple, get_args

import torch

from commlab.agents.recurrent import RecurrentPolicy, Sharing
from commlab.env.loading import parse_scenario
from commlab.env.scenario import Scenario
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import CheckpointError

FORMAT = 2  # 1: scenarios in which each body has its own prices


class Checkpoint(NamedTuple):
    """A policy as it was at some moment of its training."""

    policy: RecurrentPolicy
    scenario: Scenario
    facts: dict[str, Any]  # agent_steps, seed, grounding, muted
    sha256: str


class Saved(NamedTuple):
    """What a file holds, each part of the type that it must have."""

    version: int
    scenario: dict[str, Any]
    n_hidden: int
    sharing: Sharing
    facts: dict[str, Any]
    weights: dict[str, torch.Tensor]


def save_checkpoint(
    path: Path, policy: RecurrentPolicy, scenario: Scenario, sharing: Sharing, facts: dict[str, Any]
) -> Path:
    """Write the policy to `path`."""
    buffer = io.BytesIO()
    torch.save(
        {
            "format": FORMAT,
            "scenario": scenario.model_dump_json(),
            "n_hidden": policy.n_hidden,
            "sharing": sharing,
            "facts": json.dumps(facts),
            # copies: a view would take the whole vector of weights, critics included, into the file
            "weights": {name: tensor.cpu().clone() for name, tensor in policy.state_dict().items()},
        },
        buffer,
    )
    write_atomic(path, buffer.getvalue())
    return path


def load_checkpoint(path: Path, scenario: Scenario | None = None) -> Checkpoint:
    """Return the checkpoint at `path`, to be run in the scenario it was trained in or in another that it fits.

    Raises CheckpointError where the file is missing, damaged, of a newer format, or does not fit the scenario.
    """
    try:
        data = path.read_bytes()
        saved = _unpacked(data)
    except FileNotFoundError:
        raise CheckpointError(
            f"There is no checkpoint {path}; train the run, or name one that has checkpoints."
        ) from None
    except Exception as error:
        raise CheckpointError(
            f"{path} is no commlab checkpoint, or it is damaged ({type(error).__name__}); train again."
        ) from None
    if saved.version > FORMAT:
        raise CheckpointError(
            f"{path} has format {saved.version}, newer than the {FORMAT} that this commlab reads; update commlab."
        )
    home = parse_scenario(saved.scenario, str(path))
    world = scenario or home
    policy = RecurrentPolicy(world, saved.n_hidden, saved.sharing)
    try:
        policy.load_state_dict(saved.weights)
    except RuntimeError:
        if scenario is None:
            raise CheckpointError(f"{path} is damaged: its weights do not fit its own scenario; train again.") from None
        raise CheckpointError(
            f"{path} was trained on {home.name!r} and does not fit the scenario {world.name!r}: their agents, bodies, "
            f"map sizes or vocabularies differ; use the run's own scenario."
        ) from None
    if not all(bool(torch.isfinite(weights).all()) for weights in policy.state_dict().values()):
        raise CheckpointError(f"{path} holds weights that are no finite numbers; take an earlier one, or train again.")
    policy.eval()
    return Checkpoint(policy, world, saved.facts, hashlib.sha256(data).hexdigest())


def _unpacked(data: bytes) -> Saved:
    """Return the parts of a file. Raises an exception of some kind where one is missing or of another type."""
    saved = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    version = int(saved["format"])
    if version > FORMAT:
        return Saved(version, {}, 0, "all", {}, {})  # its parts may be others
    given, facts = json.loads(saved["scenario"]), json.loads(saved["facts"])
    parts = Saved(
        version,
        of_format_1(given) if version == 1 else dict(given),
        int(saved["n_hidden"]),
        saved["sharing"],
        dict(facts),
        dict(saved["weights"]),
    )
    if parts.n_hidden < 1 or parts.sharing not in get_args(Sharing):
        raise ValueError("no such network")
    return parts


def of_format_1(scenario: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario of format 1 as it is written now: a price for all, and each body's multiplier."""
    bodies = {name: dict(body) for name, body in scenario["bodies"].items()}
    prices = {}
    for price in ("move", "use", "talk"):
        joules = {name: body.pop(f"{price}_cost", 0) for name, body in bodies.items()}
        prices[price] = max(joules.values())
        for name, body in bodies.items():
            if joules[name] != prices[price]:
                body.setdefault("costs", {})[price] = joules[name] / prices[price]
    return {**scenario, "bodies": bodies, "prices": prices}


def latest_checkpoint(folder: Path) -> Path:
    """Return the last checkpoint in `folder`; CheckpointError where there is none."""
    found = sorted(folder.glob("steps-*.pt"))
    if not found:
        raise CheckpointError(f"{folder} holds no checkpoint; train the run first, or name one that has checkpoints.")
    return found[-1]
