"""Agents that invent a language, and the tools that tell what they say: the names below load on first use."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "CommlabError": "commlab.foundation.errors",
    "Recorder": "commlab.datasets.recorder",
    "Intervention": "commlab.agents.intervention",
    "Result": "commlab.foundation.result",
    "draw": "commlab.figures.drawing",
    "open": "commlab.notebook",
    "open_recording": "commlab.datasets.reader",
}

__all__ = ["CommlabError", "Intervention", "Recorder", "Result", "__version__", "draw", "open", "open_recording"]


def __getattr__(name: str) -> Any:
    """Import a public name from the module where it lives, when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'commlab' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not, and whatever else has been loaded."""
    return sorted({*globals(), *__all__})
