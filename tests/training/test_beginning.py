"""Beginnings: the weights of an earlier training, in another world, and what is told of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.env.loading import load_scenario
from commlab.foundation.errors import CheckpointError, RunError
from commlab.foundation.run import RunFolder
from commlab.training.beginning import TABLE, as_known_colours
from commlab.training.trainer import Job, check_job, identity, read_facts, train

Jobs = Callable[..., Job]


@pytest.fixture
def first(small_job: Jobs) -> Job:
    """A finished training, grounded as by default."""
    job = small_job("first", n_iterations=2)
    train(job)
    return job


def checkpoints(job: Job) -> list[Path]:
    return sorted(RunFolder(job.folder).checkpoints.glob("steps-*.pt"))


def taken_along(earlier: Checkpoint, name: str, weights: torch.Tensor) -> torch.Tensor:
    """What becomes of weights: crystals of colours that the earlier world lacked are like those that it had."""
    if not name.endswith(TABLE):
        return weights
    return weights[torch.from_numpy(as_known_colours(earlier.policy.vocabulary, earlier.scenario))]


def test_training_goes_on_from_the_weights_in_another_world(first: Job, small_job: Jobs) -> None:
    job = small_job("second", n_iterations=2, begin=str(first.folder), grounding={"kind": "none"})
    job = job._replace(scenario=load_scenario("lookout", {"steps": 16, "end.hearts": 1}))
    train(job)
    end, start = load_checkpoint(checkpoints(first)[-1]), load_checkpoint(checkpoints(job)[0])
    for name, weights in end.policy.state_dict().items():
        assert torch.equal(taken_along(end, name, weights), start.policy.state_dict()[name]), name
    assert start.facts["beginning"]["sha256"] == end.sha256
    assert start.facts["grounding"] == "predictive, then none"
    facts = read_facts(job.folder)
    assert facts is not None
    assert facts["grounding"] == "predictive, then none"


def test_a_checkpoint_can_be_named_itself(first: Job, small_job: Jobs) -> None:
    job = small_job("second", n_iterations=1, begin=str(checkpoints(first)[0]))
    train(job)
    assert load_checkpoint(checkpoints(job)[0]).facts["beginning"]["agent_steps"] == 0
    assert load_checkpoint(latest_checkpoint(RunFolder(job.folder).checkpoints)).facts["grounding"] == "predictive"


def test_a_shared_network_becomes_that_of_each_agent_and_not_the_other_way_round(first: Job, small_job: Jobs) -> None:
    job = small_job("second", n_iterations=1, begin=str(first.folder), sharing="agent")
    train(job)
    end, start = load_checkpoint(checkpoints(first)[-1]), load_checkpoint(checkpoints(job)[0])
    assert len(start.policy.networks) == 2
    for number in (0, 1):
        for name, weights in end.policy.network(0).state_dict().items():
            assert torch.equal(taken_along(end, name, weights), start.policy.network(number).state_dict()[name]), name
    with pytest.raises(RunError, match="2 networks of 8 units, and this training would have 1"):
        check_job(small_job("third", begin=str(job.folder)), 1)


def test_a_training_from_nothing_is_the_one_of_before_there_were_beginnings(small_job: Jobs) -> None:
    assert "begin" not in identity(small_job())["train"]
    assert identity(small_job(begin="x"))["train"]["begin"] == "x"


def test_on_a_map_that_repeats_the_earlier_one_agents_know_their_way(first: Job, small_job: Jobs) -> None:
    rows = str(load_scenario("lookout").map).splitlines()
    twice = "\n".join(row + row.replace("1", ".").replace("2", ".") for row in rows)
    wide = load_scenario("lookout", {"steps": 16, "map": twice})
    job = small_job("second", n_iterations=1, begin=str(first.folder))._replace(scenario=wide)
    train(job)
    end, start = load_checkpoint(checkpoints(first)[-1]).policy, load_checkpoint(checkpoints(job)[0]).policy
    before, after = (p.network(0).state_dict()["encoder.table"] for p in (end, start))
    old, new = end.vocabulary, start.vocabulary
    assert torch.equal(after[new.heard : new.heard + 80], before[old.heard : old.heard + 80])
    assert torch.equal(after[new.column : new.column + 11], before[old.column : old.column + 11])
    assert torch.equal(after[new.column + 11 : new.column + 22], before[old.column : old.column + 11])
    assert torch.equal(after[new.row : new.row + 11], before[old.row : old.row + 11])


def test_who_is_blind_for_kinship_sees_and_hears_everybody_as_kin(first: Job, small_job: Jobs) -> None:
    blind = small_job("blind", n_iterations=1, begin=str(first.folder), kin_blind=True)
    train(blind)
    before = load_checkpoint(checkpoints(first)[-1]).policy
    after = load_checkpoint(checkpoints(blind)[0]).policy
    vocabulary, was, table = before.vocabulary, *(p.network(0).state_dict()["encoder.table"] for p in (before, after))
    heard = table[vocabulary.heard : vocabulary.direction].view(5, 16, 8)
    assert all(torch.equal(grade, was[vocabulary.heard + 64 : vocabulary.heard + 80]) for grade in heard)
    seen = table[vocabulary.agent - 5 * 121 : vocabulary.agent].view(5, 121, 8)
    assert all(torch.equal(grade, was[vocabulary.agent - 121 : vocabulary.agent]) for grade in seen)
    assert torch.equal(table[: vocabulary.entity + 3 * 121], was[: vocabulary.entity + 3 * 121])
    assert torch.equal(table[vocabulary.agent : vocabulary.heard], was[vocabulary.agent : vocabulary.heard])


def test_colours_never_seen_are_taken_for_the_one_that_was(first: Job, small_job: Jobs) -> None:
    later = small_job("later", n_iterations=1, begin=str(first.folder))
    train(later)
    was, table = (load_checkpoint(checkpoints(job)[i]).policy for job, i in ((first, -1), (later, 0)))
    green = was.vocabulary.entity + 2 * 121
    was, table = (policy.network(0).state_dict()["encoder.table"] for policy in (was, table))
    assert all(torch.equal(table[green + 121 * c : green + 121 * (c + 1)], was[green : green + 121]) for c in range(4))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"begin": "nowhere.pt"}, CheckpointError, "no checkpoint nowhere.pt"),
        ({"begin": "FIRST", "hidden": 4}, RunError, "1 networks of 8 units, and this training would have 1 of 4"),
        ({"begin": "FIRST", "channel.vocabulary": 8}, RunError, "as many bodies, actions and symbols"),
        ({"begin": "FIRST", "prices.move": [0, 1]}, RunError, "perceive other things"),
    ],
)
def test_what_does_not_fit_is_refused(
    first: Job, small_job: Jobs, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    world = {name: changes[name] for name in changes if "." in name}
    given = {name: str(first.folder) if value == "FIRST" else value for name, value in changes.items()}
    job = small_job("second", **{name: value for name, value in given.items() if name not in world})
    with pytest.raises(error, match=words):
        check_job(job._replace(scenario=load_scenario("lookout", {"steps": 16, **world})), 1)
