"""The one decorator that compiles kernels, and the cache they are compiled into."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import types
from numba.extending import typeof_impl

Function = TypeVar("Function", bound=Callable[..., Any])

_ENV = Path(__file__).parent
_OPTIONS = {"nogil": True, "error_model": "numpy", "forceinline": True, "_nrt": False}


def cache_root() -> Path:
    """Return the folder of commlab's caches: $COMMLAB_CACHE, else in the virtual environment, else ~/.cache/commlab."""
    if "COMMLAB_CACHE" in os.environ:
        return Path(os.environ["COMMLAB_CACHE"])
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix) / "var" / "cache" / "commlab"
    return Path.home() / ".cache" / "commlab"


class Kernel:
    """A compiled function in two forms: a part, which other kernels inline, and an entry, which Python calls.

    Only what Python calls needs a door to Python, and for a kernel that takes all arrays of a world the door takes
    longer to compile than the kernel; so entries are compiled, and cached, when Python first calls them.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self.part = numba.njit(**_OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)

    @functools.cached_property
    def entry(self) -> Any:
        """The form that Python calls, cached on disk."""
        previous = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(_cache_folder(Path(self.py_func.__code__.co_filename).parent))
        try:
            return numba.njit(**_OPTIONS, no_cfunc_wrapper=True, cache=True)(self.py_func)
        finally:
            numba.config.CACHE_DIR = previous

    @property
    def stats(self) -> Any:
        """How often the entry was compiled, and how often the cache had it."""
        return self.entry.stats

    def __call__(self, *arguments: Any) -> Any:
        """Run the entry."""
        return self.entry(*arguments)


@typeof_impl.register(Kernel)
def _type_of_part(kernel: Kernel, context: Any) -> Any:
    """Return what a kernel is to the kernels that call it."""
    return types.Dispatcher(kernel.part)


def kernel(function: Function) -> Function:
    """Return `function` compiled: cached on disk, free of the GIL, with NumPy's rules for division.

    A cache is keyed on the text of every file that a kernel may call (numba's own key sees one file only), and each
    mode of numba has one of its own, for checked and unchecked code must not be confused. Kernels run without numba's
    reference counts (a kernel that takes a NamedTuple of arrays spends most of its time on them: measured 18 times
    slower), so they can allocate nothing: arrays are copied by loops, never by slices. Kernels that others call are
    inlined, for handing on all the arrays of a world costs more than most of them do (measured: twice the time).
    """
    return function if numba.config.DISABLE_JIT else cast(Function, Kernel(function))


def kernels_are_cold() -> bool:
    """Return whether the kernels of the world have yet to be compiled on this machine."""
    folder = _cache_folder(_ENV)
    return not any(folder.rglob("*.nbi"))


_folders: dict[Path, Path] = {}


def _cache_folder(source: Path) -> Path:
    """Return the cache folder for the kernels that are written in the folder `source`."""
    if source not in _folders:
        mode = "boundscheck" if numba.config.BOUNDSCHECK else "plain"
        folder = cache_root() / "kernels" / f"{_digest(source)}-{mode}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            folder = Path(tempfile.gettempdir()) / f"commlab-kernels-{os.getuid()}" / folder.name
            folder.mkdir(parents=True, exist_ok=True)
        _folders[source] = folder
    return _folders[source]


def _digest(source: Path) -> str:
    """Return a digest of the texts of env/ and of `source`: all that a kernel written there may call."""
    files = sorted({*_ENV.rglob("*.py"), *source.glob("*.py")})
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
