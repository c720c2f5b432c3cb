"""The transcript of a conversation: its lines, and the file from which the whole of it is played again, bit for bit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from commlab.env.types import Number
from commlab.foundation.atomic import write_atomic
from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import RecordingError, RunError, nearest_names
from commlab.foundation.provenance import commlab_version, git_revision, utc_now
from commlab.probes.decode.wording import percent
from commlab.talk.observer import Observer
from commlab.talk.session import LIVE, TWIN, Session, Spoken, Step
from commlab.talk.speech import FOR, PHANTOM, Say, agent_names, listeners

__all__ = ["FOLDER", "Saved", "SavedSay", "Transcript", "as_say", "load_talk", "save_talk", "talk_names", "told"]

FOLDER = "talks"
FORMAT = 1
MOST = 12  # agents whose words are written down in a step
_LONGEST = 60  # letters in a name
Line = dict[str, Any]


class SavedSay(BaseModel):
    """Something that a person said, as it is written to a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    t: int = Field(ge=0)
    symbols: tuple[int, ...]
    speaker: int | None = None
    to: int | str = "all"
    steps: int = FOR
    kinship: float = 1.0
    alone: bool = False
    meaning: str | None = None


class Saved(BaseModel):
    """A saved conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal[1] = 1
    run: str
    scenario: str
    checkpoint: str  # sha256
    seed: int = Field(ge=0, lt=2**31)
    episode: int = Field(ge=0, lt=2**31)
    said: tuple[SavedSay, ...]
    interventions: list[dict[str, Any]]  # the same as data, for the live world
    marks: tuple[int, ...]  # a checksum of every step, of both worlds
    lines: list[Line]
    commlab_version: str = ""
    git_revision: str | None = None
    saved: str = ""  # UTC


class Transcript:
    """Who said what, when, and what it meant."""

    def __init__(self, session: Session, observer: Observer) -> None:
        """Begin with nothing said."""
        self.session, self.observer = session, observer
        self.names = agent_names(session.scenario)
        self.begin()

    def begin(self) -> None:
        """Forget all lines."""
        self.lines: list[Line] = []
        self.marks: list[int] = []
        self._said: list[tuple[int, ...] | None] = [None] * len(self.names)

    def note(self, sentence: str) -> Line:
        """Write a line about the conversation itself."""
        return self._add({"t": self.session.t, "kind": "note", "sentence": sentence})

    def person(self, spoken: Spoken) -> Line:
        """Write what a person said."""
        say = spoken.say
        words = self.observer.book.words(say.symbols)
        who = PHANTOM if say.speaker is None else self.names[say.speaker]
        spoken_to = listeners(say, self.session.scenario)
        line = {
            "t": spoken.t,
            "kind": "person",
            "who": who,
            "speaker": say.speaker,
            "to": say.to,
            "listeners": list(spoken_to),
            "symbols": list(say.symbols),
            "words": words.text,
            "certainty": words.certainty,
            "meaning": say.meaning,
            "for": say.steps,
            "kinship": say.kinship,
            "alone": say.alone,
            "others": [n for n in range(len(self.names)) if n not in spoken_to],
            "walkers": self._walkers(spoken_to),
            "empty": self._empty(self._walkers(spoken_to)),
            "can_experiment": True,
        }
        return self._add(line | {"sentence": self._person_sentence(line)})

    def step(self, step: Step) -> list[Line]:
        """Write what agents began to say in a step; of very many, the first ones, and of those the answers first."""
        self.marks.append(step.mark)
        lines = [line for n in range(len(self.names)) if (line := self._agent(n, step)) is not None]
        kept = sorted(lines, key=lambda line: not line["answer"])[:MOST]
        return [self._add(line) for line in sorted(kept, key=lambda line: line["speaker"])]

    def _agent(self, n: int, step: Step) -> Line | None:
        """Return a line with what an agent began to say, if it did."""
        said, twin = tuple(step.said[LIVE, n].tolist()), tuple(step.said[TWIN, n].tolist())
        before, self._said[n] = self._said[n], said
        if said == before or not self._is_told(n, said, step.t):
            return None
        words = self.observer.book.words(said)
        line: Line = {
            "t": step.t,
            "kind": "agent",
            "who": self.names[n],
            "speaker": n,
            "symbols": list(said),
            "words": words.text,
            "certainty": words.certainty,
            "answer": said != twin,
        }
        sentence = f"Step {step.t}: {self.names[n]} says {told(said, words.text, words.certainty)}."
        if said != twin:
            other = self.observer.book.words(twin)
            line |= {"twin": list(twin), "twin_words": other.text}
            sentence += f" In the twin it says {told(twin, other.text, other.certainty)}."
        return line | {"sentence": sentence}

    def _is_told(self, n: int, said: tuple[int, ...], t: int) -> bool:
        """Return whether a new message is worth a line: words of the agent's own, in the language that is known."""
        lexicon = self.observer.book.lexicon
        if lexicon is not None and n not in self.observer.speaks:
            return False
        if any(one.say.speaker == n and one.t <= t < one.t + one.say.steps for one in self.session.spoken):
            return False
        return any(said) or self.observer.book.words(said).certainty is not None

    def _walkers(self, agents: tuple[int, ...]) -> list[int]:
        """Return those of some agents who can walk."""
        scenario = self.session.scenario
        return [n for n in agents if "north" in scenario.bodies[scenario.agent_bodies[n]].actions]

    def _empty(self, walkers: list[int]) -> bool:
        """Return whether some agents carry nothing, and too little energy for the altar."""
        world = self.session.world
        poor = world.energy[LIVE, walkers] < world.numbers[LIVE, Number.ALTAR_COST]
        return bool((poor & (world.inventory[LIVE, walkers].sum(axis=-1) == 0)).all())

    def _person_sentence(self, line: Line) -> str:
        """Return a person's line in words."""
        to = f"agent {line['to']}" if isinstance(line["to"], int) else line["to"].replace(":", " ")
        who = "a phantom says" if line["speaker"] is None else f"you, as {line['who']}, say"
        what = told(tuple(line["symbols"]), line["words"], line["certainty"])
        alone = ", and nothing else is heard" if line["alone"] else ""
        steps = "1 step" if line["for"] == 1 else f"{line['for']} steps"
        return f"Step {line['t']}: {who} {what} to {to} for {steps}{alone}. The twin does not hear it."

    def _add(self, line: Line) -> Line:
        """Number a line and keep it."""
        line = {"n": len(self.lines), **line}
        self.lines.append(line)
        return line


def told(symbols: tuple[int, ...], text: str | None, certainty: float | None) -> str:
    """Return a message as symbols and words: 14 (crystal in the north-east, 97 %)."""
    form = " ".join(map(str, symbols)) if any(symbols) else "silence"
    if text is None:
        return form
    return f"{form} ({text}{f', {percent(certainty)}' if certainty is not None else ''})"


def save_talk(run: Path, session: Session, transcript: Transcript, name: str | None) -> Path:
    """Write a conversation to `<run>/talks/<name>.json`, a name that is taken getting a number; return its path."""
    saved = Saved(
        run=run.name,
        scenario=session.scenario.name,
        checkpoint=session.agents.sha256,
        seed=session.seed,
        episode=session.episode,
        said=tuple(SavedSay(t=one.t, **one.say._asdict()) for one in session.spoken),
        interventions=json.loads(session.interventions_json()),
        marks=tuple(transcript.marks),
        lines=transcript.lines,
        commlab_version=commlab_version(),
        git_revision=git_revision(),
        saved=utc_now(),
    )
    path = free_path(run, plain_name(name or f"episode {session.episode}"))
    return write_atomic(path, saved.model_dump_json(indent=1) + "\n")


def load_talk(run: Path, name: str) -> Saved:
    """Return the conversation saved under a name. Raises RecordingError where there is none or it is damaged."""
    names = talk_names(run)
    if name not in names:
        near = ", ".join(nearest_names(name[:_LONGEST], names)) or "none at all"
        raise RecordingError(f"There is no saved talk {name[:_LONGEST]!r} in {run}; there are {near}.")
    path = run / FOLDER / f"{name}.json"
    try:
        return Saved.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise RecordingError(f"{path} is no saved talk, or it is damaged ({first}); save it again.") from None


def talk_names(run: Path) -> list[str]:
    """Return the names of the saved conversations of a run."""
    return sorted(path.stem for path in (run / FOLDER).glob("*.json") if path.is_file())


def as_say(saved: SavedSay) -> Say:
    """Return what was said, to be said again."""
    return Say(**saved.model_dump(exclude={"t"}))


def plain_name(name: str) -> str:
    """Return a name that is safe for a file: letters, digits, spaces, dots, hyphens and underscores."""
    plain = re.sub(r"[^\w .-]+", "-", name[: 4 * _LONGEST]).strip(" .-")
    return plain[:_LONGEST].strip(" .-") or "talk"


def free_path(run: Path, name: str) -> Path:
    """Return a path that nothing has yet, and take it. Raises RunError where it would lie outside of the run."""
    folder = run / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not folder.resolve().is_relative_to(run.resolve()):
            raise RunError(f"{folder} leads out of the run; make it a folder of its own.")
        number = 1
        while True:
            path = folder / f"{name}{f' {number}' if number > 1 else ''}.json"
            try:
                path.open("x").close()
            except FileExistsError:
                number += 1
            else:
                return path
    except OSError as error:
        raise as_disk_error(error, folder) from error
