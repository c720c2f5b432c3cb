"""Draws the pictures of docs/world.md by the commands that it shows, and writes the tables of docs/scenarios.md.

`make world` runs it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from PIL import Image

from commlab.commands.play import map_size
from commlab.env.loading import load_scenario, scenario_names, scenario_parameter

DOCS = Path(__file__).parent
COLOURS = 256  # of a committed picture
_COMMAND = re.compile(r"^commlab scenarios .*$", re.MULTILINE)
_MARKS = "<!-- library: begin -->", "<!-- library: end -->"


def commands() -> list[list[str]]:
    """Return the arguments of every command that docs/world.md shows."""
    text = (DOCS / "world.md").read_text(encoding="utf-8").replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in _COMMAND.findall(text)]


def picture_of(arguments: list[str]) -> Path:
    """Return the picture that a command draws, as it names it: from the clone's folder on."""
    return Path(arguments[arguments.index("--picture") + 1])


def shrink(path: Path) -> None:
    """Keep a picture to few colours."""
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def library() -> str:
    """Return the table of the library, then a paragraph for each of its scenarios."""
    rows = ["| name | what | agents | map | steps | kinship |", "|---|---|---|---|---|---|"]
    paragraphs = []
    for name in scenario_names():
        scenario, parameter = load_scenario(name), scenario_parameter(name)
        numbers = f", `{name}-{parameter.first}` to `{name}-{parameter.last}`" if parameter else ""
        size = "{} x {}".format(*map_size(scenario))
        cells = (scenario.title, str(scenario.n_agents), size, str(scenario.steps), scenario.kinship.structure)
        rows.append(f"| [`{name}`](#{name}){numbers} | {' | '.join(cells)} |")
        paragraphs.append(f"### {name}\n\n{scenario.about.strip()}\n")
    return "\n".join([*rows, "", *paragraphs])


def with_library(page: str) -> str:
    """Return the page of the library with its table and paragraphs as they are now."""
    before, _, rest = page.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    return f"{before}{_MARKS[0]}\n{library()}{_MARKS[1]}{after}"


def main() -> None:
    """Draw everything anew."""
    for arguments in commands():
        subprocess.run([sys.executable, "-m", "commlab", *arguments], cwd=DOCS.parent, check=True)
        shrink(DOCS.parent / picture_of(arguments))
    page = DOCS / "scenarios.md"
    page.write_text(with_library(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
