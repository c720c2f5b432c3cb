"""The training loop: shards live and learn, gradients are added in fixed order, checkpoints are kept along the way."""

from __future__ import annotations

import io
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import yaml

from commlab.agents.checkpoint import save_checkpoint
from commlab.env.scenario import Scenario
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import RunError
from commlab.foundation.provenance import provenance
from commlab.foundation.run import RunFolder
from commlab.training.beginning import begin_from, find_beginning, groundings
from commlab.training.config import TrainConfig
from commlab.training.log import Log, Row
from commlab.training.loss_kernel import Stat
from commlab.training.mixture import check_mixture
from commlab.training.optimiser import FlatAdam
from commlab.training.parallel import Group, best_device, join_torchrun, launched_by_torchrun, run_in_processes
from commlab.training.shard import Learner, Shard

Watch = Callable[[Row], None]


class Job(NamedTuple):
    """What is to be trained, and where it is kept."""

    folder: Path
    scenario: Scenario
    config: TrainConfig
    command: str

    @property
    def steps_an_iteration(self) -> int:
        """Agent steps of one iteration."""
        return min(self.config.sequence, self.scenario.steps) * self.config.worlds * self.scenario.n_agents

    @property
    def iterations_an_episode(self) -> int:
        """Iterations in which an episode is lived; more than one where episodes are longer than sequences."""
        return max(1, self.scenario.steps // self.config.sequence)

    @property
    def n_iterations(self) -> int:
        """Iterations of the whole training: as many as fit whole episodes."""
        per_episode = self.iterations_an_episode
        return max(1, round(self.config.agent_steps / (self.steps_an_iteration * per_episode))) * per_episode


def train(job: Job, processes: int = 1, watch: Watch | None = None) -> None:
    """Train a run to its end, from its last resume point if it has one.

    Raises KeyboardInterrupt, everything saved, if the user interrupts; RunError where the folder holds another
    training, settings do not fit together, or one of the processes dies; DiskError where files cannot be written.
    """
    if launched_by_torchrun():
        group = join_torchrun()
        try:
            check_job(job, group.size)
            group.wait_for_all()  # nobody writes before all have looked
            _work(group, job, watch if group.leads else None)
            group.wait_for_all()  # the leader has written everything
        finally:
            group.close()
    else:
        check_job(job, processes)
        run_in_processes(processes, _work, (job,), {"watch": watch})


def check_job(job: Job, processes: int) -> None:
    """Raise RunError where settings do not fit together or the folder holds a different training."""
    config, steps = job.config, job.scenario.steps
    if config.worlds % config.shards or config.worlds // config.shards < config.minibatches:
        raise RunError(
            f"train: worlds ({config.worlds}) must be a multiple of shards ({config.shards}), with at least a world "
            f"for each of the {config.minibatches} minibatches in every shard."
        )
    if config.shards % processes:
        raise RunError(
            f"train: {config.shards} shards do not split over {processes} processes; use a divisor of {config.shards}."
        )
    if steps < 2:
        raise RunError(
            "train: episodes of one step have no future to learn from; set steps of the scenario to 2 or more."
        )
    if steps > config.sequence and steps % config.sequence:
        raise RunError(
            f"train: episodes of {steps} steps do not split into sequences of {config.sequence}; set sequence to a "
            f"divisor of {steps}."
        )
    check_mixture(job.scenario, config)
    find_beginning(job.scenario, config)
    earlier = read_facts(job.folder)
    foreign = _resume_path(job.folder).exists() if earlier is None else earlier.get("identity") != identity(job)
    if foreign:
        raise RunError(f"{job.folder} holds another training; name a new run, or delete that folder to replace it.")


def identity(job: Job) -> dict[str, Any]:
    """Return what makes a training the same one when it goes on."""
    without = {
        name for name in ("begin", "kin_blind", "mixture") if not getattr(job.config, name)
    }  # runs of before these go on
    return {
        "scenario": job.scenario.model_dump(mode="json"),
        "train": job.config.model_dump(mode="json", exclude=without),
    }


def read_facts(folder: Path) -> dict[str, Any] | None:
    """Return a run's train.json, None where there is none; RunError where it cannot be read."""
    path = RunFolder(folder).train
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(facts, dict):
            raise ValueError("it holds no mapping")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read ({error}); delete that folder, or name another run.") from None
    return facts


def _work(group: Group, job: Job, watch: Watch | None = None) -> None:
    """Be one process of the training."""
    torch.set_num_threads(1)
    Training(group, job, watch).run()


class Training:
    """One process's part of a training run."""

    def __init__(self, group: Group, job: Job, watch: Watch | None) -> None:
        """Prepare the weights and this process's shards; go on from the resume point if there is one."""
        self.group, self.job, self.watch = group, job, watch
        self.run_folder = RunFolder(job.folder)
        self.learner = Learner(job.scenario, job.config).to(best_device(group.rank))
        self.optimiser = FlatAdam(self.learner)
        self.beginning = find_beginning(job.scenario, job.config)
        if self.beginning is not None:
            begin_from(self.beginning, self.learner.policy, job.config.kin_blind)
        self.shards = [
            Shard(number, job.scenario, job.config, self.learner) for number in group.my_shards(job.config.shards)
        ]
        self.iteration, self.seconds = 0, 0.0
        self._wish = False  # the user wants this process to stop
        self.interrupted = False  # all processes know that it was wished
        self._owes_resume_point = False
        self._resume()

    def run(self) -> None:
        """Train to the end, or to the end of the episodes in which the user interrupts."""
        if not self.done:
            self._train()
        if self.group.leads and self.done:
            self._complete()
        if self.group.leads and self.interrupted:
            raise KeyboardInterrupt

    @property
    def done(self) -> bool:
        """Whether nothing is left to train."""
        return self.iteration >= self.job.n_iterations

    @property
    def between_episodes(self) -> bool:
        """Whether all episodes are over: only then can training stop and go on exactly."""
        return self.iteration % self.job.iterations_an_episode == 0

    def _train(self) -> None:
        """Iterate until the training is done or interrupted."""
        with self._interrupts():
            log = self._open() if self.group.leads else None
            try:
                while not self.done and not (self.interrupted and self.between_episodes):
                    self._iterate(log)
            finally:
                if log is not None:
                    log.close()

    @property
    def progress(self) -> float:
        """Fraction of training that is done."""
        return self.iteration / self.job.n_iterations

    def _iterate(self, log: Log | None) -> None:
        """Live, learn, and write down what happened."""
        began, progress = time.perf_counter(), self.progress
        for shard in self.shards:
            shard.live(self.iteration, progress)
        parts, norms = [], []
        for epoch in range(self.job.config.epochs):
            minibatches = [shard.minibatches(self.iteration, epoch) for shard in self.shards]
            for m in range(self.job.config.minibatches):
                norm, stats = self._update(epoch, m, [batches[m] for batches in minibatches], progress)
                parts.append(stats)
                norms.append(norm)
        self._report(log, began, np.mean(parts, axis=0), float(np.mean(norms)))  # parts: (my shards, numbers)

    def _update(self, epoch: int, m: int, worlds: list[np.ndarray], progress: float) -> tuple[float, np.ndarray]:
        """Take one step of Adam along the shards' mean gradient; return its norm and my shards' loss parts."""
        config = self.job.config
        gradients, stats = [], []
        for shard, mine in zip(self.shards, worlds, strict=True):
            self.optimiser.zero()
            rng = np.random.default_rng([config.seed, self.iteration, epoch, m, shard.number])
            parts = shard.backward(mine, progress, rng)
            gradients.append(self.optimiser.gradient.clone())
            stats.append([*parts, *shard.stats.values()])
        everyone = self.group.gather(torch.stack(gradients))
        mean = everyone[0].clone()
        for gradient in everyone[1:]:
            mean += gradient
        norm = self.optimiser.step(mean / config.shards, config.learning_rate.at(progress), config.max_grad_norm)
        return norm, np.array(stats)

    def _report(self, log: Log | None, began: float, parts: np.ndarray, norm: float) -> None:
        """Gather what all shards saw, move on, and save where it is time to."""
        rows = [[*mine, *_outcome(shard), float(self._wish)] for mine, shard in zip(parts, self.shards, strict=True)]
        device = self.learner.policy.device
        everyone = self.group.gather(torch.tensor(rows, dtype=torch.float64, device=device)).cpu().numpy()
        self.interrupted = bool(everyone[:, -1].max() > 0)
        mean = everyone.mean(axis=0)
        self.iteration += 1
        elapsed = time.perf_counter() - began
        self.seconds += elapsed
        if not self.group.leads:
            return
        names = (*(stat.name.lower() for stat in Stat), *self.shards[0].stats, "return_", "explained_variance")
        stats = dict(zip(names, mean[:-1], strict=True))
        progress = (self.iteration - 1) / self.job.n_iterations
        row = Row(
            iteration=self.iteration - 1,
            agent_steps=self.iteration * self.job.steps_an_iteration,
            seconds=self.seconds,
            steps_per_second=self.job.steps_an_iteration / elapsed,
            grad_norm=norm,
            learning_rate=self.job.config.learning_rate.at(progress),
            scatter=self.job.config.scatter.at(progress),
            **{name: float(value) for name, value in stats.items()},
        )
        assert log is not None
        log.append(row)
        if self.watch is not None:
            self.watch(row)
        self._save_when_due()

    def _save_when_due(self) -> None:
        """Keep a checkpoint at every tenth (say) of training, and a resume point there and at interruptions.

        Resume points wait for the end of the episodes.
        """
        n, kept = self.job.n_iterations, self.job.config.checkpoints
        due = (self.iteration * kept) // n > ((self.iteration - 1) * kept) // n
        if due:
            self._checkpoint()
        self._owes_resume_point |= due or self.interrupted
        if self._owes_resume_point and self.between_episodes:
            self._save_resume_point()
            self._owes_resume_point = False

    def _open(self) -> Log:
        """Create the run folder, or go on in it."""
        folder = self.run_folder
        write_atomic(folder.scenario, _yaml(self.job.scenario.model_dump(mode="json", exclude={"name"})))
        write_atomic(folder.path / "train.yaml", _yaml(self.job.config.model_dump(mode="json")))
        self._write_facts(complete=False)
        if self.iteration == 0:
            self._checkpoint()
        return Log(folder.log_csv, folder.path / "tensorboard", self.iteration)

    def _checkpoint(self) -> None:
        """Keep the policy as it is now."""
        steps = self.iteration * self.job.steps_an_iteration
        config = self.job.config
        grounding = groundings(config, self.beginning)
        facts = {"agent_steps": steps, "seed": config.seed, "grounding": grounding, "muted": config.mute}
        if self.beginning is not None:
            facts["beginning"] = {"sha256": self.beginning.sha256, **self.beginning.facts}
        path = self.run_folder.checkpoints / f"steps-{steps:012d}.pt"
        save_checkpoint(path, self.learner.policy, self.job.scenario, config.sharing, facts)

    def _save_resume_point(self) -> None:
        """Write all that is needed to go on from here exactly."""
        buffer = io.BytesIO()
        torch.save({"iteration": self.iteration, "seconds": self.seconds, **self.optimiser.state()}, buffer)
        write_atomic(_resume_path(self.job.folder), buffer.getvalue())

    def _resume(self) -> None:
        """Go on from the resume point, if there is one."""
        path = _resume_path(self.job.folder)
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.iteration, self.seconds = state.pop("iteration"), state.pop("seconds")
            self.optimiser.restore(state)
        except Exception as error:
            raise RunError(
                f"{path} is damaged ({type(error).__name__}); delete it to train this run from the start."
            ) from None

    def _complete(self) -> None:
        """Write down that the training is complete, if that has not been done."""
        earlier = read_facts(self.job.folder)
        if earlier is None or not earlier["complete"]:
            self._write_facts(complete=True)

    def _write_facts(self, complete: bool) -> None:
        """Write train.json: what is trained, by what, and whether it is complete."""
        facts = {
            "complete": complete,
            "finished": datetime.now(UTC).isoformat() if complete else None,
            "agent_steps": self.iteration * self.job.steps_an_iteration,
            "seconds": self.seconds,
            "grounding": groundings(self.job.config, self.beginning),
            "identity": identity(self.job),
            "provenance": provenance(self.job.command, seed=self.job.config.seed),
        }
        write_atomic(self.run_folder.train, json.dumps(facts, indent=1))

    @contextmanager
    def _interrupts(self) -> Iterator[None]:
        """Turn an interrupt into a wish to stop when the episodes are over; a second one stops at once."""

        def wish(signum: int, frame: object) -> None:
            self._wish = True
            signal.signal(signal.SIGINT, before)

        try:
            before = signal.signal(signal.SIGINT, wish)
        except ValueError:  # not the main thread: whoever runs us there handles interrupts
            yield
            return
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _resume_path(folder: Path) -> Path:
    """Return where a run's resume point is kept."""
    return RunFolder(folder).checkpoints / "resume.pt"


def _outcome(shard: Shard) -> tuple[float, float]:
    """Return a shard's mean return of an agent an episode, and how much of the targets' variance values explain."""
    e = shard.experience
    episodes = e.n_worlds * e.n_steps / shard.worlds.rules.n_steps
    unexplained = np.var(e.meant(e.target - e.value)) / np.maximum(np.var(e.meant(e.target)), 1e-12)
    return float(e.shared_reward.sum() / episodes / e.reward.shape[2]), float(1 - unexplained)


def _yaml(data: dict[str, Any]) -> str:
    """Return data as YAML, maps drawn as blocks."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML is untyped
    """YAML that writes text of several lines as a block."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
