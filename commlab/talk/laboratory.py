"""The laboratory beside the room: one experiment at a time, in a thread of its own, while the conversation goes on."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from commlab.foundation.errors import CommlabError, InterventionError
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.protocol import Experiment

__all__ = ["Laboratory", "Trial"]

Plain = dict[str, Any]


class Trial(Protocol):
    """What turns a line into an experiment."""

    def __call__(self, line: Plain, wish: Experiment, book: Phrasebook, watch: Callable[[float], None]) -> Plain:
        """Return the finding, as it is sent."""
        ...


class Laboratory:
    """Turns lines into experiments."""

    def __init__(self, trial: Trial | None, tell: Callable[[Plain], None]) -> None:
        """Make experiments by `trial`, and `tell` how they go, from any thread."""
        self.trial, self.tell = trial, tell
        self._thread: threading.Thread | None = None

    def begin(self, line: Plain, wish: Experiment, book: Phrasebook) -> None:
        """Begin an experiment with a line. Raises InterventionError where that cannot be."""
        if not line.get("can_experiment"):
            raise InterventionError(f"Line {wish.line} is nothing that a person said; choose a line that is.")
        if self.trial is None:
            raise InterventionError("This conversation has no run in which experiments could be made.")
        if self._thread is not None and self._thread.is_alive():
            raise InterventionError("An experiment is running; wait for it to end.")
        about = {"type": "experiment", "line": wish.line}
        self.tell({**about, "state": "running", "done": 0.0, "sentence": None})
        self._thread = threading.Thread(
            target=self._try, args=(self.trial, dict(line), wish, book, about), name="experiment", daemon=True
        )
        self._thread.start()

    def _try(self, trial: Trial, line: Plain, wish: Experiment, book: Phrasebook, about: Plain) -> None:
        """Carry an experiment out."""

        def watch(done: float) -> None:
            self.tell({**about, "state": "running", "done": done, "sentence": None})

        try:
            self.tell({**about, "state": "done", **trial(line, wish, book, watch)})
        except CommlabError as error:
            self.tell({**about, "state": "failed", "sentence": str(error)})
        except Exception:
            traceback.print_exc()
            self.tell({**about, "state": "failed", "sentence": "The experiment broke down; see the terminal."})
