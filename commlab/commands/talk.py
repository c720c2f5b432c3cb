"""`commlab talk`: speak with the agents, in a browser or from a script."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any, NamedTuple

from commlab.commands.runs import checkpoint_of, run_of
from commlab.console import out, print_json, say
from commlab.foundation.run import RunFolder
from commlab.talk.conversation import Conversation
from commlab.talk.headless import Outcome, hold
from commlab.talk.knowledge import MAKING, Known, Who, learn_apart, learn_language, nothing_known, saved_language
from commlab.talk.mind import Mind
from commlab.talk.room import Room
from commlab.talk.script import Do, Script, read_script
from commlab.talk.transcript import load_talk
from commlab.talk.trial import Trier

__all__ = ["Door", "from_script", "replay", "serve"]

UNSAVED = "left unsaved"


class Door(NamedTuple):
    """Where the page is served."""

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    browser: bool | None = None  # None: if there is a terminal


def serve(run: str | None, door: Door, seed: int, episode: int, checkpoint: Path | None, command: str) -> None:
    """Serve the page until it is interrupted; what was said and not saved is saved then."""
    from commlab.talk.guard import check_place, make_token
    from commlab.talk.server import Server, listen

    check_place(door.host, door.token)
    token = make_token(door.token)
    folder = run_of(run)
    agents = checkpoint_of(folder, checkpoint)
    listening = listen(door.host, door.port)
    who = Who(agents.scenario, agents.sha256)
    known = saved_language(folder, who) or nothing_known(agents.scenario, MAKING)
    talk = Conversation(folder.path, agents, *known, seed, episode)
    talk.step()  # what is compiled on first use is compiled before the page opens
    talk.restart(episode)
    room = Room(talk, Trier(folder, agents, command))
    server = Server(room, listening, token, door.host)
    threading.Thread(target=_learn, args=(room, folder, who), name="learn", daemon=True).start()
    say(f"Talk with {folder.name} at {server.place.url}")
    if server.place.far_url is not None:
        say(f"From other machines: {server.place.far_url}")
    say("Ctrl-C ends it.")
    wanted = sys.stdout.isatty() and _has_screen() if door.browser is None else door.browser
    try:
        server.run((lambda: _open(server.place.url)) if wanted else None)
    finally:
        _keep(talk)


def from_script(run: str | None, path: Path, checkpoint: Path | None, as_json: bool, command: str) -> Outcome:
    """Hold a conversation from a script; print it as text, or its outcome as JSON."""
    return _hold(run, read_script(path), checkpoint, as_json, command)


def replay(run: str | None, name: str, checkpoint: Path | None, as_json: bool, command: str) -> Outcome:
    """Play a saved talk again; print it, and whether it was identical."""
    load_talk(run_of(run).path, name)
    return _hold(run, Script(steps=(Do(replay=name),)), checkpoint, as_json, command)


def _hold(run: str | None, script: Script, checkpoint: Path | None, as_json: bool, command: str) -> Outcome:
    """Hold a conversation from a script."""
    folder = run_of(run)
    agents = checkpoint_of(folder, checkpoint)
    known = learn_language(folder, Who(agents.scenario, agents.sha256))
    if known.book.note is not None:
        say(known.book.note)
    talk = Conversation(folder.path, agents, *known, script.seed, script.episode)
    show = _nowhere if as_json else _line
    outcome = hold(talk, script, Trier(folder, agents, command, script.seed), show)
    if as_json:
        print_json(_facts(folder, talk, script) | outcome._asdict() | {"met": outcome.met})
    return outcome


def _facts(folder: RunFolder, talk: Conversation, script: Script) -> dict[str, Any]:
    """Return which agents spoke, and where."""
    session = talk.session
    return {
        "run": folder.name,
        "scenario": session.scenario.name,
        "checkpoint": session.agents.sha256,
        "title": script.title,
        "seed": session.seed,
    }


def _learn(room: Room, folder: RunFolder, who: Who) -> None:
    """Learn the language and what hidden states tell, while the page is open already."""

    def tell(known: Known | None, mind: Mind | None) -> None:
        if known is not None:
            room.know(*known)
        if mind is not None:
            room.read_minds(mind)

    learn_apart(folder, who, room.conversation.observer.book.note is not None, tell)


def _keep(talk: Conversation) -> None:
    """Save what was said and would be lost."""
    if talk.session.spoken and not talk.kept:
        say(f"Saved {talk.save(UNSAVED)}.")


def _has_screen() -> bool:
    """Return whether a browser has somewhere to open; without one, it would take the terminal."""
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    """Open the page in a browser."""
    webbrowser.open(url)


def _line(sentence: str) -> None:
    """Print a line of a conversation."""
    out.print(sentence, markup=False)


def _nowhere(sentence: str) -> None:
    """Print nothing."""
