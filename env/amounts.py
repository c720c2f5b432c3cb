"""Amounts in scenario files: a number, or a range [low, high] from which every episode draws anew."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, NamedTuple

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = ["Joules", "Limits", "Real", "Share", "Steps", "Units", "Whole", "always", "read_amount"]


class Whole(NamedTuple):
    """Whole numbers from `low` to `high`, both included; a constant has the two alike."""

    low: int
    high: int

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


class Real(NamedTuple):
    """Numbers from `low` to `high`; a constant has the two alike."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"


class Limits:
    """Marks a field as an amount within limits: validates numbers and ranges, serialises them as they are written."""

    def __init__(self, kind: type[Whole] | type[Real], least: float, most: float) -> None:
        self.kind, self.least, self.most = kind, least, most

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic checks such a field."""
        check = partial(read_amount, self.kind, self.least, self.most)
        return core_schema.no_info_plain_validator_function(
            check, serialization=core_schema.plain_serializer_function_ser_schema(write_amount)
        )


def read_amount(kind: type[Whole] | type[Real], least: float, most: float, given: Any) -> Whole | Real:
    """Return the amount that a file or program gives; ValueError where it is none or not within the limits."""
    ends = list(given) if isinstance(given, list | tuple) else [given, given]
    number = int if kind is Whole else (int, float)
    noun = "a whole number" if kind is Whole else "a number"
    if len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, number) for end in ends):
        raise ValueError(f"give {noun} or a range [low, high], not {given!r:.60}")
    low, high = ends
    if low > high:
        raise ValueError(f"the range [{low}, {high}] is the wrong way round; write [{high}, {low}]")
    if not least <= low <= high <= most:  # false for nan, too
        raise ValueError(f"it must lie in {least:_} to {most:_}, not {given!r:.60}")
    return kind(low, high)


def write_amount(amount: Whole | Real) -> int | float | list[int] | list[float]:
    """Return an amount as files have it."""
    return amount.low if amount.low == amount.high else list(amount)


def always(number: int) -> Whole:
    """Return the amount that is always `number`."""
    return Whole(number, number)


Joules = Annotated[Whole, Limits(Whole, 0, 30_000)]
Steps = Annotated[Whole, Limits(Whole, 0, 30_000)]
Units = Annotated[Whole, Limits(Whole, 0, 1000)]
Share = Annotated[Real, Limits(Real, -1, 1)]
