"""Experiments as files: what is done to which agents when, what is measured, and what is compared, in YAML or JSON.

Steps of interventions are counted from the moment of a trial; agents may be named by what they are in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from commlab.agents.intervention import Eraser, Intervention
from commlab.env.explaining import explain
from commlab.foundation.errors import InterventionError, nearest_names
from commlab.foundation.result import Result

__all__ = [
    "OTHER",
    "WHENS",
    "Change",
    "Contrast",
    "Experiment",
    "Measure",
    "experiment_names",
    "parse_experiment",
    "read_experiment",
    "to_yaml",
]

OTHER = "other"  # as a source: another episode of the experiment
LIBRARY = Path(__file__).parent / "files"
WHENS = ("empty-handed", "carrying", "any", "start")
MeasureKind = Literal["return", "first place", "arrival", "distance", "divergence", "said", "action"]


def _several(given: Any) -> Any:
    """Return one name, or a list of names, as a tuple."""
    if given is None or given == "all":
        return None
    rows = given if isinstance(given, list | tuple) else [given]
    for name in rows:
        if isinstance(name, bool) or not isinstance(name, int | str):
            raise ValueError(f"agents are named by number, body, family or role (listener, speaker), not by {name!r}")
    return tuple(rows)


def _moment(given: Any) -> Any:
    """Return a step, or the word for a moment."""
    if isinstance(given, int) and not isinstance(given, bool):
        if given < 0:
            raise ValueError(f"a moment is a step from 0 on, not {given}")
        return given
    if given not in WHENS:
        near = nearest_names(str(given), WHENS, 1)[0]
        raise ValueError(f"a moment is a step or one of {', '.join(WHENS)}, not {given!r}; the nearest is {near!r}")
    return given


def _source(given: Any) -> Any:
    """Return an episode's number, or the word for another one."""
    whole = isinstance(given, int) and not isinstance(given, bool)
    if given is not None and given != OTHER and not (whole and given >= 0):
        raise ValueError(f"a source is an episode's number or {OTHER!r}, not {given!r}")
    return given


def _place(given: Any) -> Any:
    """Return a place in words, or a cell."""
    if isinstance(given, str):
        return given
    rows = list(given) if isinstance(given, list | tuple) else [None]
    if len(rows) == 2 and all(isinstance(part, int) and not isinstance(part, bool) for part in rows):
        return tuple(rows)
    raise ValueError(f"a place is 'named', a direction such as 'north-east', or a cell [row, column], not {given!r}")


def _or_nothing(given: Any) -> Any:
    """Return an empty list for nothing."""
    return [] if given is None else given


Names = Annotated[tuple[int | str, ...] | None, BeforeValidator(_several)]
Symbols = Annotated[tuple[int, ...] | None, BeforeValidator(lambda given: [given] if isinstance(given, int) else given)]


class Model(BaseModel):
    """A part of an experiment: unknown fields are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Change(Model):
    """One intervention, as `Intervention` has it, with words in the place of numbers that the run decides."""

    site: str = Field(description="Where: message.out, message.in, hidden.core, kinship, observation, action, world.…")
    operation: str = Field(description="What is done there: mute, set, inject, shuffle, delay, replay, noise, add, …")
    agents: Names = Field(("listener",), description="Whom it is done to: names or numbers; all: everyone.")
    first: int = Field(0, ge=-10_000, le=10_000, description="The first step, counted from the moment.")
    last: int | None = Field(None, ge=-10_000, le=10_000, description="The last step; left out: to the end.")
    symbol: Symbols = Field(None, description="The symbol, or the symbols of a message, to set or inject.")
    meaning: str | None = Field(None, description="Instead of a symbol: what it shall mean, as the lexicon says it.")
    kinship: float = Field(1.0, ge=-1, le=1, description="Of the phantom, or the kinship to set: a share, -1 to 1.")
    source: Annotated[int | str | None, BeforeValidator(_source)] = Field(
        None, description="The episode to replay or patch from; other: another one for each trial."
    )
    speakers: Names = Field(None, description="Whose messages are changed where they are heard; left out: everyone's.")
    delay: int | None = Field(None, ge=1, description="Steps by which messages are late.")
    chance: float | None = Field(None, ge=0, le=1, description="Of each symbol or action to be another, 0 to 1.")
    others: Names = Field(None, description="With whom the kinship is set; left out: with everyone else.")
    field: str | None = Field(None, description="The column of one's own state that reads otherwise, such as energy.")
    value: int | None = Field(None, description="An action's number, joules, steps, or what the column reads.")
    vector: tuple[float, ...] | None = Field(None, description="A hidden state, or what is added to it; one per unit.")
    eraser: dict[Literal["left", "right", "bias"], Any] | None = Field(
        None, description="The projection to take out: left (H, k), right (k, H), bias (H)."
    )

    @model_validator(mode="after")
    def _check(self) -> Change:
        if self.symbol is not None and self.meaning is not None:
            raise ValueError("a symbol and a meaning cannot both be given; leave one out")
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last {self.last} comes before first {self.first}; make it {self.first} or more")
        try:
            self.intervention(None, (1,) if self.meaning is not None else self.symbol, 0, None, None, None)
        except InterventionError as error:
            raise ValueError(str(error)) from None
        return self

    def intervention(
        self,
        agents: tuple[int, ...] | None,
        symbols: tuple[int, ...] | None,
        step: int,
        source: int | None,
        speakers: tuple[int, ...] | None,
        others: tuple[int, ...] | None,
    ) -> Intervention:
        """Return the intervention of a trial at `step`, with everything that words stood for."""
        stand_in = 0 if self.source == OTHER and source is None else source
        return Intervention(
            self.site,
            self.operation,
            agents,
            max(0, step + self.first),
            None if self.last is None else max(0, step + self.last),
            symbols if symbols is None or len(symbols) > 1 else symbols[0],
            self.kinship,
            self.source if isinstance(self.source, int) else stand_in,
            speakers,
            self.delay,
            self.chance,
            others,
            self.field,
            self.value,
            self.vector,
            None if self.eraser is None else Eraser(*(self.eraser.get(part, ()) for part in ("left", "right", "bias"))),
        )


class Measure(Model):
    """Something measured in every trial of every arm."""

    kind: MeasureKind = Field(description="return, first place, arrival, distance, divergence, said or action.")
    agents: Names = Field(("listener",), description="Of whom; the mean over them, where they are several.")
    place: Annotated[str | tuple[int, int] | None, BeforeValidator(lambda v: None if v is None else _place(v))] = Field(
        None, description="named (by what the arms say), a direction, or a cell [row, column] of the map."
    )
    after: int | None = Field(None, ge=0, description="distance, divergence: the step, counted from the moment.")
    from_: str | None = Field(None, alias="from", description="divergence: the arm from which it is measured.")
    symbol: Symbols = Field(None, description="said: the message that counts; left out: all but silence.")
    meaning: str | None = Field(None, description="said: instead of a symbol, what it means by the lexicon.")
    action: str | None = Field(None, description="action: the name of the action that counts, such as use.")

    @model_validator(mode="after")
    def _check(self) -> Measure:
        needs = {"place": ("first place", "arrival", "distance"), "from_": ("divergence",), "action": ("action",)}
        for name, kinds in needs.items():
            word = name.rstrip("_")
            if (getattr(self, name) is not None) != (self.kind in kinds):
                verb = "needs" if self.kind in kinds else "has no use for"
                raise ValueError(f"a measure of {self.kind!r} {verb} {word!r}, which {' and '.join(kinds)} have")
        if self.kind != "said" and (self.symbol or self.meaning):
            raise ValueError(f"a measure of {self.kind!r} has no use for a symbol or a meaning, which said has")
        return self


class Contrast(Model):
    """Two arms compared by a measure: the first less the second, paired over trials."""

    measure: str = Field(description="The name of a measure.")
    arm: str = Field(description="The name of an arm.")
    against: str = Field(description="The name of the arm that it is compared with.")


def _named_arms(given: Any) -> Any:
    """Return arms, those without anything as empty lists."""
    return {name: _or_nothing(rows) for name, rows in given.items()} if isinstance(given, Mapping) else given


class Experiment(Model):
    """An experiment in twin worlds: every trial is rolled once in each arm, with the same draws."""

    title: str = Field("An experiment", max_length=200, description="What it is called; its file is named after it.")
    question: str = Field("", description="What it asks, in a sentence.")
    episodes: int = Field(256, ge=8, le=20_000, description="Episodes, a trial in each that has such a moment.")
    seed: int = Field(0, ge=0, lt=2**20, description="Root of all draws.")
    listener: Names = Field(("listeners",), description="Among whom the listener of each trial is drawn.")
    speaker: Names = Field(("speakers",), description="Among whom the speaker of each trial is drawn.")
    moment: Annotated[int | str, BeforeValidator(_moment)] = Field(
        "empty-handed", description="A step, or when the listener is empty-handed, carrying, any time, or at the start."
    )
    empty: Annotated[str | tuple[int, int] | None, BeforeValidator(lambda v: None if v is None else _place(v))] = Field(
        None, description="Only moments at which this place has no crystal: named, a direction, or a cell."
    )
    watch: int = Field(20, ge=1, le=10_000, description="Steps that are watched from the moment on.")
    arms: Annotated[dict[str, tuple[Change, ...]], BeforeValidator(_named_arms)] = Field(
        min_length=1, description="What is done in each arm, by name; an empty arm is left alone."
    )
    measures: dict[str, Measure] = Field(
        default_factory=lambda: {"return": Measure(kind="return", agents=None)},
        min_length=1,
        description="What is measured, by name; left out: everyone's return.",
    )
    contrasts: tuple[Contrast, ...] | None = Field(
        None, description="What is compared; left out: the first arm with every other, by every measure."
    )

    @model_validator(mode="after")
    def _check(self) -> Experiment:
        for name, measure in self.measures.items():
            if measure.from_ is not None and measure.from_ not in self.arms:
                raise ValueError(f"measures.{name}.from: {_unknown('arm', measure.from_, self.arms)}")
        for number, contrast in enumerate(self.contrasts or ()):
            for field, word, known in (
                ("measure", contrast.measure, self.measures),
                ("arm", contrast.arm, self.arms),
                ("against", contrast.against, self.arms),
            ):
                if word not in known:
                    kind = "measure" if field == "measure" else "arm"
                    raise ValueError(f"contrasts.{number}.{field}: {_unknown(kind, word, known)}")
        if self.contrasts is None and len(self.arms) < 2:
            raise ValueError("arms: one arm alone has nothing to be compared with; add one, such as 'untouched: []'")
        return self

    @property
    def compared(self) -> tuple[Contrast, ...]:
        """The contrasts, those of the first arm with every other where none are named."""
        if self.contrasts is not None:
            return self.contrasts
        first, *others = self.arms
        return tuple(Contrast(measure=name, arm=first, against=other) for name in self.measures for other in others)

    def to_plain(self) -> dict[str, Any]:
        """Return it in JSON's own types, without what is left at its default."""
        plain: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return plain


def experiment_names() -> list[str]:
    """Return the names of the experiments that ship with commlab."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def read_experiment(name: str | Path) -> Experiment:
    """Return the experiment in a YAML file, in a saved result of one (JSON), or of the library by its name.

    Raises InterventionError, in one sentence.
    """
    path = Path(name)
    if not path.exists() and str(name) in experiment_names():
        path = LIBRARY / f"{name}.yaml"
    if not path.is_file():
        near = nearest_names(path.stem, experiment_names(), 1)[0]
        raise InterventionError(
            f"There is no experiment {str(name)!r}: name a YAML file, a saved experiment's result, or one that ships "
            f"with commlab ({', '.join(experiment_names())}; the nearest is {near})."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InterventionError(
            f"{path} cannot be read ({type(error).__name__}); name a YAML file, or a saved experiment's result."
        ) from None
    if path.suffix == ".json":
        return _from_result(path, text)
    try:
        data = yaml.safe_load(text)
    except RecursionError:
        raise InterventionError(f"{path}: this is no experiment: it is nested too deeply.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise InterventionError(f"{path}{where}: this is no YAML ({getattr(error, 'problem', error)}).") from None
    return parse_experiment(data, str(path), text)


def parse_experiment(data: Any, source: str = "experiment", text: str = "") -> Experiment:
    """Return the experiment that `data` describes. Raises InterventionError, in one sentence that names the field."""
    if not isinstance(data, Mapping):
        raise InterventionError(
            f"{source}: an experiment is a mapping with arms, measures and so on, not {data!r:.40}."
        )
    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        raise InterventionError(explain(error, Experiment, source, text)) from None


def to_yaml(experiment: Experiment) -> str:
    """Return an experiment as YAML, to be changed and run again."""
    text: str = yaml.safe_dump(experiment.to_plain(), sort_keys=False, allow_unicode=True, width=110)
    return text


def _from_result(path: Path, text: str) -> Experiment:
    """Return the experiment that a saved result holds, or that the JSON is."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InterventionError(f"{path} is no JSON; name a saved experiment's result, or a YAML file.") from None
    if isinstance(data, dict) and "analysis" in data:
        found = Result.from_json(text).details.get("experiment")
        if not isinstance(found, dict):
            raise InterventionError(f"{path} is the result of {data['analysis']!r}, not of an experiment from a file.")
        data = found
    return parse_experiment(data, str(path))


def _unknown(kind: str, word: str, known: Mapping[str, Any]) -> str:
    """Return a sentence on a name that is not there."""
    near = nearest_names(word, known, 1)[0]
    return f"there is no {kind} {word!r}; the nearest is {near!r}, all are {', '.join(known)}"
