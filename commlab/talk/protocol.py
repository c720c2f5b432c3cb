"""The messages that a page sends, read and checked: each is one JSON object with a `type`.

What the server sends is told in docs/talk.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError

from commlab.foundation.errors import DataError
from commlab.talk.speech import ALL, FOR

__all__ = [
    "LARGEST", "MOST_SPEED", "PROTOCOL", "Command", "Experiment", "Focus", "Pause", "Play", "Replay", "Restart", "Save",
    "SayWish", "Speed", "Step", "read_command",
]  # fmt: skip

PROTOCOL = 1  # version
LARGEST = 16 * 1024  # bytes of a message
MOST_SPEED = 60  # steps a second
Whole = Annotated[int, Field(strict=True, ge=0, lt=2**31)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True, max_length=200)]


class Message(BaseModel):
    """What all messages have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Play(Message):
    """Let the world go on."""

    type: Literal["play"]


class Pause(Message):
    """Stop it."""

    type: Literal["pause"]


class Step(Message):
    """Let it go on for some steps."""

    type: Literal["step"]
    n: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1


class Speed(Message):
    """Set the steps a second."""

    type: Literal["speed"]
    value: Annotated[float, Field(strict=True, ge=1, le=MOST_SPEED)]


class Restart(Message):
    """Begin an episode; by default the next one."""

    type: Literal["restart"]
    episode: Whole | None = None


class Focus(Message):
    """Look into an agent."""

    type: Literal["focus"]
    agent: Whole | None = None


class SayWish(Message):
    """Speak: a meaning, or symbols."""

    type: Literal["say"] = "say"
    as_: Whole | Literal["phantom"] = Field("phantom", alias="as")
    to: Whole | Text = ALL
    meaning: Text | None = None
    symbols: Annotated[tuple[Whole, ...], Field(max_length=8)] | None = None
    for_: Whole = Field(FOR, alias="for")
    kinship: Number = 1.0
    alone: StrictBool = False


class Save(Message):
    """Save the conversation."""

    type: Literal["save"]
    name: Text | None = None


class Replay(Message):
    """Play a saved conversation again."""

    type: Literal["replay"]
    name: Text


class Experiment(Message):
    """Turn a line into an experiment."""

    type: Literal["experiment"]
    line: Whole
    episodes: Annotated[int, Field(strict=True, ge=8, le=4096)] = 512
    versus: Literal["other-episode", "silence"] = "other-episode"


Command = Play | Pause | Step | Speed | Restart | Focus | SayWish | Save | Replay | Experiment
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])


def read_command(text: str | bytes) -> Command:
    """Return the command in a text. Raises DataError, in one sentence, where it is none."""
    if len(text) > LARGEST:
        raise DataError(f"A message has at most {LARGEST} bytes, not {len(text)}.")
    try:
        return _COMMANDS.validate_json(text)
    except ValidationError as error:
        raise DataError(in_a_sentence(error)) from None


def in_a_sentence(error: ValidationError) -> str:
    """Return the first of the errors in a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].replace("\n", " ")
    return f"This message was not understood{f' ({where:.80})' if where else ''}: {message:.300}."
