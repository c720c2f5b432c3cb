"""What a misshapen result would break is left out of the page: a list where a table belongs, a text for a number."""

from collections.abc import Callable
from typing import TypeVar

__all__ = ["spared"]

Told = TypeVar("Told")
MISSHAPEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # what reading such a table ends in


def spared(make: Callable[[], list[Told]], instead: Callable[[str], list[Told]] = lambda reason: []) -> list[Told]:
    """What `make` makes; where a saved table is not what it should be, what `instead` makes of the reason."""
    try:
        return make()
    except MISSHAPEN as error:
        return instead(f"{type(error).__name__}: {error}")
