"""Other people's tables become recordings: any order, gaps, missing cells, all kinds of messages, errors by line."""

import csv
import gzip
import itertools
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.datasets.exports.tidy import message_texts
from commlab.datasets.imports import tables
from commlab.datasets.imports.importing import find_format, import_file
from commlab.datasets.imports.options import Options
from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.schema import MISSING
from commlab.foundation.errors import ForeignDataError, RecordingError

HEADER = ("episode", "step", "agent", "message", "colour", "size")


def write_csv(path: Path, rows: Sequence[Sequence[Any]], header: Sequence[str] = HEADER) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def imported(path: Path, **options: Any) -> Recording:
    output = path.with_suffix(".h5")
    import_file(path, output, Options(force=True, **options))
    return open_recording(output)


def said(recording: Recording, agent: int = 0) -> list[str]:
    return message_texts(recording["channel/said"][:, agent], recording.codes.get("symbols", {})).texts()


def facts(recording: Recording, name: str, agent: int = 0) -> list[Any]:
    """A feature's values in words, None where one is missing."""
    names = recording.codes.get(f"feature/{name}", {})
    values = recording[f"feature/{name}"][:, agent].tolist()
    return [None if value in (MISSING,) or value != value else names.get(value, value) for value in values]


def game(n_episodes: int = 6, n_steps: int = 4) -> list[list[Any]]:
    colours = ["rot", "grün", "blåu, hell"]
    return [
        [episode, step, "ann", f"ba {colours[(episode + step) % 3][0]}", colours[(episode + step) % 3], step / 2]
        for episode in range(n_episodes)
        for step in range(n_steps)
    ]


def test_a_table_is_a_recording(tmp_path: Path) -> None:
    rows = game()
    recording = imported(write_csv(tmp_path / "game.csv", rows))
    assert (recording.n_episodes, recording.n_steps, recording.n_agents) == (6, 24, 1)
    assert said(recording) == [row[3] for row in rows]
    assert facts(recording, "colour") == [row[4] for row in rows]
    assert facts(recording, "size") == [row[5] for row in rows]
    assert recording.bodies == ["ann"]
    assert recording.layout["speakers"] == [0]
    assert recording["steps/t"][:].tolist() == [0, 1, 2, 3] * 6
    assert recording.attrs["imported"]["file"] == "game.csv"


@pytest.mark.parametrize("block", [1, 5, 1000])
def test_the_order_of_rows_and_the_size_of_blocks_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    rows = game()
    rows += [[row[0], row[1], "bob", "", "", row[1] * 2] for row in rows[::3]]
    expected = imported(write_csv(tmp_path / "sorted.csv", rows))
    monkeypatch.setattr(tables, "BLOCK", block)
    head, rest = rows[:1], rows[1:]
    random.Random(1).shuffle(rest)
    recording = imported(write_csv(tmp_path / "mixed.csv", head + rest))
    assert recording.columns() == expected.columns()
    for name in expected.columns():
        np.testing.assert_array_equal(recording[name][:], expected[name][:], err_msg=name)
    np.testing.assert_array_equal(recording.episodes.length, expected.episodes.length)


def test_gaps_unequal_lengths_and_missing_rows_are_kept_apart(tmp_path: Path) -> None:
    rows = [
        [7, 10, "ann", "a", "x", 1],
        [7, 12, "ann", "b", "y", ""],
        [7, 12, "bob", "c", "", 3],
        [9, -3, "bob", "c", "x", 4],
    ]
    summary = import_file(write_csv(tmp_path / "g.csv", rows), tmp_path / "g.h5")
    recording = open_recording(tmp_path / "g.h5")
    assert recording.episodes.length.tolist() == [2, 1]
    assert recording.episodes.episode.tolist() == [7, 9]
    assert said(recording, 0) == ["a", "b", ""]
    assert said(recording, 1) == ["", "c", "c"]
    assert facts(recording, "size", 0) == [1, None, None]
    assert facts(recording, "colour", 1) == [None, None, "x"]
    assert any("1 steps are missing" in notice for notice in summary.notices)


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["1", "2", "", "-3"], "i", [1, 2, None, -3]),
        (["1.0", "2.0", "nan", "3.0"], "i", [1, 2, None, 3]),  # as pandas writes whole numbers with gaps
        (["1.5", "NA", "2", "inf"], "f", [1.5, None, 2, np.inf]),
        (["1", "x", "", "none"], "i", ["1", "x", None, "none"]),
        (["3000000000", "1", "2", "3"], "f", [3e9, 1, 2, 3]),
    ],
)
def test_the_kind_of_a_feature_is_found(tmp_path: Path, cells: list[str], kind: str, expected: list[Any]) -> None:
    rows = [[episode, 0, "ann", "a", cell, 0] for episode, cell in enumerate(cells)]
    recording = imported(write_csv(tmp_path / "k.csv", rows))
    assert recording["feature/colour"].dtype.kind == kind
    assert facts(recording, "colour") == expected


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (["ba ku", "", "ku"], {}, ["ba ku", "", "ku"]),
        (["bak", "", "k"], {"symbols": "characters"}, ["b a k", "", "k"]),
        (["3 7", "[7, 3]", "(3,)"], {}, ["3 7", "7 3", "3"]),
        (["[3 7 0]", "7,3", "0"], {}, ["3 7", "7 3", ""]),
        (["0", "1", "2"], {}, ["", "1", "2"]),
        (["0", "1", "2"], {"zero": "symbol"}, ["0", "1", "2"]),
        (["0", "1", ""], {}, ["0", "1", ""]),  # silence is an empty cell, so that 0 is a symbol
        (["2 0 -1", "0 -1 -1", "1 1 1"], {}, ["2 0", "0", "1 1 1"]),  # padded with -1
        (["70000", "5", "70000"], {}, ["70000", "5", "70000"]),
    ],
)
def test_messages_are_taken_apart(
    tmp_path: Path, cells: list[str], options: dict[str, str], expected: list[str]
) -> None:
    rows = [[episode, 0, "ann", cell, "x", 0] for episode, cell in enumerate(cells)]
    recording = imported(write_csv(tmp_path / "m.csv", rows), **options)
    assert said(recording) == expected
    assert [text == "" for text in said(recording)] == (~recording["channel/said"][:, 0].any(axis=1)).tolist()


def test_more_than_255_symbols_are_kept_whole(tmp_path: Path) -> None:
    numbers = imported(write_csv(tmp_path / "n.csv", [[e, 0, "a", e + 1, "x", 0] for e in range(400)]))
    words = imported(write_csv(tmp_path / "w.csv", [[e, 0, "a", f"w{e}", "x", 0] for e in range(400)]))
    assert said(numbers) == [str(e + 1) for e in range(400)]
    assert said(words) == [f"w{e}" for e in range(400)]
    assert numbers["channel/said"].dtype == np.uint16


def test_frequent_words_have_small_codes(tmp_path: Path) -> None:
    rows = [[e, 0, "a", "often" if e % 3 else "seldom", "x", 0] for e in range(9)]
    recording = imported(write_csv(tmp_path / "f.csv", rows))
    assert recording.codes["symbols"] == {1: "often", 2: "seldom"}


def test_a_message_may_have_a_column_for_each_symbol(tmp_path: Path) -> None:
    rows = [[e, e % 3 + 1, 4, "x"] for e in range(6)]
    recording = imported(write_csv(tmp_path / "s.csv", rows, ("game", "message_0", "message_1", "shape")))
    assert said(recording) == [f"{e % 3 + 1} 4" for e in range(6)]
    assert "feature/message_0" not in recording


def test_listeners_hear_and_share_what_the_row_is_about(tmp_path: Path) -> None:
    header = ("game", "speaker", "listener", "message", "colour", "reward", "act", "kinship", "condition")
    rows = [
        [1, "ann", "bob", "a", "red", 0.5, "left", 1, "test"],
        [1, "cid", "bob", "b", "blue", 1, "right", 0, "test"],
        [2, "bob", "ann", "c", "red", "", "left", 0.5, "train"],
    ]
    recording = imported(write_csv(tmp_path / "l.csv", rows, header))
    ann, bob, cid = (recording.bodies.index(name) for name in ("ann", "bob", "cid"))
    symbols = {name: code for code, name in recording.codes["symbols"].items()}
    assert recording["channel/heard"][0, bob, :, 0].tolist() == [symbols["a"], symbols["b"], 0]
    assert recording["channel/speaker"][0, bob].tolist() == [ann, cid, -1]
    assert recording["channel/heard"][1, ann, 0, 0] == symbols["c"]
    assert facts(recording, "colour", bob) == ["red", "red"]  # of who spoke first; then of its own row
    assert facts(recording, "colour", cid) == ["blue", None]
    actions = recording.codes["actions"]
    assert recording.bodies == ["ann", "bob", "cid"]
    assert [actions[code] for code in recording["policy/action"][0].tolist()] == ["left", "none", "right"]
    assert np.isnan(recording["reward/own"][1]).all()
    matrix = recording.kinship[recording.episodes.kinship[0]]
    assert matrix[ann, bob] == 1
    assert matrix[cid, bob] == 0
    assert recording.episodes.condition.tolist() == ["test", "train"]


def test_the_same_words_may_go_to_several_listeners(tmp_path: Path) -> None:
    header = ("episode", "step", "speaker", "listener", "message")
    rows = [[0, 0, "ann", "bob", "a"], [0, 0, "ann", "cid", "a"]]
    recording = imported(write_csv(tmp_path / "l.csv", rows, header))
    assert recording["channel/heard"][0, :, 0, 0].tolist() == [0, 1, 1]


def test_without_steps_rows_are_counted_and_without_episodes_each_is_one(tmp_path: Path) -> None:
    rows = [[1, "ann", "a"], [1, "bob", "b"], [1, "ann", "c"], [2, "bob", "d"]]
    counted = imported(write_csv(tmp_path / "c.csv", rows, ("dialogue", "agent", "message")))
    assert counted.episodes.length.tolist() == [2, 1]
    assert said(counted, 0) == ["a", "c", ""]
    shots = imported(write_csv(tmp_path / "o.csv", [["a", 1], ["b", 2]], ("utterance", "colour")))
    assert shots.episodes.length.tolist() == [1, 1]
    assert shots.bodies == ["speaker"]


def test_json_lines_are_read_with_nested_cells_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "g.jsonl"
    rows = [
        {"episode": "a", "step": 0, "agent": "ann", "message": ["ba", "ku"], "seen": {"n": 1, "at": [0.5, 2]}},
        {"episode": "a", "step": 1, "agent": "ann", "message": None, "seen": {"n": None}, "late": True},
        {"episode": "b", "step": 0, "agent": "ann", "message": "ku", "seen": {"n": 2, "at": [1, 3]}},
    ]
    path.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    recording = imported(path)
    assert said(recording) == ["ba ku", "", "ku"]
    assert facts(recording, "seen.n") == [1, None, 2]
    assert facts(recording, "seen.at.0") == [0.5, None, 1]
    assert facts(recording, "late") == [None, "true", None]
    assert recording.episodes.length.tolist() == [2, 1]


def test_packed_files_other_delimiters_and_quoted_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "g.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8-sig", newline="") as file:
        file.write('episode;agent;message;note\r\n1;ann;a;"two\r\nlines; really"\r\n\r\n2;ann;b;x\r\n')
    recording = imported(path)
    assert said(recording) == ["a", "b"]
    assert facts(recording, "note") == ["two\r\nlines; really", "x"]


def test_columns_can_be_named(tmp_path: Path) -> None:
    rows = [[1, "ann", "x", "red", 5], [2, "ann", "y", "blue", 6]]
    path = write_csv(tmp_path / "c.csv", rows, ("round", "who", "label", "colour", "size"))
    parts = {"episode": "round", "agent": "who", "message": "label"}
    recording = imported(path, columns=parts, features=("colour",))
    assert said(recording) == ["x", "y"]
    assert [name for name in recording.columns() if name.startswith("feature/")] == ["feature/colour"]


def test_an_import_is_the_same_when_repeated_and_replaces_only_by_force(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "g.csv", game())
    first = imported(path).attrs["fingerprint"]
    assert imported(path).attrs["fingerprint"] == first
    with pytest.raises(RecordingError, match="--force"):
        import_file(path, tmp_path / "g.h5")


def test_texts_that_are_all_different_are_no_feature(tmp_path: Path) -> None:
    rows = [[e, 0, "ann", "a", f"id-{e}", 0] for e in range(5000)]
    summary = import_file(write_csv(tmp_path / "i.csv", rows), tmp_path / "i.h5")
    assert summary.features == ("size",)
    assert any("'colour' is left out" in notice and "id-0" in notice for notice in summary.notices)


def test_hidden_states_are_lists_or_a_column_for_each_unit(tmp_path: Path) -> None:
    states = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    listed = tmp_path / "l.jsonl"
    rows: list[dict[str, Any]] = [{"episode": e, "message": "a", "hidden": states[e].tolist()} for e in range(6)]
    listed.write_text("\n".join(map(json.dumps, [*rows, {"episode": 6, "message": "b"}])))
    recording = imported(listed)
    np.testing.assert_array_equal(recording["policy/hidden.core"][:6, 0], states)
    assert np.isnan(recording["policy/hidden.core"][6]).all()
    header = ("episode", "message", "hidden_10", "hidden_0", "hidden_2")
    units = write_csv(tmp_path / "u.csv", [[e, "a", *states[e, [2, 0, 1]].tolist()] for e in range(6)], header)
    np.testing.assert_array_equal(imported(units)["policy/hidden.core"][:, 0], states)
    texts = write_csv(
        tmp_path / "t.csv", [[e, "a", str(states[e].tolist())] for e in range(6)], header[:2] + ("hidden",)
    )
    np.testing.assert_array_equal(imported(texts)["policy/hidden.core"][:, 0], states)
    assert [name for name in recording.columns() if name.startswith("feature/")] == []
    for wrong in ([1, 2], [1, 2, "x"], [1, 2, None], 3):
        listed.write_text("\n".join(map(json.dumps, [*rows, {"episode": 6, "message": "b", "hidden": wrong}])))
        with pytest.raises(ForeignDataError, match="line 7: hidden is no list of 3 numbers"):
            imported(listed)


NEWLINE = "\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty: a CSV file begins with a line that names its columns"),
        ("episode,message\n", "has no rows: there is nothing to import"),
        ("a,a\n1,2\n", "line 1: two columns are called 'a'"),
        ("episode,colour\n1,red\n", "no column that looks like a message"),
        ("episode,message\n1,a\n2,b,c\n", "line 3: 3 cells where the header names 2 columns"),
        ('episode,message\n1,"a\n', "line 2: no CSV"),
        ("episode,step,message\n1,0,a\n1,x,b\n", "line 3: step is 'x', and must be a whole number"),
        ("episode,step,message\n1,0,a\n1,,b\n", "line 3: step is missing"),
        ("episode,step,message\n1,0,a\n1,0.5,b\n", "line 3: step is '0.5'"),
        ("step,message\n1,a\n", "has steps but no episodes"),
        ("episode,message\n1,a\n,b\n", "line 3: episode is missing"),
        ("episode,agent,message\n1,a,b\n1,,b\n", "line 3: agent is missing"),
        ("episode,step,agent,message\n1,0,a,b\n1,0,a,c\n", "line 3: a second row for agent 'a'"),
        ("episode,message,reward\n1,a,x\n", "line 2: reward is 'x', and must be a number"),
        ("episode,message,condition\n1,a,x\n1,a,y\n", "line 3: condition is 'y' and was 'x'"),
        ("episode,step,message\n1,0,a\n1,4000000000000000000,b\n", "must be a whole number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ForeignDataError) as error:
        import_file(path, tmp_path / "out.h5")
    assert sentence in str(error.value)
    assert str(path) in str(error.value)
    assert NEWLINE not in str(error.value)
    assert not list(tmp_path.glob("out.h5*"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "line 2: no JSON"),
        ("[1]", "line 2: a JSON list where an object"),
        ("[" * 100_000, "line 2: "),
        ('{"message": "b", "episode": [1]}', "line 2: episode is a list, and must be one value"),
        ('{"message": "b", "agent": ["a"]}', "line 2: agent is a list"),
    ],
)
def test_wrong_json_is_said_with_its_line(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text('{"message": "a", "episode": 1, "agent": "a"}\n' + line + "\n")
    with pytest.raises(ForeignDataError, match=sentence):
        import_file(path, tmp_path / "out.h5")


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    latin, damaged, pickled = (tmp_path / name for name in ("latin.csv", "damaged.csv.gz", "p.pkl"))
    latin.write_bytes("episode,message\n1,grün\n".encode("latin-1"))
    damaged.write_bytes(gzip.compress(b"episode,message\n" + bytes(1000))[:-12])
    pickled.write_bytes(b"\x80\x04.")
    for path, sentence in ((latin, "not text in UTF-8"), (damaged, "is damaged"), (pickled, "could run whatever code")):
        with pytest.raises(ForeignDataError, match=sentence):
            import_file(path, tmp_path / "out.h5")
    with pytest.raises(ForeignDataError, match="does not exist"):
        import_file(tmp_path / "nowhere.csv", tmp_path / "out.h5")
    with pytest.raises(ForeignDataError, match="is a folder"):
        import_file(tmp_path, tmp_path / "out.h5")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"columns": {"mesage": "message"}}, "no part 'mesage'"),
        ({"columns": {"message": "mesage"}}, "no column 'mesage' for message: the nearest it has are message"),
        ({"features": ("color",)}, "no column 'color' for feature: the nearest it has are colour"),
        ({"symbols": "letters"}, "no symbols 'letters'"),
        ({"zero": "nothing"}, "no zero 'nothing'"),
        ({"format": "xls"}, "no format 'xls'"),
        ({"delimiter": "ab"}, "is one character"),
        ({"format": "egg"}, "is no dump of torch.save"),
    ],
)
def test_wrong_options_are_refused_with_the_nearest_right_one(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    path = write_csv(tmp_path / "g.csv", game())
    with pytest.raises(ForeignDataError, match=sentence):
        import_file(path, tmp_path / "out.h5", Options(**options))


def test_the_format_is_found_by_name_and_by_content(tmp_path: Path) -> None:
    for name, text, form in (("a.csv", "x", "csv"), ("a.ndjson", "", "jsonl"), ("a.log", '\n {"a": 1}', "jsonl")):
        (tmp_path / name).write_text(text)
        assert find_format(tmp_path / name) == form


def test_too_many_agents_are_refused(tmp_path: Path) -> None:
    rows = [[e, 0, f"agent{e}", "a", "x", 0] for e in range(1100)]
    with pytest.raises(ForeignDataError, match="more than 1,024 different agents"):
        import_file(write_csv(tmp_path / "a.csv", rows), tmp_path / "a.h5")


def test_agents_called_by_number_are_in_their_order(tmp_path: Path) -> None:
    rows = [[e, 0, agent, f"m{agent}", "x", 0] for e, agent in itertools.product(range(2), (10, 2, 0))]
    recording = imported(write_csv(tmp_path / "n.csv", rows))
    assert recording.bodies == ["agent-0", "agent-2", "agent-10"]
    assert said(recording, 2) == ["m10", "m10"]
