"""Families of scenarios: one file whose `parameter` makes it a scenario for every number of a range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_MEMBER = re.compile(r"(.+)-(0|[1-9]\d*)")


class Parameter(BaseModel):
    """What makes a scenario file a family: its fields in `sets` become the number that a member is named after."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="What the number is called.")
    first: int = Field(alias="from", ge=0, description="Smallest number.")
    last: int = Field(alias="to", ge=0, description="Largest number.")
    sets: tuple[str, ...] = Field(min_length=1, description="Dotted fields that are set to it: crystals.0.count.")

    @model_validator(mode="after")
    def _check(self) -> Parameter:
        if self.first > self.last:
            raise ValueError(f"from {self.first} to {self.last} is no range; exchange the two")
        return self


def family_member(name: str) -> tuple[str, int] | None:
    """Return the family and number of a member's name ("memory-7"), or None for a name of another form."""
    found = _MEMBER.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def without_parameter(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario file's fields without `parameter`, which is no part of a world."""
    return {field: value for field, value in data.items() if field != "parameter"}
