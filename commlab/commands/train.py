"""`commlab train`: a policy from experience, into a run folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from commlab.commands.readme import write_readme
from commlab.console import progress, say
from commlab.env.explaining import explain
from commlab.env.kernel import kernels_are_cold
from commlab.env.loading import load_scenario, override
from commlab.foundation.errors import RunError, ScenarioError
from commlab.foundation.presence import leave_note, noted_while
from commlab.foundation.run import RUNS, RunFolder, noticed
from commlab.training.config import TrainConfig
from commlab.training.log import Row

__all__ = ["train", "train_config", "train_run"]

_TRAIN = "train."


def train(
    scenario: str,
    run: str | None,
    settings: Sequence[str],
    config: Path | None,
    fixed: Mapping[str, Any],
    processes: int | None,
    command: str,
) -> RunFolder:
    """Train a scenario into a run folder, from its last resume point if it has one; return the folder."""
    changes = parse_settings(settings)
    of_world = {field: value for field, value in changes.items() if not field.startswith(_TRAIN)}
    of_training = {field.removeprefix(_TRAIN): v for field, v in changes.items() if field.startswith(_TRAIN)}
    world = load_scenario(scenario, of_world)
    recipe = train_config(config, {**of_training, **fixed})
    folder = Path(run) if run and ("/" in run or os.sep in run) else RUNS / (run or world.name)
    return train_run(folder, world, recipe, processes, command, f"training {world.name}")


def train_run(
    folder: Path, world: Any, recipe: TrainConfig, processes: int | None, command: str, what: str
) -> RunFolder:
    """Train into `folder` and show how it goes; a training that is complete is left as it is."""
    from commlab.training.parallel import default_processes
    from commlab.training.trainer import Job, read_facts
    from commlab.training.trainer import train as run_training

    if kernels_are_cold():
        say("First use on this machine: compiling kernels takes about a minute.")
    job, run = Job(folder, world, recipe, command), noticed(RunFolder(folder))
    told: list[int] = []
    with progress(what, recipe.agent_steps) as advance, noted_while(run):

        def watch(row: Row) -> None:
            if not told:
                told.append(row.iteration)
                leave_note(run)
                write_readme(run)  # for whoever looks into the folder meanwhile
            advance(*beside(row))

        run_training(job, processes or default_processes(recipe.shards), watch)
    facts = read_facts(folder)
    if facts is None or not facts["complete"]:
        raise RunError(f"{folder} is not complete; run the same command again to go on.")
    return run


def beside(row: Row) -> tuple[float, str]:
    """Return how far training is, and what is shown beside the bar."""
    return row.agent_steps, f"{row.steps_per_second:,.0f} agent steps/s, return {row.return_:.2f}"


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Return the fields and values of `field=value` texts; values are read as YAML."""
    out: dict[str, Any] = {}
    for text in settings:
        field, equals, value = text.partition("=")
        if not equals or not field:
            raise ScenarioError(
                f"--set {text!r} is not of the form field=value, such as altar.cost=50 or train.hidden=128."
            )
        try:
            out[field.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ScenarioError(f"--set {text!r}: {value!r} is no value; write numbers, words or YAML lists.") from None
    return out


def train_config(path: Path | None, changes: Mapping[str, Any]) -> TrainConfig:
    """Return the recipe: the default one or a YAML file's, with changed fields; ScenarioError in one sentence."""
    data: dict[str, Any] = {}
    text = ""
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
            data = yaml.safe_load(text) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ScenarioError(
                f"{path} cannot be read as YAML ({' '.join(str(error).split())}); give a training file."
            ) from None
    if not isinstance(data, dict):
        raise ScenarioError(f"{path} holds no recipe: a training file maps fields such as 'worlds' to their values.")
    for field, value in changes.items():
        override(data, field, value)
    try:
        return TrainConfig.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(explain(error, TrainConfig, str(path or "train"), text)) from None
