"""Scenarios are read from the library or a file; whatever is wrong with one is told in a sentence."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from commlab.env import loading
from commlab.env.amounts import Real, Whole, always
from commlab.env.loading import (
    LIBRARY,
    load_scenario,
    override,
    parse_scenario,
    scenario_names,
    scenario_parameter,
)
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
    assert (scenario.altar.cost, scenario.bodies["scout"].view, scenario.agents[0].count) == (always(7), 2, 2)
    assert (scenario.crystals[0].kind, scenario.steps) == ("yellow", 3)
    assert load_scenario(path).altar.cost == always(100)


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
    ({"altar.cost": "100 J"}, "with altar.cost set: altar.cost: give a whole number or a range [low, high]"),
    ({"altar.cost": "100 J"}, "not '100 J' (Joules burnt by a use)."),
    (
        {"altar.cost": [5, 3]},
        "altar.cost: the range [5, 3] is the wrong way round; write [3, 5] (Joules burnt by a use).",
    ),
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
        "crystals.0.kind: input should be 'green', 'yellow', 'red' or 'blue', not 'pink' (Colour of the crystals).",
    ),
    ({"crystals": [{"stock": 0}]}, "crystals.0.stock: it must lie in 1 to 30_000, not 0 (Units in a full crystal)."),
    ({"crystals": 3}, "crystals: input should be a valid tuple, not 3"),
    ({"crystals": [{"count": 3}]}, "crystals: 3 crystals need as many sites, and the map has 2; draw more o."),
    ({"crystals": [{"count": 2, "moves": True}]}, "moving crystals need a free site beside the 2 they fill"),
    ({"crystals": [{"count": 2, "stay": 2}]}, "moving crystals need a free site beside the 2 they fill"),
    ({"crystals": [{"kind": "red"}]}, "values: red crystals hold no energy; give red at least 1 J."),
    ({"values": {"gren": 3}}, "or 'blue', not 'gren'; the nearest is 'green' (Joules in"),
    ({"values": {"green": 40_000}}, "values.green: it must lie in 0 to 30_000, not 40000 (Joules in"),
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
    ({"bodies": {"scout": {"actions": ["stay", "atack"]}}}, "not 'atack'; the nearest is 'attack' (What it can do"),
    ({"bodies": {"scout": {"costs": {"atack": 2}}}}, "bodies.scout.costs.atack: input should be 'move', 'use'"),
    ({"bodies": {"scout": {"costs": {"atack": 2}}}}, "not 'atack'; the nearest is 'attack' (Multipliers of the prices"),
    ({"bodies": {"scout": {"costs": {"move": -1}}}}, "bodies.scout.costs.move: input should be greater than or equal"),
    (
        {"prices": {"move": 400}, "bodies": {"scout": {"costs": {"move": 100}}}},
        "bodies.scout.costs.move: 100 times the price is 40000 J; an action costs at most 30000 J, so lower it.",
    ),
    ({"bodies": {"scout": {"start_energy": 251}}}, "start_energy of 251 J can be above max_energy, 250 J; lower it"),
    (
        {"bodies": {"scout": {"start_energy": [0, 90], "max_energy": [80, 100]}}},
        "line 15: bodies.scout: start_energy of 0 to 90 J can be above max_energy, 80 to 100 J; lower it.",
    ),
    ({"agents": []}, "agents: tuple should have at least 1 item"),
    ({"agents": [{}]}, "agents.0.body: field required (Name of a body of this scenario)."),
    ({"agents": [{"body": "spy"}]}, "agents: there is no body 'spy' in bodies; name one of scout, view."),
    (
        {"agents": [{"body": "veiw"}]},
        "line 18: agents: there is no body 'veiw' in bodies; did you mean 'view'? Name one of scout, view.",
    ),
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
    ({"kinship": {"structure": "clan"}}, "not 'clan'; the nearest is 'clans'."),
    ({"kinship": {"structure": "matrix", "matrix": [[1, 0]]}}, "kinship.matrix must have 1 rows of 1 numbers"),
    ({"kinship": {"share": 2}}, "kinship.share: it must lie in -1 to 1, not 2 (K within a team, between all"),
    (
        {"kinship": {"share": [0, 0.5, 1]}},
        "kinship.share: give a number or a range [low, high], not [0, 0.5, 1] (K within",
    ),
    (
        {"altar": {"cost": 1.5}},
        "altar.cost: give a whole number or a range [low, high], not 1.5 (Joules burnt by a use).",
    ),
    ({"altar": {"cost": True}}, "altar.cost: give a whole number or a range [low, high], not True"),
    ({"altar": {"cost": [0, 30_001]}}, "altar.cost: it must lie in 0 to 30_000, not [0, 30001]"),
    (
        {"reservoir": [0, 10**10]},
        "line 20: reservoir: the range 0 to 10000000000 is wider than 2147483647 J; narrow it.",
    ),
    ({"beacon": {"links": [1]}}, "line 21: beacon.links: 1 links are given for 0 beacons on the map; drop some."),
    ({"berries": {"looks": 1, "poisonous": 2}}, "line 20: berries: 2 of 1 looks cannot be poisonous; lower poisonous."),
    ({"layout": {"kind": "room"}}, "line 3: map: a scenario has either a map or a layout; give one of the two."),
    ({"map": None, "layout": {"kind": "cave"}}, "layout.kind: input should be 'room', 'rooms' or 'caves', not 'cave'"),
    ({"map": None, "layout": {"hieght": 9}}, "layout.hieght'; did you mean 'height'? Allowed here: altars, beacons"),
    (
        {"kinship": {"structure": "families", "pedigree": [[1, 2, 3]]}},
        "kinship.pedigree.0: tuple should have at most 2",
    ),
    ({"channel": {"vocabulary": 1}}, "channel.vocabulary: input should be greater than or equal to 2, not 1"),
    ({"channel": {"slots": 0}}, "channel.slots: input should be greater than or equal to 1, not 0"),
    ({"start": {"scatter": 1.5}}, "start.scatter: input should be less than or equal to 1, not 1.5"),
    ({"altar": {"reward": float("nan")}}, "altar.reward: it must lie in 0 to 1_000, not nan (Reward for a use)."),
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


PARAMETER: dict[str, Any] = {
    "name": "n",
    "from": 1,
    "to": 3,
    "sets": ["crystals.0.stock", "altar.cost", "observation.entities"],
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of one family, "whole"."""
    monkeypatch.setattr(loading, "LIBRARY", tmp_path)
    file_with(tmp_path, parameter=PARAMETER)
    return tmp_path


def test_a_family_has_a_member_for_every_number(library: Path) -> None:
    assert scenario_names() == ["whole"]
    plain = load_scenario("whole")
    assert (plain.name, plain.crystals[0].stock, plain.altar.cost) == ("whole", always(30), always(100))
    for n in (1, 2, 3):
        member = load_scenario(f"whole-{n}")
        assert member.name == f"whole-{n}"
        assert (member.crystals[0].stock, member.altar.cost, member.observation.entities) == (always(n), always(n), n)
        assert member.model_copy(update={"name": "whole"}) == load_scenario(
            "whole", {"crystals.0.stock": n, "altar.cost": n, "observation.entities": n}
        )
    assert load_scenario("whole-2", {"altar.cost": 9}).altar.cost == always(9)
    assert load_scenario(library / "whole.yaml") == plain


def test_a_family_tells_its_parameter(library: Path) -> None:
    for name in ("whole", "whole-2", library / "whole.yaml"):
        parameter = scenario_parameter(name)
        assert parameter is not None
        assert (parameter.name, parameter.first, parameter.last) == ("n", 1, 3)
    file_with(library)
    assert scenario_parameter("whole") is None


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("whole-4", {}, "There is no scenario 'whole-4'; the members of 'whole' are whole-1 to whole-3."),
        ("whole-0", {}, "There is no scenario 'whole-0'; the members of 'whole' are whole-1 to whole-3."),
        ("whole-02", {}, "There is no scenario 'whole-02'; did you mean 'whole'? The library has whole"),
        ("whale-2", {}, "There is no scenario 'whale-2'; did you mean 'whole'?"),
        ("whole-2", {"parameter": None}, "There is no scenario 'whole-2'; 'whole' is no family of numbered ones."),
        ("whole", {"parameter": 3}, "line 20: parameter: input should be a valid dictionary or instance of Parameter"),
        (
            "whole",
            {"parameter": {**PARAMETER, "form": 2}},
            "there is no field 'parameter.form'; did you mean 'from'? Allowed here: from, name, sets, to.",
        ),
        ("whole", {"parameter": {**PARAMETER, "to": "x"}}, "line 23: parameter.to: input should be a valid integer"),
        (
            "whole",
            {"parameter": {**PARAMETER, "to": 0}},
            "line 22: parameter: from 1 to 0 is no range; exchange the two.",
        ),
        ("whole", {"parameter": {"name": "n", "from": 1, "to": 2}}, "parameter.sets: field required (Dotted fields"),
        (
            "whole-1",
            {"parameter": {**PARAMETER, "sets": ["agents.7.count"]}},
            "line 24: parameter.sets: 'agents.7.count' is",
        ),
        (
            "whole-1",
            {"parameter": {**PARAMETER, "sets": ["altar.cots"]}},
            "as whole-1: there is no field 'altar.cots'; did",
        ),
        (
            "whole-3",
            {"observation": {"walls_block": 7}},
            "as whole-3, line 29: observation.walls_block: input should be",
        ),
    ],
)
def test_whatever_is_wrong_with_a_family_is_told(
    name: str, fields: dict[str, Any], sentence: str, library: Path
) -> None:
    file_with(library, **{"parameter": PARAMETER, **fields})
    with pytest.raises(ScenarioError) as raised:
        load_scenario(name)
    assert sentence in str(raised.value)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def test_ranges_survive_being_written_and_read_again(tmp_path: Path) -> None:
    fields = {
        "altar": {"cost": [3, 9], "reward": [0.5, 2]},
        "values": {"green": [1, 5]},
        "kinship": {"share": [-1, 0.25]},
    }
    scenario = load_scenario(file_with(tmp_path, **fields))
    again = tmp_path / "again.yaml"
    again.write_text(yaml.safe_dump(scenario.model_dump(mode="json")))
    assert load_scenario(again) == scenario
    assert scenario.altar.cost == Whole(3, 9)
    assert scenario.altar.reward == Real(0.5, 2)


def test_a_scenario_needs_no_file() -> None:
    assert make_rules(parse_scenario({"name": "whole", **WHOLE})).n_steps == 64
    with pytest.raises(ScenarioError, match="^scenario: there is no field 'stepz'"):
        parse_scenario({"name": "whole", **WHOLE, "stepz": 1})
