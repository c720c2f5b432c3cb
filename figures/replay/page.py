"""The page: reels, drawing code and styles in one file that opens from a disk and asks nothing of a network."""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from commlab.figures.replay.bundle import bundled
from commlab.figures.replay.reel import Reel
from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import DataError
from commlab.foundation.moments import Moment

__all__ = ["write_replay"]

STATIC = Path(__file__).parent / "static"
ENTRY = "replay.js"
MOST_MOMENTS = 200


def write_replay(path: Path | str, reels: Sequence[Reel], run_name: str, moments: Sequence[Moment] = ()) -> Path:
    """Write one self-contained page that shows `reels`, the first of them first; returns its path.

    moments: a list of what is worth seeing; those whose reel is not in the page are left out. Raises DataError where
    there is no reel or two have one id, and DiskError where the page cannot be written.
    """
    ids = [reel.id for reel in reels]
    if not reels:
        raise DataError("A replay needs an episode: name one with --episode, or record some with `commlab record`.")
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise DataError(f"Two episodes of a replay are called {twice[0]!r}: give each an id of its own.")
    script, style = script_text(), style_text()
    html = template().render(
        run=run_name,
        policy=policy(script, style),
        script=Markup(script),
        style=Markup(style),
        icon=icon(),
        index=Markup(as_data(index_of(reels, run_name, moments))),
        reels=[{"id": reel.id, "data": base64.b64encode(reel.packed()).decode()} for reel in reels],
    )
    return write_atomic(Path(path), html)


def index_of(reels: Sequence[Reel], run_name: str, moments: Sequence[Moment]) -> dict[str, Any]:
    """What the page knows before it opens a reel."""
    known = {reel.id: reel for reel in reels}
    shown = [one for one in moments if one.reel in known and one.step < known[one.reel].n_steps]
    return {
        "run": run_name,
        "reels": [
            {"id": reel.id, "title": reel.title, "steps": reel.n_steps, "agents": reel.n_agents} for reel in reels
        ],
        "moments": [
            {"reel": one.reel, "step": one.step, "agents": list(one.agents), "note": one.note}
            for one in dict.fromkeys(shown[:MOST_MOMENTS])
        ],
    }


def as_data(value: Any) -> str:
    """JSON that may stand in a script element: no `<` ends it."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def policy(script: str, style: str) -> str:
    """The page's content security policy: the one script and the one style, and nothing from anywhere."""
    return (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    """The hash by which a policy allows an inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def script_text() -> str:
    """The page's modules, and the shared drawing code, as one script."""
    shared = resources.files("commlab").joinpath("page")
    modules = {file.name: file.read_text("utf-8") for file in shared.iterdir() if file.name.endswith(".js")}
    modules |= {file.name: file.read_text("utf-8") for file in STATIC.glob("*.js")}
    return bundled(modules, ENTRY)


@cache
def style_text() -> str:
    """The pages' shared styles, and this one's."""
    shared = resources.files("commlab").joinpath("page")
    parts = [shared.joinpath(name).read_text("utf-8") for name in ("page.css", "parts.css")]
    return "\n".join([*parts, (STATIC / "replay.css").read_text("utf-8")])


def icon() -> str:
    """The page's icon as an address."""
    drawn = resources.files("commlab").joinpath("page", "icon.svg").read_bytes()
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"


def template() -> Any:
    """The page's frame; what is put into it is escaped."""
    source = (STATIC / "index.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
