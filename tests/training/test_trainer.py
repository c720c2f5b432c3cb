"""Whole trainings: the same numbers whatever the processes and interruptions, and refusals in a sentence."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from commlab.agents.checkpoint import latest_checkpoint, load_checkpoint
from commlab.env.loading import load_scenario
from commlab.foundation.errors import RunError
from commlab.foundation.run import RunFolder
from commlab.training.config import Prediction, TrainConfig
from commlab.training.log import COLUMNS, Row
from commlab.training.trainer import Job, train

Jobs = Callable[..., Job]
CLOCKS = ("seconds", "steps_per_second")


def curve(job: Job) -> list[dict[str, str]]:
    """The rows of train.csv without its clocks."""
    with RunFolder(job.folder).log_csv.open(newline="") as file:
        return [{k: v for k, v in row.items() if k not in CLOCKS} for row in csv.DictReader(file)]


def final_weights(job: Job) -> dict[str, torch.Tensor]:
    """The weights of the last checkpoint."""
    return load_checkpoint(latest_checkpoint(RunFolder(job.folder).checkpoints)).policy.state_dict()


def assert_same(one: Job, other: Job) -> None:
    """Both trainings wrote the same curve and ended in the same weights, bit for bit."""
    assert curve(one) == curve(other)
    mine, theirs = final_weights(one), final_weights(other)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


class Interrupter:
    """A watch that presses Ctrl-C after one iteration."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.seen: list[int] = []

    def __call__(self, row: Row) -> None:
        self.seen.append(row.iteration)
        if row.iteration == self.after:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def uninterrupted(small_job: Jobs) -> Job:
    job = small_job("whole")
    train(job)
    return job


def test_a_training_writes_its_run(uninterrupted: Job) -> None:
    rows = curve(uninterrupted)
    assert [row["iteration"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert [row["agent_steps"] for row in rows] == [str(256 * i) for i in range(1, 7)]
    assert set(rows[0]) == set(COLUMNS) - set(CLOCKS)
    assert all(float(row[name]) == float(row[name]) for row in rows for name in row), "NaN in the curve"
    names = sorted(path.name for path in RunFolder(uninterrupted.folder).checkpoints.glob("steps-*.pt"))
    assert names == [f"steps-{steps:012d}.pt" for steps in (0, 512, 1024, 1536)]
    facts = json.loads(RunFolder(uninterrupted.folder).train.read_text())
    assert facts["complete"] is True
    assert facts["agent_steps"] == 1536
    assert facts["grounding"] == "predictive"
    assert RunFolder(uninterrupted.folder).finished() == facts["finished"]
    assert not list(uninterrupted.folder.rglob("*.part"))


def test_a_run_is_described_by_its_own_files(uninterrupted: Job) -> None:
    scenario = load_scenario(RunFolder(uninterrupted.folder).scenario)
    assert scenario.model_dump(exclude={"name"}) == uninterrupted.scenario.model_dump(exclude={"name"})


def test_weights_change_in_training(uninterrupted: Job) -> None:
    first = load_checkpoint(RunFolder(uninterrupted.folder).checkpoints / "steps-000000000000.pt").policy.state_dict()
    last = final_weights(uninterrupted)
    assert all(not torch.equal(first[name], last[name]) for name in first if "heads" in name or "weight" in name)


def test_a_complete_run_is_left_alone(uninterrupted: Job) -> None:
    before = {path: path.stat().st_mtime_ns for path in uninterrupted.folder.rglob("*")}
    train(uninterrupted, watch=Interrupter(after=0))
    assert {path: path.stat().st_mtime_ns for path in uninterrupted.folder.rglob("*")} == before


def test_two_processes_get_the_same_numbers_as_one(small_job: Jobs, uninterrupted: Job) -> None:
    job = small_job("two")
    train(job, processes=2)
    assert_same(job, uninterrupted)


def test_another_seed_gets_other_numbers(small_job: Jobs, uninterrupted: Job) -> None:
    job = small_job("other", seed=1)
    train(job)
    assert curve(job) != curve(uninterrupted)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_training_goes_on_exactly(small_job: Jobs, uninterrupted: Job, processes: int) -> None:
    job, watch = small_job("stopped"), Interrupter(after=2)
    with pytest.raises(KeyboardInterrupt):
        train(job, processes, watch)
    assert watch.seen == [0, 1, 2, 3], "a wish to stop is granted at the end of the next iteration"
    assert json.loads(RunFolder(job.folder).train.read_text())["complete"] is False
    watch = Interrupter(after=-1)
    train(job, watch=watch)
    assert watch.seen == [4, 5]
    assert_same(job, uninterrupted)


def test_a_killed_training_goes_on_from_its_resume_point(small_job: Jobs, uninterrupted: Job) -> None:
    job = small_job("killed")

    def fail(row: Row) -> None:
        if row.iteration == 4:  # checkpoints, and so resume points, lie behind iterations 1, 3 and 5
            raise OSError("killed")

    with pytest.raises(OSError, match="killed"):
        train(job, watch=fail)
    assert len(curve(job)) == 5
    watch = Interrupter(after=-1)
    train(job, watch=watch)
    assert watch.seen == [4, 5]
    assert_same(job, uninterrupted)


def test_episodes_longer_than_sequences_stop_only_when_they_are_over(small_job: Jobs) -> None:
    whole = small_job("whole", n_iterations=8, steps=32)
    assert (whole.iterations_an_episode, whole.n_iterations) == (2, 8)
    train(whole)
    job, watch = small_job("stopped", n_iterations=8, steps=32), Interrupter(after=1)
    with pytest.raises(KeyboardInterrupt):
        train(job, watch=watch)
    assert watch.seen == [0, 1, 2, 3], "iteration 2 begins an episode that iteration 3 ends"
    train(job)
    assert_same(job, whole)


def test_trainings_are_made_of_whole_episodes(small_job: Jobs) -> None:
    assert small_job(n_iterations=5, steps=64).n_iterations == 4
    assert small_job(n_iterations=1, steps=64).n_iterations == 4


def test_an_interrupt_in_the_last_iteration_loses_nothing(small_job: Jobs) -> None:
    job = small_job()
    with pytest.raises(KeyboardInterrupt):
        train(job, watch=Interrupter(after=4))
    assert RunFolder(job.folder).finished() is not None


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Interrupts as at a terminal: a shell starts its background jobs with them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_stops_at_once(small_job: Jobs) -> None:
    def press_twice(row: Row) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    job, before = small_job(), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(job, watch=press_twice)
    assert len(curve(job)) == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_the_control_hears_nothing_and_says_so(small_job: Jobs) -> None:
    job = small_job(n_iterations=3, mute=True, grounding={"kind": "none"}, prediction=Prediction(weight=0))
    train(job)
    checkpoint = load_checkpoint(latest_checkpoint(RunFolder(job.folder).checkpoints))
    assert checkpoint.facts == {"agent_steps": 768, "seed": 0, "grounding": "none", "muted": True}
    heard = checkpoint.policy.vocabulary.heard
    first = load_checkpoint(RunFolder(job.folder).checkpoints / "steps-000000000000.pt")
    tables = [c.policy.network(0).encoder.table[heard : heard + 5 * 16] for c in (first, checkpoint)]
    assert torch.equal(*tables), "what is never heard is never learnt, not even behind the last step"
    assert {row["grounding_loss"] for row in curve(job)} == {"0"}
    assert {row["prediction_loss"] for row in curve(job)} == {"0"}


@pytest.mark.parametrize("sharing", ["family", "agent"])
def test_networks_may_be_shared_less(small_job: Jobs, sharing: str) -> None:
    job = small_job(n_iterations=3, sharing=sharing)
    train(job)
    n_networks = {"family": 1, "agent": 2}[sharing]
    assert len(load_checkpoint(latest_checkpoint(RunFolder(job.folder).checkpoints)).policy.networks) == n_networks


@pytest.mark.parametrize(
    ("changes", "processes", "words"),
    [
        ({"worlds": 9}, 1, "multiple of shards"),
        ({"minibatches": 5}, 1, "5 minibatches"),
        ({}, 3, "2 shards do not split over 3 processes"),
        ({"steps": 24}, 1, "sequences of 16; set sequence to a divisor of 24"),
        ({"steps": 1}, 1, "2 or more"),
    ],
)
def test_settings_that_do_not_fit_are_refused_first(
    small_job: Jobs, changes: dict[str, Any], processes: int, words: str
) -> None:
    job = small_job(**changes)
    with pytest.raises(RunError, match=words):
        train(job, processes)
    assert not job.folder.exists()


def test_another_training_in_the_folder_is_refused(small_job: Jobs) -> None:
    train(small_job(n_iterations=3))
    with pytest.raises(RunError, match="holds another training"):
        train(small_job(n_iterations=3, seed=1))


def test_a_resume_point_of_nobody_knows_what_is_refused(small_job: Jobs) -> None:
    job = small_job(n_iterations=3)
    train(job)
    RunFolder(job.folder).train.unlink()
    with pytest.raises(RunError, match="holds another training"):
        train(job)


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_damaged_facts_are_told(small_job: Jobs, text: str) -> None:
    job = small_job()
    job.folder.mkdir()
    RunFolder(job.folder).train.write_text(text)
    with pytest.raises(RunError, match="cannot be read"):
        train(job)


def test_a_damaged_resume_point_is_told(small_job: Jobs) -> None:
    job = small_job()
    with pytest.raises(KeyboardInterrupt):
        train(job, watch=Interrupter(after=0))
    (RunFolder(job.folder).checkpoints / "resume.pt").write_bytes(b"torn")
    with pytest.raises(RunError, match="damaged"):
        train(job)


LEAD = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
import sys, time
from pathlib import Path
from commlab.env.loading import load_scenario
from commlab.training.config import TrainConfig
from commlab.training.trainer import Job, train

def rest(row):
    Path(sys.argv[1] + "-lives").touch()

if __name__ == "__main__":
    config = TrainConfig(worlds=8, shards=2, sequence=16, minibatches=2, hidden=8, agent_steps=10**9)
    train(Job(Path(sys.argv[1]), load_scenario("lookout", {"steps": 16}), config, ""), 2, rest)
"""


@pytest.fixture
def beginner(tmp_path: Path) -> Any:
    """A training on two processes that would go on for hours, just begun."""
    script = tmp_path / "lead.py"
    script.write_text(LEAD)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "run")], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.fixture
def leader(beginner: "subprocess.Popen[str]", tmp_path: Path) -> "subprocess.Popen[str]":
    """The same once it is under way."""
    assert wait_for(lambda: (tmp_path / "run-lives").exists() or beginner.poll() is not None, 60)
    return beginner


def followers(leader: int) -> list[int]:
    """The processes that train with a leader; the resource tracker of multiprocessing is none."""
    children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    return [int(c) for c in children if "spawn_main" in Path(f"/proc/{c}/cmdline").read_text()]


def wait_for(happened: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return happened()


def is_gone(process: int) -> bool:
    """A zombie that nobody has waited for is gone too."""
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_followers_die_with_their_leader(leader: "subprocess.Popen[str]") -> None:
    (follower,) = followers(leader.pid)
    assert not is_gone(follower)
    leader.kill()
    leader.wait(timeout=5)
    assert wait_for(lambda: is_gone(follower), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_dead_follower_ends_the_training_with_a_sentence(leader: "subprocess.Popen[str]") -> None:
    (follower,) = followers(leader.pid)
    os.kill(follower, signal.SIGKILL)
    _, errors = leader.communicate(timeout=20)
    assert leader.returncode == 1
    assert "RunError: train: a training process died (exit code -9)" in errors


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_at_the_very_start_is_the_leaders_alone(beginner: "subprocess.Popen[str]", tmp_path: Path) -> None:
    assert wait_for(lambda: len(followers(beginner.pid)) == 1, 60)
    (follower,) = followers(beginner.pid)
    time.sleep(0.3)  # the follower is importing by now
    os.killpg(beginner.pid, signal.SIGINT)
    _, errors = beginner.communicate(timeout=20)
    assert errors.count("Traceback") == 1, errors
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert wait_for(lambda: is_gone(follower), 5)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_short_training_beats_the_random_policy(tmp_path: Path) -> None:
    scenario = load_scenario("lookout")
    config = TrainConfig(agent_steps=1_000_000)
    returns: list[float] = []
    train(Job(tmp_path / "run", scenario, config, ""), watch=lambda row: returns.append(row.return_))
    assert returns[0] < 0.6, "scattered beginnings deliver by chance what they carry"
    checkpoint = load_checkpoint(latest_checkpoint(RunFolder(tmp_path / "run").checkpoints))
    assert checkpoint.facts["agent_steps"] == pytest.approx(1_000_000, rel=0.01)
    assert min(returns[-10:]) > 2.0
