"""Checkpoints: what is read back decides the same, bit for bit; what is not one is refused in a sentence."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from commlab.agents.checkpoint import FORMAT, latest_checkpoint, load_checkpoint, of_format_1, save_checkpoint
from commlab.agents.recurrent import RecurrentPolicy, Sharing
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, parse_scenario
from commlab.env.scenario import Scenario
from commlab.env.types import Trait
from commlab.foundation.errors import CheckpointError

FACTS = {"agent_steps": 12, "seed": 3, "grounding": "none", "muted": False}


@pytest.fixture
def saved(lookout: Scenario, tmp_path: Path) -> Path:
    return save_checkpoint(tmp_path / "steps-1.pt", RecurrentPolicy(lookout, 8), lookout, "all", FACTS)


def rewrite(path: Path, **changes: Any) -> None:
    """Save the same file with some entries changed."""
    data = torch.load(path, weights_only=True)
    buffer = io.BytesIO()
    torch.save({**data, **changes}, buffer)
    path.write_bytes(buffer.getvalue())


@pytest.mark.parametrize("sharing", ["all", "agent"])
def test_what_is_read_back_decides_the_same(mixed: Scenario, play: Any, tmp_path: Path, sharing: Sharing) -> None:
    policy = RecurrentPolicy(mixed, 8, sharing, seed=7)
    path = save_checkpoint(tmp_path / "c.pt", policy, mixed, sharing, FACTS)
    checkpoint = load_checkpoint(path)
    before, after = play(mixed, 3, policy=policy), play(checkpoint.scenario, 3, policy=checkpoint.policy)
    for name, mine, theirs in zip(before._fields, before, after, strict=True):
        assert np.array_equal(mine, theirs), name
    assert checkpoint.scenario == mixed
    assert checkpoint.facts == FACTS
    assert checkpoint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


def test_a_policy_runs_in_scenarios_that_it_fits(saved: Path) -> None:
    longer = load_scenario("lookout", {"steps": 30})
    assert load_checkpoint(saved, longer).scenario.steps == 30


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no checkpoint .*none.pt; train the run"):
        load_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize("damage", ["torn", "text", "empty", "foreign", "folder"])
def test_a_damaged_file_is_told(saved: Path, damage: str) -> None:
    if damage == "torn":
        saved.write_bytes(saved.read_bytes()[:-500])
    elif damage == "foreign":
        torch.save({"weights": torch.zeros(3)}, saved)
    elif damage == "folder":
        saved.unlink()
        saved.mkdir()
    else:
        saved.write_text({"text": "hello\n", "empty": ""}[damage])
    with pytest.raises(CheckpointError, match="no commlab checkpoint, or it is damaged"):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    "part",
    [
        {"format": "x"},
        {"scenario": "{"},
        {"scenario": "3"},
        {"n_hidden": -3},
        {"sharing": "nobody"},
        {"facts": "{"},
        {"weights": [1]},
    ],
)
def test_a_damaged_part_is_told(saved: Path, part: dict[str, Any]) -> None:
    rewrite(saved, **part)
    with pytest.raises(CheckpointError, match="no commlab checkpoint, or it is damaged"):
        load_checkpoint(saved)


def test_weights_that_are_missing_or_no_numbers_are_told(saved: Path) -> None:
    policy = load_checkpoint(saved).policy
    rewrite(saved, weights={name: tensor * float("nan") for name, tensor in policy.state_dict().items()})
    with pytest.raises(CheckpointError, match="weights that are no finite numbers"):
        load_checkpoint(saved)
    rewrite(saved, weights={})
    with pytest.raises(CheckpointError, match="its weights do not fit its own scenario"):
        load_checkpoint(saved)


def test_a_newer_format_is_told(saved: Path) -> None:
    rewrite(saved, format=FORMAT + 1)
    with pytest.raises(CheckpointError, match=f"format {FORMAT + 1}, newer than the {FORMAT}.*update commlab"):
        load_checkpoint(saved)


def test_a_checkpoint_of_format_1_is_read(lookout: Scenario, saved: Path, play: Any) -> None:
    kept = {"name", "title", "about", "steps", "map", "crystals", "values", "yields", "bump", "agents", "kinship"}
    old = lookout.model_dump(mode="json", include={*kept, "channel", "reservoir"})
    costs = {"move_cost": 0, "use_cost": 0, "talk_cost": 0}
    old["altar"] = {"cost": 100, "reward": 1.0, "cooldown": 0}
    old["observation"] = {"entities": 4, "own_position": True}
    old["bodies"] = {name: body.model_dump(mode="json", exclude={"costs"}) for name, body in lookout.bodies.items()}
    for body in old["bodies"].values():
        body.update(costs)
    rewrite(saved, format=1, scenario=json.dumps(old))
    read = load_checkpoint(saved)
    before, after = play(lookout, 3, policy=RecurrentPolicy(lookout, 8)), play(read.scenario, 3, policy=read.policy)
    for name, mine, theirs in zip(before._fields, before, after, strict=True):
        assert np.array_equal(mine, theirs), name


def test_prices_of_format_1_stay_what_they_were(mixed: Scenario) -> None:
    old = mixed.model_dump(mode="json", exclude={"prices"})
    prices = {"scout": (3, 0, 7), "near": (1, 5, 0), "far": (2, 30_000, 7)}
    for name, body in old["bodies"].items():
        del body["costs"]
        body.update(zip(("move_cost", "use_cost", "talk_cost"), prices[name], strict=True))
    worlds = WorldBatch(parse_scenario(of_format_1(old)), 1)
    worlds.reset(np.zeros(1, np.int64))
    for number, name in enumerate(prices):
        paid = worlds.world.trait[0, number, [Trait.MOVE_COST, Trait.USE_COST, Trait.TALK_COST]]
        assert tuple(paid.tolist()) == prices[name]


@pytest.mark.parametrize("change", ["vocabulary", "body"])
def test_a_scenario_that_it_does_not_fit_is_told(saved: Path, change: str) -> None:
    if change == "vocabulary":
        other = load_scenario("lookout", {"channel.vocabulary": 8})
    else:
        other = load_scenario("lookout", {"bodies.cook": {"view": 3}})
    with pytest.raises(CheckpointError, match="does not fit the scenario 'lookout'.*use the run's own scenario"):
        load_checkpoint(saved, other)


def test_code_in_a_checkpoint_is_never_run(saved: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (exec, ("raise SystemExit('the trap was sprung')",))

    torch.save({"format": FORMAT, "weights": Trap()}, saved)
    with pytest.raises(CheckpointError):
        load_checkpoint(saved)


def test_the_latest_checkpoint_is_the_one_with_most_steps(tmp_path: Path) -> None:
    for steps in (5, 1000, 20):
        (tmp_path / f"steps-{steps:012d}.pt").touch()
    (tmp_path / "resume.pt").touch()
    assert latest_checkpoint(tmp_path).name == "steps-000000001000.pt"


def test_a_folder_without_checkpoints_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no checkpoint; train the run first"):
        latest_checkpoint(tmp_path)
