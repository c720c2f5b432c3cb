"""What agents did, as far as the recording tells: the action carried out, the cell walked into or used."""

from typing import Any

import numpy as np

from commlab.datasets.reader import Recording
from commlab.datasets.targets.labels import following, need

__all__ = ["NOWHERE", "action_codes", "action_name", "carried_out", "frozen", "tried_cells", "used_cells"]

Array = np.ndarray[Any, Any]
NOWHERE = -1  # row and column of no cell
WAYS = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}


def action_codes(recording: Recording, *names: str) -> list[int]:
    """The codes of the actions of those names."""
    return [code for code, name in recording.codes.get("actions", {}).items() if name in names]


def action_name(recording: Recording, code: int) -> str:
    """The name of an action, or its code where the recording gives it none."""
    return recording.codes.get("actions", {}).get(code, str(code))


def frozen(recording: Recording) -> Array:
    """Whether each agent is frozen (S, A); nobody, where that is not recorded."""
    if "agents/frozen" in recording:
        return np.asarray(recording["agents/frozen"][:] > 0)
    return np.zeros((recording.n_steps, recording.n_agents), dtype=bool)


def carried_out(recording: Recording) -> Array | None:
    """The code of the action that each agent carried out at each row (S, A), as the next row's observation tells it.

    That differs from the action chosen where an agent was frozen or too poor, or bumped into what it then used. -1 at
    the last step of an episode; None where the recording does not tell.
    """
    names = recording.names("observation/vector") if "observation/vector" in recording else ()
    if "last_action" not in names:
        return None
    last = recording["observation/vector"][:, :, names.index("last_action")].astype(np.int16)
    source, inside = following(recording, 1)
    return np.where(inside[:, None], last[source], np.int16(-1))


def used_cells(recording: Recording) -> Array | None:
    """The cell (S, A, 2) that each agent used in each row; NOWHERE where none, or at the last step of an episode.

    None where the recording does not tell: it takes the observation's last_action, positions and facings.
    """
    action = carried_out(recording)
    if action is None or "agents/position" not in recording or "agents/facing" not in recording:
        return None
    source, _ = following(recording, 1)
    ahead = (recording["agents/position"][:] + ways(recording, "agents/facing", "facings"))[source]
    return np.where(np.isin(action, action_codes(recording, "use"))[..., None], ahead, NOWHERE)


def tried_cells(recording: Recording) -> Array:
    """The cell (S, A, 2) that each agent walks into or uses in each row, free or not; NOWHERE where it does neither.

    An agent that is frozen tries nothing, and nor does one of which the next observation says that it stayed.
    Raises TargetError where positions or actions are not recorded.
    """
    need(recording, "agents/position", "policy/action")
    position = recording["agents/position"][:].astype(np.int32)
    action = recording["policy/action"][:]
    way = ways(recording, "policy/action", "actions")
    tries = np.isin(action, action_codes(recording, *WAYS))
    if "agents/facing" in recording:
        uses = np.isin(action, action_codes(recording, "use"))
        way = np.where(uses[..., None], ways(recording, "agents/facing", "facings"), way)
        tries |= uses
    done = carried_out(recording)
    if done is not None:
        tries &= (done < 0) | ~np.isin(done, action_codes(recording, "stay"))
    tries &= ~frozen(recording)
    return np.where(tries[..., None], position + way, NOWHERE)


def ways(recording: Recording, column: str, table: str) -> Array:
    """The step (S, A, 2) in rows and columns that each code of a column stands for; 0, 0 for codes without one."""
    codes = recording.codes.get(table, {})
    steps = np.zeros((256, 2), dtype=np.int32)
    for code, name in codes.items():
        steps[code] = WAYS.get(name, (0, 0))
    found: Array = steps[recording[column][:].astype(np.int64)]
    return found
