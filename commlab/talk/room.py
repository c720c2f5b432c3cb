"""The room: one conversation that all clients see and any of them speaks in, in a thread of its own.

All that touches the conversation happens in this thread, one thing after another, so that clients never meet inside it.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from commlab.foundation.errors import CommlabError, InterventionError
from commlab.talk import protocol as ask
from commlab.talk.clients import RATE, Client
from commlab.talk.conversation import Conversation
from commlab.talk.laboratory import Laboratory, Trial
from commlab.talk.mind import LAYER, Mind
from commlab.talk.observer import about
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.session import one_thread
from commlab.talk.speech import FOR
from commlab.talk.transcript import talk_names

__all__ = ["SPEED", "Loop", "Room", "Task"]

SPEED = 8.0  # steps a second
SHOWN = 500  # lines that a newcomer is sent
CROWDED = 256  # things that wait to be done
_LATE = 0.1  # seconds without a frame, where stepping cannot keep up
Plain = dict[str, Any]
Task = Callable[[], None]
Bag = list[tuple[Callable[..., None], tuple[Any, ...]]]


class Loop(Protocol):
    """What carries messages from the room's thread to the clients: an event loop."""

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> Any:
        """Call something in the loop's own thread."""
        ...


class Room:
    """A conversation and its clients."""

    def __init__(self, conversation: Conversation, trial: Trial | None = None, loop: Loop | None = None) -> None:
        """Open the room; nothing moves before `start`."""
        self.conversation, self.loop = conversation, loop
        self.laboratory = Laboratory(trial, lambda message: self.later(lambda: self._found(message)))
        self.mind = Mind({}, "Probes of hidden states are being fitted …")
        self.clients: list[Client] = []  # touched in the room's thread alone
        self.playing, self.speed = False, SPEED
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="talk", daemon=True)
        self._bag: Bag = []
        self._leaping: object = None
        self._due = 0.0
        self._shown = 0.0
        self._told = 0  # lines sent

    def start(self) -> None:
        """Let the thread run."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self.later(lambda: None)
        if self._thread.is_alive():
            self._thread.join(10)

    def later(self, task: Task) -> None:
        """Have something done in the room's thread."""
        self._tasks.put(task)

    def enter(self, client: Client) -> None:
        """Let a client in, and show it everything."""
        self.later(lambda: self._welcome(client))

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self.later(lambda: self.clients.remove(client) if client in self.clients else None)

    def hear(self, client: Client, text: str | bytes) -> None:
        """Do what a client asks for, or tell it in one sentence why not."""
        if not client.may_ask():
            if client.first_refusal:
                self._answer(client, f"That is more than {RATE:.0f} messages a second; some were not heard.")
            return
        try:
            command = ask.read_command(text)
        except CommlabError as error:
            self._answer(client, str(error))
            return
        if self._tasks.qsize() > CROWDED:
            self._answer(client, "Too much waits to be done; ask again in a moment.")
        else:
            self.later(lambda: self._obey(client, command))

    def know(self, book: Phrasebook, speaks: frozenset[int]) -> None:
        """Take a phrasebook that has been made meanwhile."""

        def take() -> None:
            self.conversation.use(book, speaks)
            self._tell(self._hello())
            self._show()

        self.later(take)

    def read_minds(self, mind: Mind) -> None:
        """Take probes that have been fitted meanwhile."""

        def take() -> None:
            self.mind = mind
            self._show()

        self.later(take)

    def _run(self) -> None:
        """Do what is asked, and step when it is time."""
        one_thread()
        while not self._stop.is_set():
            moves = self.playing and bool(self.clients)
            wait = max(0.0, self._due - time.monotonic()) if moves else None
            try:
                task = self._tasks.get(timeout=wait) if wait != 0.0 else self._tasks.get_nowait()
            except queue.Empty:
                task = None
            self._safely(task)
            if self.playing and self.clients and time.monotonic() >= self._due:
                self._safely(self._advance)

    def _safely(self, task: Task | None) -> None:
        """Do something; the room outlives its errors."""
        if task is None:
            return
        try:
            task()
        except CommlabError as error:
            self.playing = False
            self._tell({"type": "error", "sentence": str(error), "about": None})
        except Exception:
            traceback.print_exc()
            self.playing = False
            self._tell({"type": "error", "sentence": "Something went wrong inside; see the terminal.", "about": None})
        self._hand_over()

    def _advance(self) -> None:
        """Step once, and show it, or only every tenth of a second where steps cannot be made quickly enough."""
        now = time.monotonic()
        late = now - self._due > 1 / self.speed
        self._due = now + 1 / self.speed if late else self._due + 1 / self.speed
        self._step()
        if not late or now - self._shown >= _LATE or not self.playing:
            self._show()

    def _step(self) -> None:
        """Step once; at an episode's end, and a replay's, stop."""
        self.conversation.step()
        if self.conversation.session.over:
            self.playing = False
        self._end_replay()

    def _end_replay(self) -> None:
        """Tell how a replay went that has come to its end."""
        if self.conversation.replayed is not None:
            self.playing = False
            self._tell({"type": "replayed", **self.conversation.replayed._asdict()})
            self.conversation.replayed = None

    def _obey(self, client: Client, command: ask.Command) -> None:
        """Do what a client asks for."""
        try:
            self._do(client, command)
        except CommlabError as error:
            self._send(client, {"type": "error", "sentence": str(error), "about": command.type})

    def _do(self, client: Client, command: ask.Command) -> None:
        """Do what is asked for. Raises CommlabError, in one sentence, where that cannot be."""
        talk = self.conversation
        if not isinstance(command, ask.Focus):
            self._leaping = None
        match command:
            case ask.Play():
                self._play()
            case ask.Pause():
                self.playing = False
            case ask.Step():
                self.playing = False
                self._leap(command.n)
            case ask.Speed():
                self.speed = float(command.value)
                self._due = time.monotonic() + 1 / self.speed
            case ask.Restart():
                talk.restart(command.episode)
                self._begin()
            case ask.Focus():
                self._look(client, command.agent)
            case ask.SayWish():
                talk.say(command)
            case ask.Save():
                path = talk.save(command.name)
                self._tell({"type": "saved", "name": path.stem, "path": str(path), "talks": talk_names(talk.run)})
            case ask.Replay():
                talk.replay(command.name)
                self._begin()
                self._play()
                self._end_replay()
            case ask.Experiment():
                self._experiment(command)
        self._show()

    def _leap(self, n_steps: int, leap: object = None) -> None:
        """Step several times; others are heard in between, and whatever they ask for ends it."""
        if leap is not None and leap is not self._leaping:
            return
        self._leaping = leap = leap or object()
        start = time.monotonic()
        while n_steps > 0 and time.monotonic() - start < _LATE:
            self._step()
            n_steps = 0 if self.conversation.session.over else n_steps - 1
        if n_steps > 0:
            self.later(lambda: self._leap_on(n_steps, leap))

    def _leap_on(self, n_steps: int, leap: object) -> None:
        """Go on with a leap."""
        self._leap(n_steps, leap)
        self._show()

    def _play(self) -> None:
        """Let the world go on. Raises InterventionError where the episode is over."""
        session = self.conversation.session
        if session.over:
            following = session.episode + 1
            raise InterventionError(f"Episode {session.episode} is over; restart to begin episode {following}.")
        self.playing, self._due = True, time.monotonic() + 1 / self.speed

    def _look(self, client: Client, agent: int | None) -> None:
        """Let a client look into an agent. Raises InterventionError where there is no such agent."""
        n_agents = self.conversation.session.scenario.n_agents
        if agent is not None and agent >= n_agents:
            raise InterventionError(f"There is no agent {agent}; agents are 0 to {n_agents - 1}.")
        client.focus = agent

    def _begin(self) -> None:
        """Tell everybody of an episode that has begun."""
        self._told = 0
        self._tell(self._episode())
        self._tell_lines(reset=True)

    def _experiment(self, wish: ask.Experiment) -> None:
        """Begin to turn a line into an experiment. Raises InterventionError where that cannot be."""
        lines = self.conversation.transcript.lines
        line = lines[wish.line] if wish.line < len(lines) else {}
        self.laboratory.begin(line, wish, self.conversation.observer.book)

    def _found(self, message: Plain) -> None:
        """Tell everybody how an experiment goes, and write down what it found."""
        if message["state"] == "done":
            self.conversation.transcript.note(f"Experiment: {message['sentence']}")
            self._tell_lines()
        self._tell(message)

    def _welcome(self, client: Client) -> None:
        """Show a newcomer everything."""
        self._tell_lines()
        self.clients.append(client)
        for message in (self._hello(), self._episode(), self._lines(0, reset=True)):
            self._send(client, message)
        self._show()

    def _hello(self) -> Plain:
        """Return what does not change."""
        talk = self.conversation
        return {
            "type": "hello",
            "protocol": ask.PROTOCOL,
            "run": talk.run.name,
            **about(talk.session, talk.observer.book, talk.observer.speaks),
            "talks": talk_names(talk.run),
            "speeds": [1, ask.MOST_SPEED],
            "defaults": {"for": FOR, "kinship": 1.0, "speed": SPEED},
        }

    def _episode(self) -> Plain:
        """Return what the episode is like."""
        return {**self.conversation.opening, "replaying": self.conversation.replaying}

    def _lines(self, first: int, reset: bool = False) -> Plain:
        """Return the lines from the first one on; the oldest are left out where there are very many."""
        lines = self.conversation.transcript.lines
        start = max(first, len(lines) - SHOWN)
        return {"type": "lines", "reset": reset, "skipped": start - first, "lines": lines[start:]}

    def _tell_lines(self, reset: bool = False) -> None:
        """Tell everybody what has been said since it was told last."""
        n_lines = len(self.conversation.transcript.lines)
        if n_lines > self._told or reset:
            self._tell(self._lines(self._told, reset))
            self._told = n_lines

    def _show(self) -> None:
        """Show everybody what there is to see now."""
        self._tell_lines()
        if not self.clients:
            return
        self._shown = time.monotonic()
        talk = self.conversation
        state = {
            "playing": self.playing,
            "speed": self.speed,
            "replaying": talk.replaying,
            "clients": len(self.clients),
        }
        frame = as_json({**talk.observer.frame(), **state})
        inside = {agent: as_json(self._inside(agent)) for client in self.clients if (agent := client.focus) is not None}
        for client in self.clients:
            self._deliver(client.show, "frame", frame)
            if client.focus is not None:
                self._deliver(client.show, "focus", inside[client.focus])

    def _inside(self, agent: int) -> Plain:
        """Return an agent from inside."""
        talk = self.conversation
        hidden = talk.session.ahead().hidden.get(LAYER)
        note = "These agents have no hidden states." if hidden is None else self.mind.note
        probes = [] if hidden is None else self.mind.ask(agent, hidden[0, agent])
        return {**talk.observer.focus(agent), "probes": probes, "probes_note": note}

    def _tell(self, message: Plain) -> None:
        """Send a message to everybody."""
        text = as_json(message)
        for client in self.clients:
            self._deliver(client.put, text)

    def _send(self, client: Client, message: Plain) -> None:
        """Send a message to one client."""
        self._deliver(client.put, as_json(message))

    def _answer(self, client: Client, sentence: str) -> None:
        """Tell a client, in the event loop's thread, why something cannot be."""
        client.put(as_json({"type": "error", "sentence": sentence, "about": None}))

    def _deliver(self, put: Callable[..., None], *args: Any) -> None:
        """Put something into the bag that is handed over when all of a moment's messages are in it."""
        self._bag.append((put, args))

    def _hand_over(self) -> None:
        """Hand what is in the bag over to the event loop's thread, in one go: each time costs a change of threads."""
        if not self._bag:
            return
        bag, self._bag = self._bag, []
        if self.loop is None:
            return
        try:
            self.loop.call_soon_threadsafe(put_all, bag)
        except RuntimeError:  # the loop has been closed: nobody is there any more
            self._stop.set()


def put_all(bag: Bag) -> None:
    """Put every message where it waits."""
    for put, args in bag:
        put(*args)


def as_json(message: Plain) -> str:
    """Return a message as text. Raises ValueError for NaN, which JSON does not have."""
    return json.dumps(message, allow_nan=False, separators=(",", ":"))
