"""An EGG dump into a recording."""

from pathlib import Path
from typing import Any

import numpy as np

from commlab.datasets.imports.egg import RECEIVER, SENDER, Games, as_interactions, games_of, read_interactions
from commlab.datasets.imports.options import Options, Summary, Watch
from commlab.datasets.imports.writing import Content, header_of, refuse_existing, write_recording

__all__ = ["import_egg"]

Array = np.ndarray[Any, Any]
NAMES = ("sender", "receiver")
NO_ACTION = "none"
MOST_ACTIONS = 255


def import_egg(path: Path, output: Path, options: Options, watch: Watch | None = None, found: Any = None) -> Summary:
    """Write the recording of an EGG dump to `output`: an episode of one step for each game.

    found: what somebody else, who trusts the file, has unpickled from it: dicts of arrays. Raises ForeignDataError,
    naming file and field, for what cannot be read, and RecordingError and DiskError as the writer does.
    """
    refuse_existing(output, options.force)
    interactions = read_interactions(path) if found is None else as_interactions(path, found)
    games = games_of(path, interactions, options)
    n_games = len(games.messages)
    columns, codes = columns_of(games), codes_of(games)
    header = header_of(path, "egg", options, codes, [SENDER], len(NAMES))
    if "observation/vector" in columns:
        widest = columns["observation/vector"].shape[2]
        header["columns"] = {"observation/vector": [str(number) for number in range(widest)]}
    fields: dict[str, Array] = {
        "bodies": np.tile(np.arange(2, dtype=np.uint8), (n_games, 1)),
        "episode": np.arange(n_games),
    }
    content = Content(
        np.ones(n_games, np.int32), fields, lambda rows: {name: v[rows] for name, v in columns.items()}, len(NAMES)
    )
    write_recording(output, header, content, options.force, watch)
    return Summary(
        path=output,
        format="egg",
        n_episodes=n_games,
        n_steps=n_games,
        agents=NAMES,
        speakers=NAMES[:1],
        n_symbols=int(np.count_nonzero(np.unique(games.messages))),
        length=games.messages.shape[1],
        features=tuple(name.partition("/")[2] for name in games.facts.features),
        columns=tuple(sorted(columns)),
        notices=tuple(games.notices),
    )


def columns_of(games: Games) -> dict[str, Array]:
    """The recording's columns: what the sender says and the receiver hears at once; facts belong to both."""
    n_games, length = games.messages.shape
    said = np.zeros((n_games, 2, length), games.messages.dtype)
    said[:, SENDER] = games.messages
    heard = np.zeros((n_games, 2, 1, length), games.messages.dtype)
    heard[:, RECEIVER, 0] = games.messages
    speaker = np.full((n_games, 2, 1), -1, np.int16)
    speaker[:, RECEIVER] = SENDER
    columns = {"channel/said": said, "channel/heard": heard, "channel/speaker": speaker}
    columns |= {name: np.repeat(values[:, None], 2, axis=1) for name, values in games.facts.features.items()}
    if has_actions(games) and games.actions is not None:
        action = np.full((n_games, 2), games.actions.max() + 1, np.uint8)
        action[:, RECEIVER] = games.actions
        columns["policy/action"] = action
    if games.facts.vectors:
        columns["observation/vector"] = observed(games)
    return columns


def observed(games: Games) -> Array:
    """What each agent saw (n, 2, D): the wide input of its own, zeros where it has none."""
    vectors = games.facts.vectors
    widest = max(values.shape[1] for values in vectors.values())
    out = np.zeros((len(games.messages), 2, widest), np.float32)
    for agent, name in ((SENDER, "sender_input"), (RECEIVER, "receiver_input")):
        if name in vectors:
            out[:, agent, : vectors[name].shape[1]] = vectors[name]
    return out


def has_actions(games: Games) -> bool:
    """Whether the receiver's choices can be stored as actions."""
    return games.actions is not None and games.actions.min() >= 0 and games.actions.max() < MOST_ACTIONS


def codes_of(games: Games) -> dict[str, dict[str, str]]:
    """The names of codes."""
    codes = {"bodies": {str(number): name for number, name in enumerate(NAMES)}}
    if games.symbols:
        codes["symbols"] = games.symbols
    if has_actions(games) and games.actions is not None:
        last = int(games.actions.max())
        codes["actions"] = {str(code): str(code) for code in range(last + 1)} | {str(last + 1): NO_ACTION}
    return codes
