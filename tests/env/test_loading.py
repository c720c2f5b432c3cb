"""Scenarios are read from the library or a file; whatever is wrong with one is told in a sentence."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from commlab.env.loading import LIBRARY, load_scenario, override, parse_scenario, scenario_names
from commlab.env.rules import make_rules
from commlab.foundation.errors import ScenarioError

BOARD = "#####\n#o.o#\n#.@.#\n#...#\n#####"
WHOLE: dict[str, Any] = {
    "title": "Whole",
    "about": "A scenario in which something will be wrong.",
    "map": BOARD,
    "crystals": [{"kind": "green"}],
    "bodies": {"scout": {"view": 3}, "view": {}},
    "agents": [{"body": "scout"}],
}


def file_with(folder: Path, **fields: Any) -> Path:
    path = folder / "whole.yaml"
    path.write_text(yaml.safe_dump({**WHOLE, **fields}, sort_keys=False))
    return path


@pytest.mark.wheel
@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_of_the_library_says_what_it_is_for_and_plays(name: str, worlds: ModuleType) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title != scenario.about
    batch = worlds.begin(scenario, 2)
    total = batch.total_energy()
    for actions, messages in worlds.play(batch, 5, seed=0):
        batch.step(actions, messages)
    assert (batch.total_energy() == total).all()


def test_the_library_has_the_scenarios_that_the_talk_begins_with() -> None:
    assert {"lookout", "rivals"} <= set(scenario_names())
    assert LIBRARY.is_dir()


def test_a_file_is_a_scenario_of_its_name(tmp_path: Path) -> None:
    scenario = load_scenario(file_with(tmp_path))
    assert (scenario.name, scenario.n_agents, scenario.body_names) == ("whole", 1, ("scout", "view"))
    assert load_scenario(str(tmp_path / "whole.yaml")) == scenario


def test_overrides_reach_every_place(tmp_path: Path) -> None:
    path = file_with(tmp_path)
    changed = {
        "altar.cost": 7,
        "bodies.scout.view": 2,
        "agents.0.count": 2,
        "crystals.0": {"kind": "yellow"},
        "steps": 3,
    }
    scenario = load_scenario(path, changed)
    assert (scenario.altar.cost, scenario.bodies["scout"].view, scenario.agents[0].count) == (7, 2, 2)
    assert (scenario.crystals[0].kind, scenario.steps) == ("yellow", 3)
    assert load_scenario(path).altar.cost == 100


OVERRIDES = [
    ({"altar.cots": 1}, "there is no field 'altar.cots'; did you mean 'cost'? Allowed here: cooldown, cost, reward."),
    ({"alter.cost": 1}, "there is no field 'alter'; did you mean 'altar'?"),
    ({"": 1}, "there is no field ''"),
    ({"bodies.view.veiw": 1}, "there is no field 'bodies.view.veiw'; did you mean 'view'?"),
    ({"agents.7.body": "scout"}, "--set agents.7.body: '7' is no place in the scenario"),
    ({"agents.x": 1}, "--set agents.x: 'x' is no place in the scenario"),
    ({"title.x": 1}, "--set title.x: 'title' is no place in the scenario"),
    ({"steps.x": 1}, "steps: input should be a valid integer, not {'x': 1} (Steps in an episode)."),
    ({"qqq": 1}, "there is no field 'qqq'; allowed here: "),
    ({"agents.0.body.x": 1}, "--set agents.0.body.x: 'body' is no place"),
    ({"altar.cost": "100 J"}, "with altar.cost set: altar.cost: input should be a valid integer"),
    ({"altar.cost": "100 J"}, "not '100 J' (Joules burnt by a use)."),
]


@pytest.mark.parametrize(("overrides", "sentence"), OVERRIDES)
def test_an_override_that_names_nothing_or_cannot_be_is_told(
    overrides: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError) as raised:
        load_scenario(file_with(tmp_path), overrides)
    assert sentence in str(raised.value)
    assert str(raised.value).endswith(".")


def test_an_override_within_a_list_of_words_is_told() -> None:
    with pytest.raises(ScenarioError, match="'x' is no place in the scenario"):
        override({"actions": ["stay"]}, "actions.0.x", 1)


def board(*rows: str) -> dict[str, str]:
    return {"map": "\n".join(rows)}


WRONG = [
    ({"stepz": 9}, "line 20: there is no field 'stepz'; did you mean 'steps'?"),
    ({"steps": 0}, "line 20: steps: input should be greater than or equal to 1, not 0 (Steps in an episode)."),
    ({"steps": 1.5}, "steps: input should be a valid integer, got a number with a fractional part, not 1.5"),
    ({"steps": None}, "steps: input should be a valid integer, not None"),
    ({"bump": "maybe"}, "bump: input should be a valid boolean, unable to interpret input, not 'maybe'"),
    ({"title": ""}, "title: string should have at least 1 character"),
    ({"name": "Big Name"}, "name: string should match pattern"),
    (
        {"crystals": [{"kind": "pink"}]},
        "crystals.0.kind: input should be 'green', 'yellow', 'red' or 'blue', not 'pink'",
    ),
    ({"crystals": [{"stock": 0}]}, "crystals.0.stock: input should be greater than or equal to 1, not 0 (Units in a"),
    ({"crystals": 3}, "crystals: input should be a valid tuple, not 3"),
    ({"crystals": [{"count": 3}]}, "crystals: 3 crystals need as many sites, and the map has 2; draw more o."),
    ({"crystals": [{"count": 2, "moves": True}]}, "moving crystals need a free site beside the 2 they fill"),
    ({"crystals": [{"count": 2, "stay": 2}]}, "moving crystals need a free site beside the 2 they fill"),
    ({"crystals": [{"kind": "red"}]}, "values: red crystals hold no energy; give red at least 1 J."),
    ({"values": {"gren": 3}}, "values.gren: input should be 'green', 'yellow', 'red' or 'blue', not 'gren' (Joules in"),
    ({"values": {"green": 40_000}}, "values.green: input should be less than or equal to 30000, not 40000"),
    ({"converter": {"recipes": [{}]}}, "converter.recipes.0: dictionary should have at least 1 item"),
    ({"bodies": {}}, "bodies: dictionary should have at least 1 item"),
    ({"bodies": {f"b{n}": {} for n in range(128)}, "agents": [{"body": "b1"}]}, "128 bodies are too many; at most 127"),
    ({"bodies": {"scout": {"hearing": "far"}}}, "bodies.scout.hearing: input should be a valid integer"),
    ({"bodies": {"scout": {"hearing": "far"}}}, "not 'far' (Hearing radius in cells, 0 to 362, or 'everywhere')."),
    (
        {"bodies": {"scout": {"hearing": 363}}},
        "bodies.scout: hearing is a radius of 0 to 362 cells or 'everywhere', not 363",
    ),
    ({"bodies": {"scout": {"view": 6}}}, "bodies.scout.view: input should be less than or equal to 5, not 6"),
    ({"bodies": {"scout": {"actions": ["fly"]}}}, "bodies.scout.actions.0: input should be 'stay', 'north'"),
    ({"bodies": {"scout": {"start_energy": 251}}}, "start_energy of 251 J is above max_energy, 250 J; lower it"),
    ({"agents": []}, "agents: tuple should have at least 1 item"),
    ({"agents": [{}]}, "agents.0.body: field required (Name of a body of this scenario)."),
    ({"agents": [{"body": "spy"}]}, "agents: there is no body 'spy' in bodies; name one of scout, view."),
    ({"agents": [{"body": "scout", "count": 9}]}, "agents: 9 agents do not fit on 8 free cells; draw a larger map."),
    (
        {"agents": [{"body": "scout", "count": 1024}] * 2},
        "agents: 2048 agents are too many; a world holds at most 1024.",
    ),
    (
        {"agents": [{"body": "scout", "start": "9"}]},
        "agents: more agents start at '9' than the map has places marked so (0)",
    ),
    ({"agents": [{"body": "scout", "start": "@", "count": 2}]}, "than the map has places marked so (1); draw more"),
    ({"agents": [{"body": "scout", "start": "ab"}]}, "agents.0.start: string should have at most 1 character"),
    ({"kinship": {"structure": "clan"}}, "kinship.structure: input should be 'selfish', 'cooperative', 'teams'"),
    ({"kinship": {"structure": "matrix", "matrix": [[1, 0]]}}, "kinship.matrix must have 1 rows of 1 numbers"),
    ({"kinship": {"share": 2}}, "kinship.share: input should be less than or equal to 1, not 2"),
    (
        {"kinship": {"structure": "families", "pedigree": [[1, 2, 3]]}},
        "kinship.pedigree.0: tuple should have at most 2",
    ),
    ({"channel": {"vocabulary": 1}}, "channel.vocabulary: input should be greater than or equal to 2, not 1"),
    ({"channel": {"slots": 0}}, "channel.slots: input should be greater than or equal to 1, not 0"),
    ({"start": {"scatter": 1.5}}, "start.scatter: input should be less than or equal to 1, not 1.5"),
    ({"altar": {"reward": float("nan")}}, "altar.reward: input should be"),
    ({"map": 5}, "map: input should be a valid string, not 5"),
    (board(""), "map is 0 x 0 cells; a map has 5 x 5 to 256 x 256."),
    (board("####", "#..#", "#..#", "#..#", "####"), "map is 5 x 4 cells"),
    (board(*["#" * 257] * 5), "map is 5 x 257 cells"),
    (board("#####", "#....", "#...#", "#...#", "#####"), "map: line 2 leaves the border open; wall the map in with #"),
    (board("#####", "#...#", "#...#", "#...#", "##.##"), "map: line 5 leaves the border open"),
    (board("#####", "#..#", "#...#", "#...#", "#####"), "map: line 2 has 4 cells and line 1 has 5; make all lines"),
]


@pytest.mark.parametrize(("fields", "sentence"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_whatever_is_wrong_is_told_in_a_sentence(fields: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    path = file_with(tmp_path, **fields)
    with pytest.raises(ScenarioError) as raised:
        load_scenario(path)
    assert sentence in str(raised.value)
    assert str(raised.value).startswith(str(path))
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("lokout", "There is no scenario 'lokout'; did you mean 'lookout'? The library has "),
        ("qqq", "There is no scenario 'qqq'; the library has"),
        ("", "There is no scenario ''"),
        ("missing.yaml", "There is no scenario file missing.yaml; check it, or name one of "),
    ],
)
def test_an_unknown_scenario_is_told_with_the_nearest(name: str, sentence: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        load_scenario(name)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"title: [1, 2", "is not valid YAML: "),
        (b"\xff\xfe\x00", "cannot be read as text"),
        (b"- 1\n- 2\n", "holds no scenario: a scenario file maps fields such as 'steps' to their values."),
        (b"", "holds no scenario"),
        (b"1: 2\n", "whole.yaml"),
    ],
)
def test_a_file_that_is_no_scenario_is_told(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as raised:
        load_scenario(path)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_line_that_is_told_is_the_line_of_the_field(tmp_path: Path) -> None:
    path = file_with(tmp_path, bodies={"scout": {"view": 3}, "view": {"carry": -1}})
    wrong = next(n for n, line in enumerate(path.read_text().splitlines(), start=1) if "carry" in line)
    with pytest.raises(ScenarioError, match=f"whole.yaml, line {wrong}: bodies.view.carry: "):
        load_scenario(path)


def test_a_scenario_needs_no_file() -> None:
    assert make_rules(parse_scenario({"name": "whole", **WHOLE})).n_steps == 64
    with pytest.raises(ScenarioError, match="^scenario: there is no field 'stepz'"):
        parse_scenario({"name": "whole", **WHOLE, "stepz": 1})
