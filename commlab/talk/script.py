"""Scripts of conversations: a YAML file of what to say and when, and what is expected of it, read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, model_validator

from commlab.foundation.errors import DataError
from commlab.talk.protocol import Experiment, SayWish

__all__ = ["Do", "Expect", "Script", "read_script"]

LARGEST = 1_000_000  # bytes
Whole = Annotated[int, Field(strict=True, ge=0, lt=2**31)]
Steps = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Symbols = Annotated[tuple[Whole, ...], Field(max_length=8)]
Words = Annotated[str, Field(max_length=200)]


class Model(BaseModel):
    """What all parts of a script have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Expect(Model):
    """What must hold since the last thing that was said."""

    agent: Whole
    reached: tuple[Whole, Whole] | None = Field(
        None, description="Row and column that it walked into, stood on or used."
    )
    action: Words | None = Field(None, description="What it did in the last step.")
    said: Words | tuple[Whole, ...] | None = Field(None, description="A meaning or symbols that it said.")
    differs: StrictBool | None = Field(None, description="Whether it is now elsewhere than its twin, or did otherwise.")

    @model_validator(mode="after")
    def _check(self) -> Expect:
        if sum(value is not None for value in (self.reached, self.action, self.said, self.differs)) != 1:
            raise ValueError("an expectation is one of reached, action, said or differs")
        return self


class Trial(Model):
    """An experiment with the last thing that was said."""

    episodes: Annotated[int, Field(strict=True, ge=8, le=4096)] = 512
    versus: Literal["other-episode", "silence"] = "other-episode"


class Do(Model):
    """One thing to do: run, say (a meaning) or symbols, expect, experiment, save, replay, restart."""

    run: Steps | None = Field(None, description="Steps; fewer where the episode ends before.")
    say: Words | None = Field(None, description="A meaning.")
    symbols: Symbols | None = Field(None, description="The symbols of a message, instead of a meaning.")
    as_: Whole | Literal["phantom"] = Field("phantom", alias="as", description="An agent's number, or phantom.")
    to: Whole | Words = Field("all", description="all, an agent's number, or family:N.")
    for_: Steps = Field(12, alias="for", description="Steps for which it is said.")
    kinship: Annotated[float, Field(allow_inf_nan=False)] = Field(1.0, description="A phantom's, with its listeners.")
    alone: StrictBool = Field(False, description="Whether listeners hear nothing else meanwhile.")
    expect: Expect | None = None
    experiment: Trial | None = None
    save: Words | None = Field(None, description="A name.")
    replay: Words | None = Field(None, description="The name of a saved talk, played to its end.")
    restart: Whole | None = Field(None, description="An episode.")

    @property
    def speaks(self) -> bool:
        """Whether something is said."""
        return self.say is not None or self.symbols is not None

    @property
    def wish(self) -> SayWish:
        """What is said."""
        given = {"as": self.as_, "to": self.to, "for": self.for_, "kinship": float(self.kinship), "alone": self.alone}
        return SayWish.model_validate({**given, "meaning": self.say, "symbols": self.symbols})

    def wished(self, line: int) -> Experiment:
        """What experiment is asked for."""
        assert self.experiment is not None
        return Experiment(type="experiment", line=line, **self.experiment.model_dump())

    @model_validator(mode="after")
    def _check(self) -> Do:
        done = [self.run, self.expect, self.experiment, self.save, self.replay, self.restart, self.speaks or None]
        if sum(one is not None for one in done) != 1:
            raise ValueError("a step is one of run, say, symbols, expect, experiment, save, replay or restart")
        if self.say is not None and self.symbols is not None:
            raise ValueError("a step says either a meaning (say) or symbols")
        rest = {"as_", "to", "for_", "kinship", "alone"} & self.model_fields_set
        if rest and not self.speaks:
            raise ValueError(f"{sorted(rest)[0].rstrip('_')} belongs to something that is said")
        return self


class Script(Model):
    """A conversation to be held."""

    title: Words = ""
    seed: Whole = 0
    episode: Whole = 0
    steps: Annotated[tuple[Do, ...], Field(min_length=1, max_length=10_000)]


def read_script(path: Path) -> Script:
    """Return the script in a file. Raises DataError, in one sentence, where there is none or it is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); give a script in YAML.") from None
    if len(data) > LARGEST:
        raise DataError(f"{path} has {len(data):,} bytes; a script has {LARGEST:,} at most.")
    try:
        given: Any = yaml.safe_load(data.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark is not None else ""
        raise DataError(f"{path} is not YAML{where}; see docs/talk.md for a script.") from None
    if not isinstance(given, dict):
        raise DataError(f"{path} is no script: it is a mapping with `steps`; see docs/talk.md for one.")
    try:
        return Script.model_validate(given)
    except ValidationError as error:
        raise DataError(f"{path}: {where_wrong(error)}") from None


def where_wrong(error: ValidationError) -> str:
    """Return the first mistake in a sentence: which step, which field."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = list(first["loc"])
    names = [f"step {place[1] + 1}" if place[:1] == ["steps"] and len(place) > 1 and isinstance(place[1], int) else ""]
    names += [str(part) for part in (place[2:] if names[0] else place) if isinstance(part, str) and "-" not in part]
    message = first["msg"].removeprefix("Value error, ").replace("\n", " ")
    return f"{', '.join(name for name in names if name) or 'the script'}: {message[:1].lower()}{message[1:]}."
