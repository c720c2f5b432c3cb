"""Those who look on: what waits to be sent to each, so that none waits for a slow one, and how much it may ask."""

from __future__ import annotations

import asyncio
import time
from collections import deque

__all__ = ["RATE", "Client"]

RATE = 60.0  # messages a second
BURST = 120
MOST_WAITING = 500  # messages that are not frames
PATIENCE = 300  # messages beyond the rate


class Client:
    """One page: lines and answers wait for it in order; of frames, the latest alone."""

    def __init__(self) -> None:
        """Begin with nothing to send."""
        self.focus: int | None = None  # the agent that it looks into
        self.too_slow = False
        self._waiting: deque[str] = deque()
        self._latest: dict[str, str] = {}  # by kind: frame, focus
        self._some = asyncio.Event()
        self._allowance, self._when = float(BURST), time.monotonic()
        self._over = 0

    def put(self, text: str) -> None:
        """Let a message wait; a client that has not taken hundreds of them is given up."""
        if len(self._waiting) >= MOST_WAITING:
            self.too_slow = True
        else:
            self._waiting.append(text)
        self._some.set()

    def show(self, kind: str, text: str) -> None:
        """Let the latest of a kind wait, instead of one that was not taken yet."""
        self._latest[kind] = text
        self._some.set()

    async def take(self) -> list[str]:
        """Return what is to be sent, when there is something."""
        await self._some.wait()
        self._some.clear()
        texts = [*self._waiting, *self._latest.values()]
        self._waiting.clear()
        self._latest.clear()
        return texts

    def may_ask(self) -> bool:
        """Return whether it may send another message now, and count it."""
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._when) * RATE)
        self._when = now
        if self._allowance < 1:
            self._over += 1
            return False
        self._allowance -= 1
        return True

    @property
    def first_refusal(self) -> bool:
        """Whether it has just been refused for the first time, or the hundredth."""
        return self._over % 100 == 1

    @property
    def floods(self) -> bool:
        """Whether it goes on and on."""
        return self._over > PATIENCE
