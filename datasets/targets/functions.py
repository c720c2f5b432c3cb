"""A user's own target: a function in a Python file, named as "my_targets.py:hungry".

It takes the recording and returns an array (S, A): whole numbers, truth values or text are classes, real numbers are
numbers, NaN, None and masked values are undefined. It is called for excerpts of whole episodes, one after another.
"""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import Labels, Target, number_labels, table_labels, yes_no
from commlab.foundation.errors import TargetError, nearest_names

__all__ = ["function_target", "is_function_name"]

Array = np.ndarray[Any, Any]
Kind = Literal["class", "number"]
SUFFIX = ".py:"


class OwnFunction:
    """A target's function that loads its file when it is called; it pickles as the file's absolute path."""

    def __init__(self, path: Path, function: str, kind: Kind | None = None) -> None:
        """kind: what every excerpt must give; None to take what comes."""
        self.path, self.function, self.kind = path, function, kind

    def __call__(self, recording: Recording) -> Labels:
        """The labels. Raises TargetError where the function fails or returns something else than labels."""
        function = load_function(self.path, self.function)
        try:
            returned = function(recording)
        except (Exception, SystemExit) as error:
            raise TargetError(failure(self.path, self.function, error)) from error
        return self.labels(returned, (recording.n_steps, recording.n_agents))

    def labels(self, returned: Any, shape: tuple[int, int]) -> Labels:
        """What the function returned, as labels."""
        values, valid = self.array(returned, shape)
        known = values[valid]
        kind = kind_of(known) if known.size else (self.kind or "class")
        if kind is None:
            what = type(known.flat[0]).__name__ if values.dtype == object else str(values.dtype)
            raise self.wrong(f"returned values of type {what}", "whole numbers, truth values, text or real numbers")
        if self.kind == "number" and kind == "class" and all(isinstance(one, int) for one in known.tolist()):
            kind = "number"  # whole numbers among real ones
        if self.kind and kind != self.kind:
            raise self.wrong(
                f"returned a {self.kind} for some episodes and a {kind} for others", "one or the other for all"
            )
        if kind == "number":
            return number_labels(np.where(valid, values, np.nan).astype(np.float64), valid)
        return classes(values, valid)

    def array(self, returned: Any, shape: tuple[int, int]) -> tuple[Array, Array]:
        """What the function returned as an array (S, A), and where it is defined (S, A)."""
        if returned is None:
            raise self.wrong("returned nothing", f"an array of shape {shape}")
        masked = np.ma.getmaskarray(returned) if isinstance(returned, np.ma.MaskedArray) else None
        try:
            values = np.asarray(returned)
        except ValueError:  # lists of unequal lengths
            raise self.wrong("returned lists of unequal lengths", f"an array of shape {shape}") from None
        if values.shape != shape:
            raise self.wrong(f"returned the shape {values.shape}", f"{shape}: a value for every row and agent")
        valid = np.ones(shape, dtype=bool) if masked is None else ~masked
        if values.dtype == object:
            valid = valid & np.array([[is_defined(one) for one in row] for row in values], dtype=bool).reshape(shape)
        elif values.dtype.kind == "f":
            valid = valid & np.isfinite(values)
        return values, valid.reshape(shape)

    def wrong(self, what: str, instead: str) -> TargetError:
        """The error for something returned that is no label."""
        return TargetError(f"{self.path.name}: {self.function} {what}, and it must return {instead}.")


def is_function_name(name: str) -> bool:
    """Whether a target's name means a function in a file."""
    return SUFFIX in name or name.endswith(".py")


def function_target(name: str, recording: Recording | None) -> Target:
    """The target "path/to/file.py:function"; its kind is what the function gives for the recording's first episodes.

    Without a recording it is taken to be a class. Raises TargetError where there is no such file or function, the file
    cannot be imported, or the function fails.
    """
    path, function = split(name)
    sentence = sentence_of(load_function(path, function), f"{path.name}:{function}")
    kind = None if recording is None else first_kind(OwnFunction(path, function), recording)
    return Target(f"{path.name}:{function}", sentence, kind or "class", OwnFunction(path, function, kind))


def split(name: str) -> tuple[Path, str]:
    """The absolute path of the file and the function's name."""
    file, found, function = name.rpartition(SUFFIX)
    if not found or not function:
        raise TargetError(f"{name!r} names no function: write it behind the file, as in my_targets.py:hungry.")
    path = Path(file + SUFFIX[:-1]).expanduser().resolve()
    if not path.is_file():
        raise TargetError(
            f"There is no file {file}{SUFFIX[:-1]}: give the path of your targets as in my_targets.py:hungry."
        )
    return path, function


def first_kind(compute: OwnFunction, recording: Recording) -> Kind | None:
    """Whether the function gives classes or numbers: told from the first episode in which it defines anything."""
    for episode in range(recording.n_episodes):
        labels = compute(recording.excerpt(episode, episode + 1))
        if labels.valid.any():
            return "class" if labels.names else "number"
    return None


def load_function(path: Path, function: str) -> Callable[[Recording], Any]:
    """The function of that name in the file. Raises TargetError, naming what functions there are, where it has none."""
    module = load_module(path)
    found = getattr(module, function, None)
    if callable(found):
        own: Callable[[Recording], Any] = found
        return own
    defined = [
        one
        for one, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
    ]
    listed = f"the nearest is {nearest_names(function, defined, 1)[0]}" if defined else "it defines none at all"
    raise TargetError(f"{path.name} has no function {function!r}: {listed}.")


@cache
def load_module(path: Path) -> ModuleType:
    """The module in the file, imported once. Raises TargetError where it cannot be."""
    name = f"commlab_targets_{path.stem}_{abs(hash(path)):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for it
    try:
        with beside(path.parent):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise TargetError(failure(path, "importing it", error)) from error
    return module


@contextmanager
def beside(folder: Path) -> Iterator[None]:
    """Let a file import what lies beside it, as a script does."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def failure(path: Path, what: str, error: BaseException) -> str:
    """What went wrong in a user's file, and in which line."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path.name}, line {error.lineno}: {what} failed with SyntaxError: {error.msg}; mend the file."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f"{path.name}, line {lines[-1]}" if lines else path.name
    said = " ".join(str(error).split()).rstrip(".")
    return f"{where}: {what} failed with {type(error).__name__}{f': {said}' if said else ''}; mend the file."


def sentence_of(function: Callable[[Recording], Any], name: str) -> str:
    """The first line of a function's docstring, as a sentence."""
    lines = (function.__doc__ or "").strip().splitlines()
    first = lines[0].strip() if lines else f"A target of your own, {name}"
    return first if first.endswith(".") else f"{first}."


def kind_of(known: Array) -> Kind | None:
    """Whether defined values (n,) are classes or numbers; None for what is neither."""
    if known.dtype != object:
        return {"f": "number", "i": "class", "u": "class", "b": "class", "U": "class"}.get(known.dtype.kind)  # type: ignore[return-value]
    types = {type(one.item() if isinstance(one, np.generic) else one) for one in known.tolist()}
    if types <= {str} or types <= {bool} or types <= {int}:
        return "class"
    return "number" if types <= {int, float} else None


def is_defined(value: Any) -> bool:
    """Whether a value is there: neither None nor NaN."""
    return value is not None and not (isinstance(value, float | np.floating) and np.isnan(value))


def classes(values: Array, valid: Array) -> Labels:
    """Labels of classes from whole numbers, truth values or text (S, A)."""
    known = values[valid].tolist()
    if known and all(isinstance(one, bool | np.bool_) for one in known):
        return yes_no(np.where(valid, values, False).astype(bool), valid)
    names = sorted({one.item() if isinstance(one, np.generic) else one for one in known})
    place = {name: number for number, name in enumerate(names)}
    codes = np.zeros(values.shape, dtype=np.int64)
    codes[valid] = [place[one] for one in known]
    return table_labels(codes, lambda code: str(names[code]), valid)
