"""`commlab scenarios`: the library, one scenario in words, pictures and films of play, and what cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from commlab.commands.play import map_size
from commlab.env.batch import WorldBatch
from commlab.env.loading import load_scenario, scenario_names
from commlab.env.render import render_text

YARD = """
title: A yard [bold] and [red]more
about: Two who can do things, and one who cannot.
steps: 20
map: |
  #########
  #1.A.C..#
  #2.....B#
  #3...o.o#
  #########
crystals:
  - {kind: green, count: 1, stock: [3, 9], regrow: 4}
bodies:
  fighter: {view: 3, hearing: 2, actions: [north, east, south, west, use, attack, shield], costs: {attack: 2}}
  sitter: {actions: [stay]}
agents:
  - {body: fighter, start: "1", family: 0}
  - {body: fighter, start: "2", family: 1}
  - {body: sitter, start: "3", family: 2}
kinship: {structure: teams, size: [1, 3], share: [0.25, 0.75]}
prices: {attack: [3, 8], talk: 1}
channel: {length: 2, vocabulary: 8, delay: 1}
"""


@pytest.fixture
def yard(elsewhere: Path) -> str:
    """The path of a user's own scenario, in the folder worked in."""
    Path("yard.yaml").write_text(YARD, encoding="utf-8")
    return "yard.yaml"


def drawn(scenario: Any, width: int = 2) -> list[str]:
    """The rows of a scenario's map at the beginning of episode 0 of seed 0."""
    batch = WorldBatch(scenario, 1, 0)
    batch.reset(np.array([0]))
    return render_text(batch.world, batch.rules, scenario, 0, width).splitlines()[: map_size(scenario)[0]]


def test_scenarios_are_listed(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    listed, as_json = cli("scenarios"), json.loads(cli("scenarios", "--json").out)
    assert [row["name"] for row in as_json["scenarios"]] == scenario_names()
    for row in as_json["scenarios"]:
        scenario = load_scenario(row["name"])
        assert (row["title"], row["agents"], row["steps"]) == (scenario.title, scenario.n_agents, scenario.steps)
        assert (row["rows"], row["columns"]) == map_size(scenario)
        assert row["name"] in listed.out
        assert scenario.title in listed.out


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_is_shown_with_its_map(cli: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    done, scenario = cli("scenarios", name), load_scenario(name)
    assert done.code == 0
    assert scenario.title in done.out
    shown = [row.rstrip() for row in done.out.splitlines()]
    assert all(row.rstrip() in shown for row in drawn(scenario))
    assert json.loads(cli("scenarios", name, "--json").out) == scenario.model_dump(mode="json")


def test_a_scenario_s_tables_tell_ranges_bodies_and_prices(
    cli: Callable[..., Any], yard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = cli("scenarios", yard).out
    assert "A yard [bold] and [red]more" in out
    assert "3 to 8, fighter x 2" in out
    assert "0.25 to 0.75" in out
    assert "Each of 3 to 9 units" in out
    for told in (
        "kinship.structure",
        "channel.delay",
        "combat.range",
        "converter.recipes",
        "beacon.reach",
        "altar.cost",
    ):
        assert told in out
    assert "kinship.queen" not in out
    assert "prices.bond" not in out


def test_a_changed_field_is_shown(cli: Callable[..., Any], yard: str) -> None:
    shown = json.loads(
        cli("scenarios", yard, "--set", "channel.vocabulary=5", "--set", "altar.cost=[1, 9]", "--json").out
    )
    assert shown["channel"]["vocabulary"] == 5
    assert shown["altar"]["cost"] == [1, 9]


def test_narrow_terminals_get_a_character_a_cell(
    cli: Callable[..., Any], yard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    shown = cli("scenarios", yard).out.splitlines()
    assert set(drawn(load_scenario(yard), width=1)) <= {row.rstrip() for row in shown}


def test_a_picture_is_drawn_and_seeds_and_episodes_matter(cli: Callable[..., Any], yard: str) -> None:
    pictures = []
    for n, options in enumerate(([], [], ["--steps", 6], ["--steps", 6, "--seed", 1], ["--steps", 6, "--episode", 1])):
        done = cli("scenarios", yard, "--picture", f"{n}.png", *options)
        assert done.code == 0, done.err
        assert f"{n}.png" in done.out
        with Image.open(f"{n}.png") as image:
            pictures.append(image.convert("RGB").tobytes())
    assert pictures[0] == pictures[1]
    assert len(set(pictures)) == 4


@pytest.mark.parametrize("options", [["--range", 1], ["--see", 0, "--see", 1], ["--numbers"], ["--cell", 20]])
def test_a_picture_shows_what_is_asked_for(cli: Callable[..., Any], yard: str, options: list[Any]) -> None:
    assert cli("scenarios", yard, "--picture", "plain.png").code == 0
    assert cli("scenarios", yard, "--picture", "more.png", *options).code == 0
    assert Path("plain.png").read_bytes() != Path("more.png").read_bytes()


def test_agents_do_and_say_what_they_are_told(cli: Callable[..., Any], yard: str) -> None:
    assert cli("scenarios", yard, "--do", "east stay stay:3,1", "--picture", "said.png").code == 0
    assert cli("scenarios", yard, "--do", "east stay stay:3,2", "--picture", "other.png").code == 0
    assert cli("scenarios", yard, "--do", "east:0", "--picture", "silent.png").code == 0
    assert len({Path(name).read_bytes() for name in ("said.png", "other.png", "silent.png")}) == 3
    out = cli("scenarios", yard, "--do", " east ; EAST south; ").out.splitlines()
    assert "after 2 steps:" in " ".join(out)
    assert any(row.startswith("##. >0A ") for row in out)


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
def test_a_film_has_a_frame_a_step_and_one_for_the_beginning(cli: Callable[..., Any], yard: str, suffix: str) -> None:
    done = cli("scenarios", yard, "--film", f"film.{suffix}", "--steps", 9, "--cell", 16, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["played"], told["film"], told["title"]) == (9, f"film.{suffix}", load_scenario(yard).title)
    if suffix == "gif":
        with Image.open("film.gif") as film:
            assert film.n_frames == 10
    else:
        imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
        assert imageio_ffmpeg.count_frames_and_secs("film.mp4")[0] == 10


def test_a_film_ends_with_the_episode(cli: Callable[..., Any], yard: str) -> None:
    done = cli("scenarios", yard, "--film", "film.gif", "--set", "steps=5", "--cell", 8)
    assert "Played 5 steps" in done.out


def test_an_unknown_scenario_is_refused_with_the_nearest(cli: Callable[..., Any]) -> None:
    sentence = cli("scenarios", "lokout").sentence
    assert "no scenario 'lokout'" in sentence
    assert "'lookout'" in sentence


def test_a_file_that_is_no_scenario_is_refused(cli: Callable[..., Any], elsewhere: Path) -> None:
    Path("list.yaml").write_text("- a\n- b\n", encoding="utf-8")
    assert "holds no scenario" in cli("scenarios", "list.yaml").sentence
    Path("bad.yaml").write_text("a: [", encoding="utf-8")
    assert "not valid YAML" in cli("scenarios", "bad.yaml").sentence


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--picture", "world.jpg"], "end in .png"),
        (["--picture", "nowhere/world.png"], "no folder"),
        (["--film", "world.avi"], "end in .gif or .mp4"),
        (["--film", "world.png"], "end in .gif or .mp4"),
        (["--film", "world.gif", "--fps", "0"], "frames a second"),
        (["--film", "world.gif", "--fps", "nan"], "frames a second"),
        (["--steps", "21"], "has 20"),
        (["--do", "stay;" * 21 + "stay"], "has 20"),
        (["--picture", "world.png", "--cell", "1"], "Cells of 1 pixels"),
        (["--picture", "world.png", "--cell", "99999"], "Cells of 99999 pixels"),
        (["--picture", "world.png", "--range", "3"], "no agent 3"),
        (["--picture", "world.png", "--see", "7"], "no agent 7"),
        (["--do", "atack"], "no action 'atack'"),
        (["--do", "stay stay stay stay"], "4 actions in step 1"),
        (["--do", "stay;stay stay east"], "sitter and cannot east"),
        (["--do", "stay:8"], "0 (silence) to 7"),
        (["--do", "stay:"], "0 (silence) to 7"),
        (["--do", "stay:x"], "0 (silence) to 7"),
        (["--do", "stay:1,2,3"], "3 symbols"),
        (["--set", "altar.cost"], "field=value"),
        (["--set", "altar.price=3"], "altar.price"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    cli: Callable[..., Any], yard: str, options: list[str], says: str
) -> None:
    assert says in cli("scenarios", yard, *options).sentence
    assert [path.name for path in Path().iterdir()] == ["yard.yaml"]


def test_a_picture_needs_a_scenario(cli: Callable[..., Any], elsewhere: Path) -> None:
    assert "Which scenario?" in cli("scenarios", "--picture", "world.png").sentence
    assert "Which scenario?" in cli("scenarios", "--set", "steps=3").sentence
