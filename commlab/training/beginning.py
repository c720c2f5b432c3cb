"""Beginnings: training that goes on from the weights of an earlier one, in another world or by another recipe.

Agents take along what each token means to them. Another world may be of another size: a row or column is where it was
on the earlier map, and beyond that map begins anew, so that a map that repeats the earlier one is known all over.
Crystals of a colour that the earlier world lacked are at first what those of its first colour are.
Who never met strangers has learnt nothing of them. With `kin_blind`, agents of every kinship are at first what full kin
are, so that whatever difference kinship comes to make is learnt in the training that begins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.agents.network import RecurrentNetwork
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.tokens import GRADES, Vocabulary
from commlab.env.scenario import KINDS, Scenario
from commlab.env.types import WINDOW, Cell
from commlab.foundation.errors import RunError
from commlab.foundation.run import RunFolder
from commlab.training.config import TrainConfig

__all__ = ["as_kin", "as_known_colours", "begin_from", "earlier_tokens", "find_beginning", "groundings"]

PLACES = ("row", "column")
TABLE = "encoder.table"


def find_beginning(scenario: Scenario, config: TrainConfig) -> Checkpoint | None:
    """Return the checkpoint that training begins from, None where it begins from nothing.

    Raises CheckpointError where it is missing, RunError where its agents could not live in the scenario.
    """
    if config.begin is None:
        return None
    path = Path(config.begin)
    found = load_checkpoint(latest_checkpoint(RunFolder(path).checkpoints) if path.is_dir() else path)
    policy, wanted = found.policy, RecurrentPolicy(scenario, config.hidden, config.sharing)
    alike = [g.tolist() for g in policy.groups] == [g.tolist() for g in wanted.groups]
    if not (alike or is_shared(policy)) or policy.n_hidden != config.hidden:
        raise RunError(
            f"train: {config.begin} has {len(policy.groups)} networks of {policy.n_hidden} units, and this training "
            f"would have {len(wanted.groups)} of {config.hidden}; set sharing and hidden as they were there."
        )
    same = all(getattr(policy, name) == getattr(wanted, name) for name in ("n_actions", "n_symbols", "length"))
    if not same or earlier_tokens(policy.vocabulary, wanted.vocabulary) is None:
        raise RunError(
            f"train: agents of {config.begin} ({found.scenario.name}) do, say or perceive other things than those of "
            f"{scenario.name}; begin from agents with as many bodies, actions and symbols."
        )
    return found


def begin_from(beginning: Checkpoint, policy: RecurrentPolicy, kin_blind: bool = False) -> None:
    """Give a policy the weights that training begins from; a network that all shared is where each group begins."""
    tokens = earlier_tokens(beginning.policy.vocabulary, policy.vocabulary)
    assert tokens is not None
    tokens = tokens[as_known_colours(policy.vocabulary, beginning.scenario)]
    if kin_blind:
        tokens = tokens[as_kin(policy.vocabulary)]
    for number, network in enumerate(policy.networks):
        source = beginning.policy.network(0 if is_shared(beginning.policy) else number)
        network.load_state_dict(_moved(source, tokens))


def earlier_tokens(earlier: Vocabulary, later: Vocabulary) -> NDArray[np.int64] | None:
    """Return for each token of a later world that of the earlier one, (N,); None where it has no such tokens."""
    before, after = _parts(earlier), _parts(later)
    tokens = []
    for name, (start, size) in before.items():
        wanted = after[name][1]
        if (wanted != size and name not in PLACES) or (wanted > 0 and size == 0):
            return None
        tokens.append(start + np.arange(wanted) % max(1, size))
    return np.concatenate(tokens)


def as_known_colours(vocabulary: Vocabulary, earlier: Scenario) -> NDArray[np.int64]:
    """Return for each token (N,) the one that it would be if crystals had colours of the earlier world alone."""
    tokens, cells = np.arange(vocabulary.size), WINDOW * WINDOW
    known = [KINDS.index(crystal.kind) for crystal in earlier.crystals]
    first = vocabulary.entity + (int(Cell.CRYSTAL_GREEN) - int(Cell.ALTAR)) * cells
    of_colour = first + cells * np.arange(len(KINDS))[:, None] + np.arange(cells)
    for colour in range(len(KINDS)):
        if known and colour not in known:
            tokens[of_colour[colour]] = of_colour[known[0]]
    return tokens


def as_kin(vocabulary: Vocabulary) -> NDArray[np.int64]:
    """Return for each token (N,) the one that it would be if the agent seen or heard were full kin."""
    tokens = np.arange(vocabulary.size)
    parts, first = _parts(vocabulary), int(Cell.AGENT) - int(Cell.ALTAR)
    told = {  # how many tokens each grade has, and where those of the lowest grade begin
        "entity": (WINDOW * WINDOW, first * WINDOW * WINDOW),
        "heard": (vocabulary.symbols, 0),
        "direction": (parts["direction"][1] // GRADES, 0),
        "later": (vocabulary.symbols, 0),
        "relayed": (1, 0),
    }
    for name, (each, skipped) in told.items():
        start, size = parts[name]
        for lowest in range(start + skipped, start + size, GRADES * each):
            full = tokens[lowest + (GRADES - 1) * each : lowest + GRADES * each].copy()
            tokens[lowest : lowest + GRADES * each] = np.tile(full, GRADES)
    return tokens


def groundings(config: TrainConfig, beginning: Checkpoint | None) -> str:
    """Return the groundings used, of the earlier training too: what began grounded did not emerge by reward alone."""
    own = config.grounding.kind
    earlier = _facts(beginning).get("grounding", own)
    return own if earlier == own else f"{earlier}, then {own}"


def is_shared(policy: RecurrentPolicy) -> bool:
    """Return whether one network serves all agents."""
    return len(policy.groups) == 1


def _parts(vocabulary: Vocabulary) -> dict[str, tuple[int, int]]:
    """Return where each kind of token begins, and how many there are."""
    names = Vocabulary._fields[: Vocabulary._fields.index("size")]
    starts = [*(int(getattr(vocabulary, name)) for name in names), vocabulary.size]
    return {name: (start, stop - start) for name, start, stop in zip(names, starts, starts[1:], strict=False)}


def _moved(network: RecurrentNetwork, tokens: NDArray[np.int64]) -> dict[str, torch.Tensor]:
    """Return a network's weights, with the vectors of the tokens of another world."""
    weights = dict(network.state_dict())
    return {**weights, TABLE: weights[TABLE][torch.from_numpy(tokens)]}


def _facts(beginning: Checkpoint | None) -> dict[str, Any]:
    return beginning.facts if beginning is not None else {}
