"""Every analysis runs on somebody else's log with a known language, or says in one sentence what the log lacks."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

COLOURS = {"red": "ba", "green": "bo", "blue": "bi"}
SHAPES = {"star": "ka", "ring": "ko"}
HEADER = "episode,step,agent,listener,message,colour,shape,weather,action"
QUICK = ("--nulls", 99)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, cli: Callable[..., Any]) -> Iterator[Path]:
    """A folder with the run `log`: ann names colour and shape, bob hears it and acts on the shape; weather is noise."""
    folder = tmp_path_factory.mktemp("imported")
    rng = random.Random(0)
    rows = [HEADER]
    for episode in range(120):
        for step in range(4):
            colour, shape = rng.choice(list(COLOURS)), rng.choice(list(SHAPES))
            message = f"{COLOURS[colour]} {SHAPES[shape]}"
            facts = f"{colour},{shape},{rng.choice(['sun', 'rain'])}"
            rows.append(f"{episode},{step},ann,bob,{message},{facts},wait")
            rows.append(f"{episode},{step},bob,,,{facts},{'left' if shape == 'star' else 'right'}")
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    with chdir(folder):
        assert cli("import", "log.csv").code == 0
        yield folder


def told(cli: Callable[..., Any], *arguments: object) -> dict[str, Any]:
    """What a command prints as JSON."""
    done = cli(*arguments, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_probes_find_what_is_named_and_not_what_is_noise(cli: Callable[..., Any], log: Path) -> None:
    for source, of in (("said", "ann"), ("heard", "bob"), ("heard", "listeners")):
        found = told(cli, "probe", "log", "--target=feature.colour", "--source", source, "--of", of, *QUICK)
        assert found["score"] == 1
        assert found["p_value"] <= 0.02
    noise = told(cli, "probe", "log", "--target=feature.weather", *QUICK)
    assert 0.4 < noise["score"] < 0.6


def test_information_is_all_there_is(cli: Callable[..., Any], log: Path) -> None:
    found = json.dumps(told(cli, "information", "log", "--target=feature.shape", *QUICK))
    assert '"p_value": 0.01' in found
    done = cli("information", "log", "--target=feature.shape", *QUICK)
    assert "carries 1.00 bits" in done.out or "carries 0.99 bits" in done.out


def test_metrics_are_printed(cli: Callable[..., Any], log: Path) -> None:
    done = cli("metrics", "log", *QUICK)
    assert done.code == 0, done.err
    assert "topographic similarity" in done.out
    assert "nan" not in done.out.lower().split()


def test_the_lexicon_has_every_word(cli: Callable[..., Any], log: Path) -> None:
    done = cli("lexicon", "log", *QUICK)
    assert done.code == 0, done.err
    for meaning in ("colour is red", "colour is green", "colour is blue", "shape is star", "shape is ring"):
        assert meaning in done.out
    assert "weather" not in done.out.partition("Saved")[0].partition("Of 5 entries")[0]


def test_clusters_are_told_by_their_words(cli: Callable[..., Any], log: Path) -> None:
    done = cli("cluster", "log", *QUICK)
    assert done.code == 0, done.err
    assert "message" in done.out


def test_the_map_tells_what_the_log_lacks(cli: Callable[..., Any], log: Path) -> None:
    done = cli("probe", "log", "--target", "all", "--nulls", 19)
    assert done.code == 0, done.err
    assert "feature.colour" in done.out
    assert "agents/position" in done.out or "does not hold" in done.out or "holds no" in done.out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["probe", "log", "--target=resource_location"], "agents/position"),
        (["probe", "log", "--target=feature.taste"], "feature/taste"),
        (["probe", "log", "--target=feature.colour", "--source=hidden"], "hidden"),
        (["probe", "log", "--target=feature.colour", "--source=observation"], "observation"),
        (["minds", "log"], "hidden"),
        (["formation", "log"], "checkpoint"),
        (["inject", "log"], "checkpoint"),
        (["record", "log"], "checkpoint"),
    ],
)
def test_what_a_log_lacks_is_said_in_one_sentence(
    cli: Callable[..., Any], log: Path, arguments: list[str], part: str
) -> None:
    assert part in cli(*arguments).sentence
