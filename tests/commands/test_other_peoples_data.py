"""docs/other-peoples-data.md: its commands and its code run as they stand there, its tables are the code's."""

import random
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from commlab.datasets.exports.exporting import ENDINGS
from commlab.datasets.imports.roles import PARTS
from commlab.datasets.reader import open_recording

PAGE = Path(__file__).parents[2] / "docs" / "other-peoples-data.md"
if not PAGE.exists():  # a built wheel is tested without the documents
    pytest.skip("there are no documents here", allow_module_level=True)
TEXT = PAGE.read_text(encoding="utf-8")
NULLS = {"probe", "lexicon", "metrics"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def game(elsewhere: Path) -> Path:
    """The page's table, with more episodes, and a dump of EGG's fields."""
    header = blocks("csv")[0].splitlines()[0]
    rng = random.Random(0)
    rows = [header]
    for episode in range(60):
        for step in range(3):
            colour, shape = rng.choice(["red", "blue"]), rng.choice(["star", "ring"])
            said = f"{colour[:1]}a {shape[:1]}o"
            rows.append(f"{episode},{step},ann,bob,{said},{colour},{shape},")
            rows.append(f"{episode},{step},bob,,,{colour},{shape},{'left' if shape == 'star' else 'right'}")
    (elsewhere / "game.csv").write_text("\n".join(rows) + "\n")
    dump = elsewhere / "interactions" / "validation" / "epoch_100" / "interaction_gpu0"
    dump.parent.mkdir(parents=True)
    attributes = torch.randint(0, 3, (80, 2))
    torch.save({"message": attributes + 1, "sender_input": attributes}, dump)
    return elsewhere


def test_the_table_of_the_page_is_imported(cli: Callable[..., Any], elsewhere: Path) -> None:
    (elsewhere / "game.csv").write_text(blocks("csv")[0])
    assert cli("import", "game.csv").code == 0
    recording = open_recording("runs/game/recording.h5")
    assert recording.bodies == ["ann", "bob"]
    assert recording.layout["speakers"] == [0]


def test_the_commands_of_the_page_run(cli: Callable[..., Any], game: Path) -> None:
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(lines) >= 10
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "commlab"
        extra = ["--nulls", "19"] if arguments[0] in NULLS else []
        done = cli(*arguments, *extra)
        assert done.code == 0, (line, done.err)


class Game:
    """A one-step environment of one agent."""

    possible_agents = ("speaker_0",)

    def reset(self) -> tuple[dict[str, Any], dict[str, Any]]:
        self.agents = ["speaker_0"]
        return {"speaker_0": {"colour": 1}}, {}

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        self.agents = []
        done = {"speaker_0": True}
        return {}, {"speaker_0": 1.0}, done, {"speaker_0": False}, {}


def test_the_loop_of_the_page_records(elsewhere: Path) -> None:
    (code,) = blocks("python")
    scope = vars(
        SimpleNamespace(env=Game(), policy=lambda seen: {name: {"action": 0, "message": [3]} for name in seen})
    )
    exec(compile(code, "other-peoples-data.md", "exec"), dict(scope))
    assert open_recording("runs/mine/recording.h5").n_episodes == 500


def test_the_names_of_columns_are_those_that_are_known() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \| ([^|]+) \|", TEXT, flags=re.MULTILINE)
    told = {name: names for parts, names in rows for name in parts.split(", ") if name in PARTS}
    assert set(told) == set(PARTS)
    for part, names in PARTS.items():
        assert all(name in told[part] for name in names), part


def test_every_export_is_told_of() -> None:
    assert all(f"| {form}" in TEXT or f", {form} |" in TEXT for form in ENDINGS)
