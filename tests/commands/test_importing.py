"""`commlab import` and `commlab export` from the command line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from commlab.datasets.reader import open_recording


@pytest.fixture
def game(elsewhere: Path) -> Path:
    path = elsewhere / "game.csv"
    rows = [f"{e},{t},ann,w{(e + t) % 3},{'xyz'[(e + t) % 3]}" for e in range(30) for t in range(3)]
    path.write_text("\n".join(["episode,step,agent,message,colour", *rows]) + "\n")
    return path


def test_an_import_is_a_run(cli: Callable[..., Any], game: Path) -> None:
    done = cli("import", game)
    assert done.code == 0, done.err
    assert "Who hears what is not known" in done.out
    assert "Next: commlab probe runs/game --target=feature.colour" in done.err
    probed = cli("probe", "game", "--target=feature.colour", "--nulls", 19, "--json")
    assert probed.code == 0, probed.err
    assert json.loads(probed.out)["score"] == 1


def test_an_import_prints_one_json_object(cli: Callable[..., Any], game: Path, elsewhere: Path) -> None:
    done = cli("import", game, "--output", elsewhere / "deep" / "mine.h5", "--features", "colour", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["n_episodes"] == 30
    assert found["features"] == ["colour"]
    assert found["path"].endswith("mine.h5")
    assert open_recording(found["path"]).attrs["command"].startswith("commlab import")


def test_columns_are_named_on_the_command_line(cli: Callable[..., Any], elsewhere: Path) -> None:
    (elsewhere / "g.csv").write_text("round,label\n1,a\n2,b\n")
    assert "looks like a message" in cli("import", "g.csv").sentence
    assert cli("import", "g.csv", "--columns", "episode=round,message=label").code == 0
    assert cli("import", "g.csv", "--columns", "episode=round", "--columns", "message=label", "--force").code == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--columns", "message"], "--columns is part=column"),
        (["--columns", "message="], "--columns is part=column"),
        (["--run", "a", "--output", "b.h5"], "give one of them"),
        (["--format", "egg"], "no dump of torch.save"),
        (["--features", "colr"], "the nearest it has are colour"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    cli: Callable[..., Any], game: Path, options: list[str], sentence: str
) -> None:
    assert sentence in cli("import", game, *options).sentence


def test_an_import_replaces_only_by_force(cli: Callable[..., Any], game: Path) -> None:
    assert cli("import", game).code == 0
    assert "--force" in cli("import", game).sentence
    assert cli("import", game, "--force").code == 0
    before = game.read_bytes()
    assert "replaced by its own recording" in cli("import", game, "--output", game, "--force").sentence
    assert game.read_bytes() == before


class Marker:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self.path,)


def test_a_dump_with_code_is_refused_unless_trusted(cli: Callable[..., Any], elsewhere: Path) -> None:
    trace = elsewhere / "trace"
    torch.save({"message": torch.arange(40) % 4, "labels": torch.arange(40) % 4, "x": Marker(str(trace))}, "dump.pt")
    sentence = cli("import", "dump.pt").sentence
    assert "could run whatever code" in sentence
    assert "--trust" in sentence
    assert not trace.exists()
    done = cli("import", "dump.pt", "--trust")
    assert done.code == 0, done.err
    assert "code that the file brings runs now" in done.err
    assert trace.exists()
    assert open_recording("runs/dump/recording.h5").n_episodes == 40


def test_trust_reads_old_files_of_torch_too(cli: Callable[..., Any], elsewhere: Path) -> None:
    content = {"message": torch.tensor([[1, 2], [3, 0]], dtype=torch.bfloat16), "aux": {"acc": torch.ones(2)}}
    torch.save(content, "old.pt", _use_new_zipfile_serialization=False)
    assert "torch before 1.6" in cli("import", "old.pt").sentence
    assert cli("import", "old.pt", "--trust").code == 0
    (elsewhere / "broken.pkl").write_bytes(b"\x80\x02broken")
    broken = cli("import", "broken.pkl", "--trust")
    assert broken.code == 2
    assert "cannot be unpickled" in broken.err


@pytest.mark.parametrize("form", ["csv", "jsonl", "netcdf", "h5ad", "elcc", "xferbench"])
def test_an_export_says_where_and_how_large(cli: Callable[..., Any], at_home: Path, tmp_path: Path, form: str) -> None:
    done = cli("export", "tiny", "--to", form, "--output", tmp_path / "out", "--targets", "own_position")
    assert done.code == 0, done.err
    assert str(tmp_path / "out") in done.out
    assert "kB." in done.out
    again = cli("export", "tiny", "--to", form, "--output", tmp_path / "out")
    assert "--force" in again.sentence


def test_an_export_lies_beside_its_recording(cli: Callable[..., Any], game: Path) -> None:
    assert cli("import", game).code == 0
    done = cli("export", "game", "--json")
    assert json.loads(done.out)["path"] == "runs/game/exports/recording.csv"
    assert json.loads(done.out)["n_rows"] == 90
    assert "no hidden states and no observations" in cli("export", "game", "--to", "h5ad").sentence
    assert "There is no format 'xls'" in cli("export", "game", "--to", "xls").sentence
    back = cli("import", "runs/game/exports/recording.csv", "--run", "back", "--json")
    assert json.loads(back.out)["n_symbols"] == 3
