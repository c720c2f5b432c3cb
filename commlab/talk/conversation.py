"""A conversation: a session with its phrasebook, its transcript and its saved talks, as the page and scripts use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from commlab.foundation.errors import InterventionError, RecordingError
from commlab.recording import Playable
from commlab.talk.observer import Observer
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.protocol import SayWish
from commlab.talk.session import Session, Spoken
from commlab.talk.speech import PHANTOM, Say
from commlab.talk.transcript import Saved, Transcript, as_say, load_talk, save_talk

__all__ = ["Conversation", "Replayed"]

Line = dict[str, Any]


class Replayed(NamedTuple):
    """How the replay of a saved talk went."""

    name: str
    identical: bool
    sentence: str


class Conversation:
    """Agents, and a person who speaks with them."""

    def __init__(
        self,
        run: Path,
        agents: Playable,
        book: Phrasebook,
        speaks: frozenset[int],
        seed: int = 0,
        episode: int = 0,
    ) -> None:
        """Begin an episode; talks are saved in the run's folder."""
        self.run = run
        self.session = Session(agents, seed, episode)
        self.observer = Observer(self.session, book, speaks)
        self.transcript = Transcript(self.session, self.observer)
        self.begin()

    @property
    def replaying(self) -> str | None:
        """The talk that is being replayed."""
        return self._replay[0] if self._replay is not None else None

    def begin(self) -> None:
        """See the episode that has just begun; forget what came before."""
        self._replay: tuple[str, Saved] | None = None
        self._differs: int | None = None
        self.replayed: Replayed | None = None  # set when a replay has come to its end
        self.kept: bool  # whether all that a person said is saved
        self.transcript.begin()
        self.opening = self.observer.begin()
        self.kept = True
        self.transcript.note(f"Episode {self.session.episode} begins.")

    def use(self, book: Phrasebook, speaks: frozenset[int]) -> None:
        """Translate with another phrasebook from now on."""
        self.observer.book, self.observer.speaks = book, speaks

    def restart(self, episode: int | None = None) -> None:
        """Begin an episode, by default the next. Raises InterventionError where there is no such episode."""
        self.session.restart(self.session.episode + 1 if episode is None else episode)
        self.begin()

    def step(self) -> None:
        """Let all agents act and speak once. Raises InterventionError where the episode is over."""
        if self.session.over:
            following = self.session.episode + 1
            raise InterventionError(f"Episode {self.session.episode} is over; restart to begin episode {following}.")
        step = self.session.step()
        self.transcript.step(step)
        if self._replay is not None:
            self._follow(*self._replay)
        if self.session.over:
            self.transcript.note(f"Episode {self.session.episode} is over.")

    def say(self, wish: SayWish) -> Spoken:
        """Say what a person wishes; a replay ends there, and goes on as a new conversation.

        Raises DataError for meanings without a word, and InterventionError for what the world does not have.
        """
        spoken = self.session.say(self.as_say(wish))
        self._replay, self.kept = None, False
        self.transcript.person(spoken)
        return spoken

    def as_say(self, wish: SayWish) -> Say:
        """Return what is said when a person wishes to. Raises as `say` does."""
        if (wish.meaning is None) == (wish.symbols is None):
            raise InterventionError("One says either a meaning or symbols; give one of the two.")
        if wish.meaning is not None:
            symbols = self.observer.book.symbols_for(wish.meaning, wish.kinship).symbols
        else:
            symbols = wish.symbols or ()
        speaker = None if wish.as_ == PHANTOM else int(wish.as_)
        return Say(symbols, speaker, wish.to, wish.for_, wish.kinship, wish.alone, wish.meaning)

    def save(self, name: str | None = None) -> Path:
        """Save the conversation in the run's folder; return where."""
        path = save_talk(self.run, self.session, self.transcript, name)
        self.kept = True
        return path

    def replay(self, name: str) -> None:
        """Begin to play a saved talk again.

        Raises RecordingError where there is none of the name, and where it was held with other agents.
        """
        saved = load_talk(self.run, name)
        if saved.checkpoint != self.session.agents.sha256:
            raise RecordingError(
                f"The talk {name!r} was held with another checkpoint ({saved.checkpoint[:12]}), and these agents would "
                f"say something else; talk with the run's {saved.checkpoint[:12]} again, or begin a new talk."
            )
        if saved.scenario != self.session.scenario.name:
            raise RecordingError(f"The talk {name!r} was held in {saved.scenario}, not in this world; begin a new one.")
        self.session.restart(saved.episode, saved.seed)
        self.begin()
        self._replay = (name, saved)
        self.transcript.note(f"Replay of {name!r}, which has {len(saved.marks)} steps.")
        self._follow(name, saved)

    def _follow(self, name: str, saved: Saved) -> None:
        """Say what was said at this moment of a talk that is replayed, and see whether all is as it was."""
        t = self.session.t
        if self._differs is None and self.transcript.marks[:t] != list(saved.marks[:t]):
            self._differs = t - 1
        try:
            for one in saved.said:
                if one.t == t:
                    self.transcript.person(self.session.say(as_say(one)))
        except InterventionError:
            self._replay = None  # the file is not of this world
            raise
        if t >= len(saved.marks):
            self._replay = None
            self.replayed = replayed(name, t, self._differs)
            self.transcript.note(self.replayed.sentence)


def replayed(name: str, n_steps: int, differs: int | None) -> Replayed:
    """Return how a replay went, that differed from a step on or did not."""
    if differs is None:
        return Replayed(name, True, f"The replay of {name!r} was identical in all of its {n_steps} steps.")
    return Replayed(
        name,
        False,
        f"The replay of {name!r} differs from step {differs} on: that was another machine, or another version.",
    )
