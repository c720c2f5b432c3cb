"""The world: its state, its rules as numba kernels, its scenarios and what agents observe of it.

The names below load on first use, so that `import commlab.env` is quick and needs neither PettingZoo nor Gymnasium.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "parallel_env": "commlab.env.shells.pettingzoo",
    "scenario_names": "commlab.env.loading",
    "vector_env": "commlab.env.shells.gymnasium",
}

__all__ = ["parallel_env", "scenario_names", "vector_env"]


def __getattr__(name: str) -> Any:
    """Import a public name from the module where it lives, when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'commlab.env' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not, and whatever else has been loaded."""
    return sorted({*globals(), *__all__})
