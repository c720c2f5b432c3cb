"""Recordings become other tools' files: read back by those tools, the same again when imported, never half written."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from commlab.datasets.exports import tidy
from commlab.datasets.exports.exporting import ENDINGS, ExportOptions, export_recording
from commlab.datasets.imports.importing import import_file
from commlab.datasets.imports.options import Options
from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.schema import MISSING
from commlab.datasets.targets import NONE, SECTORS
from commlab.foundation.errors import DataError, DiskError, RecordingError, TargetError

anndata = pytest.importorskip("anndata", reason="the extra `export` is not installed")  # it is, where the suite runs
xarray = pytest.importorskip("xarray", reason="the extra `export` is not installed")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, make_recording: Callable[..., Path]) -> Recording:
    return open_recording(make_recording(tmp_path_factory.mktemp("played") / "r.h5", n_episodes=20, n_steps=12))


@pytest.fixture(scope="module")
def foreign() -> Recording:
    """Imported data in memory: words, unequal lengths, missing values, a silent agent."""
    rng = np.random.default_rng(0)
    lengths = np.array([3, 1, 5], np.int32)
    said = np.zeros((9, 2, 3), np.uint16)
    said[:, 0] = [[1, 2, 0], [0, 0, 0], [2, 0, 2], [300, 0, 0], [1, 0, 0], [2, 1, 1], [0, 0, 0], [1, 2, 0], [2, 0, 0]]
    colour = rng.integers(0, 3, (9, 2)).astype(np.int32)
    colour[4] = MISSING
    size = rng.normal(size=(9, 2)).astype(np.float32)
    size[2, 1] = np.nan
    header = {
        "codes": {
            "symbols": {"1": "ba", "2": "ku", "300": "é"},
            "bodies": {"0": "ann", "1": "bob, the 2nd"},
            "feature/colour": {"0": "red", "1": 'dark "blue"', "2": "green\nish"},
        },
        "layout": {"speakers": [0], "listeners": [1]},
        "scenario": {"name": "chat"},
    }
    episodes = {
        "length": lengths,
        "bodies": np.tile([0, 1], (3, 1)),
        "condition": ["a", "b", "a"],
        "episode": [4, 5, 9],
    }
    columns = {
        "channel/said": said,
        "channel/heard": said[:, ::-1, None],
        "feature/colour": colour,
        "feature/size": size,
    }
    return memory_recording(header, episodes, columns)


def export(recording: Recording, path: Path, to: str, **options: Any) -> Path:
    written = export_recording(recording, path, ExportOptions(to, **options))
    assert written.path == path
    assert written.n_bytes > 0
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("which", ["played", "foreign"])
def test_an_export_imported_again_has_equal_messages(
    tmp_path: Path, request: pytest.FixtureRequest, form: str, which: str
) -> None:
    recording = request.getfixturevalue(which)
    path = export(recording, tmp_path / f"t.{form}", form)
    import_file(path, tmp_path / "again.h5", Options(zero="silence"))
    again = open_recording(tmp_path / "again.h5")
    np.testing.assert_array_equal(again.episodes.length, recording.episodes.length)
    for column in ("channel/said", "channel/heard"):
        if column == "channel/heard" and recording[column].shape[2] > 1:
            continue
        assert words(again, column) == words(recording, column)
    assert again.bodies == tidy.agent_names(recording)
    if which == "foreign":
        for name in ("colour", "size"):
            np.testing.assert_array_equal(values(again, name), values(recording, name))
        assert again.episodes.condition.tolist() == ["a", "b", "a"]
        assert again.episodes.episode.tolist() == [4, 5, 9]


def words(recording: Recording, column: str) -> list[str]:
    messages = recording[column][:]
    return tidy.message_texts(messages.reshape(-1, messages.shape[-1]), recording.codes.get("symbols", {})).texts()


def values(recording: Recording, name: str) -> list[Any]:
    names = recording.codes.get(f"feature/{name}", {})
    found = recording[f"feature/{name}"][:].reshape(-1).tolist()
    return ["" if value == MISSING or value != value else names.get(value, value) for value in found]


def test_a_tidy_table_has_a_row_for_each_agent_and_step(tmp_path: Path, played: Recording) -> None:
    targets = ("resource_location", "own_next_action")
    rows = rows_of(export(played, tmp_path / "t.csv", "csv", targets=targets))
    assert len(rows) == played.n_steps * played.n_agents
    assert list(rows[0])[:3] == ["episode", "step", "agent"]
    assert set(targets) <= set(rows[0])
    names = {row["agent"] for row in rows}
    assert len(names) == played.n_agents
    last = [row for row in rows if row["step"] == "11"]
    assert {row["own_next_action"] for row in last} == {""}  # not defined at the end of an episode
    assert {row["resource_location"] for row in rows} <= {*SECTORS, NONE}
    actions = played.codes["actions"]
    assert [row["action"] for row in rows] == [
        actions[code] for code in played["policy/action"][:].reshape(-1).tolist()
    ]


def test_blocks_do_not_change_a_table(tmp_path: Path, played: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = export(played, tmp_path / "whole.csv", "csv", targets=("all",)).read_text()
    monkeypatch.setattr(tidy, "ROWS", 30)
    assert export(played, tmp_path / "parts.csv", "csv", targets=("all",)).read_text() == whole


def test_json_rows_hold_lists_and_nulls(tmp_path: Path, foreign: Recording) -> None:
    path = export(foreign, tmp_path / "t.jsonl", "jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[0]["message"] == ["ba", "ku"]
    assert rows[1]["message"] == []
    assert rows[4]["message"] == ["ku", 0, "ku"]
    assert rows[5]["size"] is None
    assert rows[8]["colour"] is None


def test_anndata_reads_an_h5ad(tmp_path: Path, played: Recording) -> None:
    data = anndata.read_h5ad(export(played, tmp_path / "t.h5ad", "h5ad", targets=("resource_location", "own_energy")))
    hidden = played["policy/hidden.core"][:]
    np.testing.assert_array_equal(data.X, hidden.reshape(-1, hidden.shape[2]).astype(np.float32))
    assert data.n_obs == played.n_steps * played.n_agents
    assert list(data.var_names)[:2] == ["hidden.core.0", "hidden.core.1"]
    said = [text or "(silence)" for text in words(played, "channel/said")]
    assert data.obs["message"].tolist() == said
    assert data.obs["step"].tolist() == np.repeat(played["steps/t"][:], played.n_agents).tolist()
    np.testing.assert_allclose(data.obs["own_energy"], played["agents/energy"][:].reshape(-1))
    assert set(data.obs["resource_location"].cat.categories) <= {*SECTORS, NONE}
    assert data.obs_names.is_unique
    observed = anndata.read_h5ad(export(played, tmp_path / "o.h5ad", "h5ad", source="observation", targets=()))
    assert list(observed.var_names) == list(played.names("observation/vector"))


def test_xarray_reads_a_netcdf(tmp_path: Path, played: Recording, foreign: Recording) -> None:
    with xarray.open_dataset(export(played, tmp_path / "t.nc", "netcdf"), engine="h5netcdf") as data:
        for name in played.columns():
            stored = data[name.replace("/", "_")]
            assert stored.dims[0] == "step"
            np.testing.assert_array_equal(stored, played[name][:].astype(stored.dtype), err_msg=name)
        assert data["channel_said"].dims == ("step", "agent", "place")
        assert data["episode_condition"].values.tolist() == played.episodes.condition.tolist()
        assert data["policy_action"].attrs["flag_meanings"].split() == list(played.codes["actions"].values())
        assert data["agent"].values.tolist() == tidy.agent_names(played)
    with xarray.open_dataset(export(foreign, tmp_path / "f.nc", "netcdf"), engine="h5netcdf") as data:
        colour = foreign["feature/colour"][:]
        np.testing.assert_array_equal(data["feature_colour"], np.where(colour == MISSING, np.nan, colour))


def test_a_netcdf_written_in_blocks_is_the_same(
    tmp_path: Path, played: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = export(played, tmp_path / "whole.nc", "netcdf")
    blocks = Recording.blocks
    monkeypatch.setattr(Recording, "blocks", lambda self, max_rows=0: blocks(self, 30))
    parts = export(played, tmp_path / "parts.nc", "netcdf")
    with xarray.open_dataset(whole, engine="h5netcdf") as a, xarray.open_dataset(parts, engine="h5netcdf") as b:
        xarray.testing.assert_identical(a, b)


def test_xferbench_gets_a_list_of_tokens_a_line(tmp_path: Path, foreign: Recording) -> None:
    path = export(foreign, tmp_path / "c.jsonl", "xferbench")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [[1, 2], [2, 0, 2], [300], [1], [2, 1, 1], [1, 2], [2]]
    whole = export(foreign, tmp_path / "e.jsonl", "xferbench", lines="episode")
    assert [json.loads(line) for line in whole.read_text().splitlines()] == [
        [1, 2, 2, 0, 2],
        [300],
        [1, 2, 1, 1, 1, 2, 2],
    ]


def test_elcc_gets_a_system_with_its_corpus(tmp_path: Path, foreign: Recording) -> None:
    folder = export(foreign, tmp_path / "chat-v1", "elcc")
    system = yaml.safe_load((folder / "metadata.yml").read_text(encoding="utf-8"))
    assert system == json.loads((folder / "system.json").read_text(encoding="utf-8"))
    assert system["origin"]["name"] == "chat"
    assert system["system"]["multi_step"] is True
    assert system["system"]["more_than_2_agents"] is False
    assert list(system["system"]["variants"]) == ["chat-v1"]
    data = folder / "data" / "chat-v1"
    lines = [json.loads(line) for line in (data / "corpus.jsonl").read_text().splitlines()]
    assert json.loads((data / "corpus.json").read_text()) == lines
    facts = json.loads((data / "metadata.json").read_text(encoding="utf-8"))
    assert (facts["lines"], facts["tokens"], facts["types"]) == (7, 13, 4)
    assert facts["symbols"]["300"] == "é"


@pytest.mark.parametrize("form", ENDINGS)
def test_nothing_is_replaced_but_by_force(tmp_path: Path, played: Recording, form: str) -> None:
    path = tmp_path / f"x{ENDINGS[form]}"
    export(played, path, form, targets=())
    with pytest.raises(RecordingError, match="--force"):
        export(played, path, form, targets=())
    export(played, path, form, targets=(), force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_recording_is_not_replaced_by_its_own_export(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("episode,step,agent,message\n0,0,ann,ba\n")
    path = tmp_path / "log.h5"
    import_file(tmp_path / "log.csv", path)
    before = path.read_bytes()
    with open_recording(path) as recording, pytest.raises(DataError, match="is the recording itself"):
        export(recording, path, "csv", force=True)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, played: Recording) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="could not be written"):
        export(played, tmp_path / "file" / "x.csv", "csv", targets=())


def test_a_netcdf_has_no_null_characters(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("episode,step,agent,message,colour\n0,0,ann,ba,re\0d\n")
    import_file(tmp_path / "log.csv", tmp_path / "log.h5")
    with open_recording(tmp_path / "log.h5") as recording:
        export(recording, tmp_path / "log.nc", "netcdf")
    assert (tmp_path / "log.nc").is_file()


def test_a_folder_that_is_no_export_is_not_replaced_even_by_force(tmp_path: Path, played: Recording) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    with pytest.raises(RecordingError, match=r"no metadata.yml"):
        export(played, mine, "elcc", force=True)
    with pytest.raises(RecordingError, match="is a folder"):
        export(played, mine, "csv", force=True)
    assert (mine / "thesis.tex").exists()


@pytest.mark.parametrize("form", ENDINGS)
def test_an_export_that_fails_leaves_nothing(
    tmp_path: Path, played: Recording, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_recording(played, tmp_path / "x", ExportOptions(form, ()), fail)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_said(tmp_path: Path, played: Recording, foreign: Recording) -> None:
    path = tmp_path / "x"
    with pytest.raises(DataError, match="no hidden states and no observations"):
        export(foreign, path, "h5ad")
    with pytest.raises(DataError, match="no source 'hidden.cor': the nearest is hidden.core"):
        export(played, path, "h5ad", source="hidden.cor")
    with pytest.raises(DataError, match="There is no format 'hdf': the nearest is"):
        export(played, path, "hdf")
    with pytest.raises(DataError, match="utterance, episode"):
        export(played, path, "elcc", lines="turn")
    with pytest.raises(TargetError, match="resource_location"):
        export(played, path, "csv", targets=("resource_locatoin",))
    silent = memory_recording({}, {"length": [1]}, {"channel/said": np.zeros((1, 1, 1), np.uint8)})
    for form in ("elcc", "xferbench"):
        with pytest.raises(DataError, match="Nobody says anything"):
            export(silent, path, form)
    assert not path.exists()
