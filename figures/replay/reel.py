"""A reel: everything that the page needs of one episode, from the arrays of its recording."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.schema import FEATURE, MISSING
from commlab.figures.replay.changes import changes_in
from commlab.figures.replay.events import events_of
from commlab.figures.replay.ground import ground_of
from commlab.figures.replay.meaning import Book, meanings_of
from commlab.figures.replay.packing import pack
from commlab.foundation.errors import RecordingError

__all__ = ["Reel", "reel_of"]

Array = np.ndarray[Any, Any]
COLUMNS = {
    "position": "agents/position", "facing": "agents/facing", "energy": "agents/energy", "shield": "agents/shield",
    "inventory": "agents/inventory", "frozen": "agents/frozen", "partner": "agents/partner", "said": "channel/said",
    "emitted": "channel/emitted", "heard": "channel/heard", "speaker": "channel/speaker", "action": "policy/action",
    "injected": "channel/injected", "relayed": "channel/relayed", "reward": "reward/own", "shared": "reward/shared",
    "objects": "world/objects", "window": "observation/window",
}  # fmt: skip
UNSEEN = 255
MOST_SIZE = 96 * 2**20  # bytes of one column of an episode: more would not open on a phone
MOST_FEATURES = 12


@dataclass(frozen=True)
class Reel:
    """An episode, and beside it its twin where it has one, ready to be written into a page."""

    id: str  # how links name it: "12"
    title: str  # how the list of episodes names it
    facts: dict[str, Any]  # JSON-able: who, where, which words, events, interventions
    columns: dict[str, Array]  # (T, …) each; "twin.<name>" those of the twin
    n_steps: int
    n_agents: int

    def packed(self) -> bytes:
        """The reel as it stands in the page."""
        return pack({"id": self.id, "title": self.title, **self.facts}, self.columns)


def reel_of(
    recording: Recording,
    episode: int,
    *,
    twin: Recording | None = None,
    id: str | None = None,
    title: str | None = None,
    book: Book | None = None,
    plan: Mapping[str, Any] | None = None,
) -> Reel:
    """The reel of one episode of a recording, by its place in it, from 0.

    twin: a recording that holds the same episode without its interventions; book: what messages mean;
    plan: the episode's map (height, width, grid of cell codes, sites), where its layout is of another one. Raises
    RecordingError where there is no such episode, or no such twin.
    """
    live = episode_of(recording, episode)
    columns = columns_of(live)
    n_steps, n_agents = live.n_steps, live.n_agents
    ground = ground_of(live, plan)
    if ground.map is None:
        columns.pop("position", None)
    said = columns.get("said")
    meanings = meanings_of(live, said if said is not None else np.zeros((n_steps, n_agents, 1), int), book)
    number = int(live.episodes.episode[0])
    facts: dict[str, Any] = {
        "episode": number,
        "seed": int(live.episodes.seed[0]),
        "steps": n_steps,
        "ended": bool("steps/terminated" in live and np.asarray(live["steps/terminated"]).any()),
        "recording": recording.path.name,
        "checkpoint": str(live.attrs.get("checkpoint_sha256", ""))[:12],
        "condition": str(live.episodes.condition[0]),
        "scenario": scenario_of(live),
        "map": ground.map,
        "map_note": ground.note,
        "walls": ground.changes,
        "delay": delay_of(recording),
        "agents": agents_of(live, columns),
        "kinship": np.nan_to_num(np.round(live.kinship[int(live.episodes.kinship[0])].astype(float), 4)).tolist(),
        "codes": {table: live.codes.get(table, {}) for table in ("cells", "actions", "facings", "symbols")},
        "phrases": meanings.phrases,
        "targets": meanings.targets,
        "events": [list(event) for event in events_of(columns, live.codes, attack_range(live))],
        "changes": [one._asdict() for one in changes_in(str(live.episodes.intervention[0]), n_steps)],
        "has_map": ground.map is not None,
        "knows_words": book is not None,
        "speakers": list(range(n_agents)) if book is None or book.speakers is None else sorted(book.speakers),
        **features_of(live),
    }
    every = {**columns, **meanings.columns, **feature_columns(live)}
    if twin is not None:
        other = twin_of(twin, live, episode)
        beside = columns_of(other)
        facts |= {"twin": True, "twin_steps": other.n_steps, "twin_walls": ground_of(other, plan).changes}
        every |= {f"twin.{name}": column for name, column in beside.items()}
    named = title if title is not None else f"Episode {number}"
    return Reel(id if id is not None else str(episode), named, facts, every, n_steps, n_agents)


def episode_of(recording: Recording, episode: int) -> Recording:
    """One episode as an excerpt. Raises RecordingError where the recording has none at that place."""
    if not 0 <= episode < recording.n_episodes:
        raise RecordingError(
            f"{recording.path} has no episode {episode}: it has {recording.n_episodes}, from 0 to "
            f"{recording.n_episodes - 1}."
        )
    return recording.excerpt(episode, episode + 1)


def twin_of(twin: Recording, live: Recording, episode: int) -> Recording:
    """The twin's episode: that of the same world, by seed and number. Raises RecordingError where there is none."""
    alike = np.flatnonzero(
        (twin.episodes.episode == live.episodes.episode[0]) & (twin.episodes.seed == live.episodes.seed[0])
    )
    if not alike.size or twin.n_agents != live.n_agents:
        raise RecordingError(
            f"{twin.path} holds no twin of episode {episode} of {live.path}: it must be of the same seed, episode and "
            "agents."
        )
    place = episode if episode in alike else int(alike[0])
    return twin.excerpt(place, place + 1)


def delay_of(recording: Recording) -> int:
    """The steps from speaking to hearing; 1 where nothing says who was heard."""
    try:
        return recording.hearing_delay
    except RecordingError:
        return 1


def columns_of(recording: Recording) -> dict[str, Array]:
    """The columns of an episode that the page shows; windows as far as anybody sees."""
    found = {name: np.asarray(recording[column]) for name, column in COLUMNS.items() if column in recording}
    for name, column in found.items():
        if column.nbytes > MOST_SIZE:
            raise RecordingError(
                f"An episode of {recording.path} is too long for a page: its {COLUMNS[name]} alone are "
                f"{column.nbytes / 2**20:,.0f} MB, and {MOST_SIZE // 2**20} MB is the most."
            )
    if "emitted" in found and "said" in found and np.array_equal(found["emitted"], found["said"]):
        del found["emitted"]
    if "shared" in found and "reward" in found and np.array_equal(found["shared"], found["reward"]):
        del found["shared"]
    for name in ("injected", "relayed"):
        if name in found and not found[name].any():
            del found[name]
    for name in ("reward", "shared"):
        if name in found:
            found[name] = np.nan_to_num(found[name], nan=0.0, posinf=0.0, neginf=0.0)
    if "window" in found:
        found["window"] = cropped(found["window"])
    return found


def cropped(windows: Array) -> Array:
    """Windows (T, A, n, n) without the rim that nobody ever sees."""
    seen = (windows != UNSEEN).any(axis=(0, 1))
    middle = windows.shape[-1] // 2
    rows, columns = np.nonzero(seen)
    reach = int(max(np.abs(rows - middle).max(initial=0), np.abs(columns - middle).max(initial=0)))
    inner = slice(middle - reach, middle + reach + 1)
    return windows[:, :, inner, inner]


def scenario_of(recording: Recording) -> dict[str, str]:
    """A scenario's name and title."""
    scenario = recording.attrs.get("scenario")
    told = scenario if isinstance(scenario, Mapping) else {}
    return {"name": str(told.get("name", "")), "title": str(told.get("title", ""))}


def agents_of(recording: Recording, columns: Mapping[str, Array]) -> list[dict[str, Any]]:
    """Who the agents are: name, body, family, how far they see and hear, and the most energy they can have."""
    names = recording.attrs.get("agents")
    bodies = [recording.codes.get("bodies", {}).get(int(code), "agent") for code in recording.episodes.bodies[0]]
    layout = recording.attrs.get("layout")
    told = layout if isinstance(layout, Mapping) else {}
    families = told.get("families") or [0] * recording.n_agents
    most = most_energy(recording, columns)
    return [
        {
            "id": n,
            "name": str(names[n]) if isinstance(names, list) and n < len(names) else f"{body} {n}",
            "body": body,
            "family": int(families[n]) if n < len(families) else 0,
            "view": distance(told.get("view_radius"), body),
            "hearing": distance(told.get("hearing"), body),
            "max_energy": most[n],
        }
        for n, body in enumerate(bodies)
    ]


def distance(table: Any, body: str) -> int | None:
    """How far a body sees or hears, in cells: -1 everywhere, None unknown."""
    value = table.get(body) if isinstance(table, Mapping) else None
    return value if isinstance(value, int) else -1 if value == "everywhere" else None


def most_energy(recording: Recording, columns: Mapping[str, Array]) -> list[int]:
    """The most energy that each agent can have, or where that is not known, the most that it had."""
    names = recording.names("episodes/traits")
    if "max_energy" in names and recording.episodes.traits.shape[1]:
        limits = recording.episodes.traits[0, :, names.index("max_energy")]
        return [int(limits[code]) if code < len(limits) else 0 for code in recording.episodes.bodies[0].tolist()]
    energy = columns.get("energy")
    return [0] * recording.n_agents if energy is None else [int(most) for most in energy.max(axis=0, initial=0)]


def attack_range(recording: Recording) -> int:
    """How far attacks reach in this episode, in cells; 3 where it is not known."""
    names = recording.names("episodes/numbers")
    return int(recording.episodes.numbers[0, names.index("attack_range")]) if "attack_range" in names else 3


def feature_names(recording: Recording) -> list[str]:
    """The first features of an imported recording."""
    return [name for name in recording.columns() if name.startswith(FEATURE)][:MOST_FEATURES]


def features_of(recording: Recording) -> dict[str, Any]:
    """What features of imported recordings are called, and what their codes mean."""
    return {
        "features": [
            {"name": name.removeprefix(FEATURE), "codes": recording.codes.get(name, {})}
            for name in feature_names(recording)
        ]
    }


def feature_columns(recording: Recording) -> dict[str, Array]:
    """The features as columns, codes or numbers; NaN is where there is no value."""
    found = {}
    for n, name in enumerate(feature_names(recording)):
        values = np.asarray(recording[name])
        found[f"feature.{n}"] = np.where(values == MISSING, np.nan, values) if values.dtype.kind in "iu" else values
    return found
