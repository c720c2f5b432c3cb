"""EGG's dumps are read without EGG, without torch and without running what is in them."""

import contextlib
import os
import pickle
import subprocess
import sys
import types
import zipfile
from collections.abc import Iterator
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from commlab.datasets.imports.egg import FIELDS
from commlab.datasets.imports.importing import import_file
from commlab.datasets.imports.options import Options, Summary
from commlab.datasets.imports.torch_file import ForbiddenName, read_torch_file
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.errors import CommlabError, ForeignDataError

N = 60


@pytest.fixture(scope="module")
def interaction() -> Iterator[Any]:
    """A class with the name and the fields of egg.core.interaction.Interaction, there while dumps are written."""
    names = ("egg", "egg.core", "egg.core.interaction")
    modules = [types.ModuleType(name) for name in names]
    kind = make_dataclass("Interaction", [(name, Any, None) for name in FIELDS], unsafe_hash=True)
    kind.__module__ = names[-1]
    modules[-1].Interaction = kind  # type: ignore[attr-defined]
    sys.modules.update(zip(names, modules, strict=True))
    yield kind
    for name in names:
        del sys.modules[name]


@pytest.fixture(scope="module")
def attributes() -> torch.Tensor:
    return torch.randint(0, 4, (N, 2), generator=torch.Generator().manual_seed(0))


def dump(folder: Path, content: Any) -> Path:
    path = folder / "interaction_gpu0"
    torch.save(content, path)
    return path


def read(path: Path, **options: Any) -> tuple[Recording, Summary]:
    output = path.with_name("out.h5")
    summary = import_file(path, output, Options(force=True, **options))
    return open_recording(output), summary


def test_a_dump_becomes_games_of_one_step(tmp_path: Path, interaction: Any, attributes: torch.Tensor) -> None:
    hot = torch.nn.functional.one_hot(attributes, 4).reshape(N, 8).float()
    message = torch.cat([attributes + 1, torch.zeros(N, 1, dtype=torch.long)], dim=1)
    logits = torch.nn.functional.one_hot(attributes[:, 0], 4).float()
    made = interaction(
        sender_input=hot, labels=attributes[:, 0], aux_input={"seen": torch.rand(N)}, message=message,
        receiver_output=logits, message_length=torch.full((N,), 3.0), aux={"acc": torch.ones(N), "loss": 1.0},
    )  # fmt: skip
    recording, summary = read(dump(tmp_path, made))
    assert (recording.n_episodes, recording.n_steps, recording.bodies) == (N, N, ["sender", "receiver"])
    np.testing.assert_array_equal(recording["channel/said"][:, 0], attributes.numpy() + 1)
    assert not recording["channel/said"][:, 1].any()
    np.testing.assert_array_equal(recording["channel/heard"][:, 1, 0], attributes.numpy() + 1)
    for place in range(2):  # the one-hot input is read as its two attributes, for both
        column = recording[f"feature/sender_input.attribute.{place}"][:]
        np.testing.assert_array_equal(column, np.repeat(attributes.numpy()[:, place, None], 2, axis=1))
    np.testing.assert_array_equal(recording["policy/action"][:, 1], attributes.numpy()[:, 0])
    assert {recording.codes["actions"][code] for code in recording["policy/action"][:, 0].tolist()} == {"none"}
    assert recording["feature/correct"][:].all()
    assert "feature/aux.loss" not in recording
    assert recording.layout == {"speakers": [0], "listeners": [1]}
    assert any("2 attributes" in notice for notice in summary.notices)


def test_what_comes_after_the_end_was_never_said(tmp_path: Path, interaction: Any) -> None:
    message = torch.tensor([[3, 0, 5], [3, 4, 5], [0, 1, 2]])
    recording, _ = read(dump(tmp_path, interaction(message=message)))
    assert recording["channel/said"][:, 0].tolist() == [[3, 0, 0], [3, 4, 5], [0, 0, 0]]
    cut, _ = read(dump(tmp_path, interaction(message=message, message_length=torch.tensor([1, 2, 3]))))
    assert cut["channel/said"][:, 0].tolist() == [[3, 0], [3, 4], [0, 0]]
    kept, _ = read(dump(tmp_path, interaction(message=message)), zero="symbol")
    assert kept["channel/said"][:, 0].tolist() == [[4, 1, 6], [4, 5, 6], [1, 2, 3]]
    assert kept.codes["symbols"][1] == "0"


@pytest.mark.parametrize("relaxed", [False, True])
def test_single_symbols_have_no_end(tmp_path: Path, interaction: Any, relaxed: bool) -> None:
    symbols = torch.arange(N) % 5
    message = torch.nn.functional.one_hot(symbols, 5).float() * 0.9 + 0.02 if relaxed else symbols
    recording, summary = read(dump(tmp_path, interaction(message=message)))
    names = recording.codes["symbols"]
    assert [names[code] for code in recording["channel/said"][:, 0, 0].tolist()] == [str(s) for s in symbols.tolist()]
    assert any("one symbol" in notice for notice in summary.notices)


def test_relaxed_sequences_end_too(tmp_path: Path, interaction: Any) -> None:
    symbols = torch.tensor([[2, 0, 1], [1, 1, 1]])
    recording, _ = read(dump(tmp_path, interaction(message=torch.nn.functional.one_hot(symbols, 3).float())))
    assert recording["channel/said"][:, 0].tolist() == [[2, 0, 0], [1, 1, 1]]


def test_wide_inputs_are_the_observation(tmp_path: Path, interaction: Any) -> None:
    wide = torch.rand(N, 10, 20)
    recording, summary = read(dump(tmp_path, interaction(sender_input=wide, message=torch.arange(N) % 3)))
    np.testing.assert_array_equal(recording["observation/vector"][:, 0], wide.reshape(N, 200).numpy())
    assert not recording["observation/vector"][:, 1].any()
    assert any("200 numbers" in notice for notice in summary.notices)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int32, torch.uint8, torch.bool])
def test_tensors_of_all_kinds_are_rebuilt(tmp_path: Path, dtype: torch.dtype) -> None:
    base = (torch.arange(48) % 7).to(dtype)
    views = {
        "whole": base,
        "turned": base.reshape(6, 8).t(),
        "part": base.reshape(6, 8)[1:4, ::2],
        "spread": base[:1].expand(5),
        "none": base[:0],
        "one": base[3],
        "parameter": torch.nn.Parameter(base.float()),
    }
    found = read_torch_file(dump(tmp_path, views), set())
    for name, tensor in views.items():
        np.testing.assert_array_equal(
            found[name], tensor.detach().float().numpy().astype(found[name].dtype), err_msg=name
        )


def test_numpy_numbers_are_rebuilt(tmp_path: Path) -> None:
    content = {"scalar": np.float32(1.5), "array": np.arange(6, dtype="<i8").reshape(2, 3)}
    found = read_torch_file(dump(tmp_path, content), set())
    assert found["scalar"] == 1.5
    np.testing.assert_array_equal(np.asarray(found["array"]), content["array"])


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def test_code_in_a_dump_does_not_run(tmp_path: Path, interaction: Any) -> None:
    trace = tmp_path / "trace"
    made = interaction(message=torch.arange(3), aux={"acc": Bomb(f"touch {trace}")})
    with pytest.raises(ForbiddenName, match=r"posix\.system, and unpickling that could run .* --trust"):
        read(dump(tmp_path, made))
    assert not trace.exists()
    pickle.loads(pickle.dumps(Bomb(f"touch {trace}")))
    assert trace.exists()  # it would have


@pytest.mark.parametrize(
    "thing", [eval, getattr, np.load, subprocess.run, torch.load, pickle.loads, np.dtype("O"), torch.nn.Linear(1, 1)]
)
def test_no_other_name_is_taken(tmp_path: Path, thing: Any) -> None:
    with pytest.raises(ForeignDataError):
        read_torch_file(dump(tmp_path, {"message": thing}), set())


def test_an_object_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForeignDataError):
        read_torch_file(dump(tmp_path, {"message": np.array([object], dtype=object)}), set())


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """The dump with bytes of its pickle changed."""
    out = path.with_name("changed")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            changed = content.replace(old, new) if info.filename.endswith("data.pkl") else content
            target.writestr(info.filename, changed)
    return out


def test_a_tensor_that_reaches_out_of_its_storage_is_refused(tmp_path: Path) -> None:
    path = dump(tmp_path, {"message": torch.arange(77)})
    assert len(read_torch_file(path, set())["message"]) == 77
    longer = rewritten(path, b"K\x00KM\x85", b"K\x00KN\x85")  # size (78,) of a storage of 77
    with pytest.raises(ForeignDataError, match="reaches out of its storage"):
        read_torch_file(longer, set())


def test_files_with_wrong_bytes_are_refused_or_read(tmp_path: Path, interaction: Any) -> None:
    rng = np.random.default_rng(0)
    fields = {"message": torch.arange(20).reshape(10, 2), "labels": torch.arange(10), "aux": {"acc": torch.ones(10)}}
    whole = np.frombuffer(dump(tmp_path, interaction(**fields)).read_bytes(), np.uint8)
    for _ in range(60):
        wrong = whole.copy()
        wrong[rng.integers(len(wrong), size=3)] = rng.integers(256, size=3)
        (tmp_path / "wrong").write_bytes(wrong.tobytes())
        with contextlib.suppress(CommlabError):
            import_file(tmp_path / "wrong", tmp_path / "out.h5", Options(force=True, format="egg"))


def test_damaged_files_are_refused_in_a_sentence(tmp_path: Path, interaction: Any) -> None:
    whole = dump(tmp_path, interaction(message=torch.arange(100))).read_bytes()
    cut = tmp_path / "cut.pt"
    for end in range(1, len(whole), len(whole) // 12):
        cut.write_bytes(whole[:end])
        with pytest.raises(ForeignDataError):
            import_file(cut, tmp_path / "cut.h5", Options(format="egg"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"message": None}, "holds no messages"),
        ({"message": torch.zeros(0, 3, dtype=torch.long)}, "holds no games"),
        ({"message": torch.randn(5, 4)}, "are no symbols"),
        ({"message": torch.zeros(2, 2, 2, 2)}, "are no symbols"),
        ({"message": torch.tensor([[-1, 2]])}, "symbols go from -1 to 2"),
        ({"message": torch.tensor([70000])}, "symbols go from"),
        ({"message": torch.arange(5), "labels": torch.arange(4)}, "labels has 4 rows and there are 5 messages"),
        ({"message": torch.arange(5), "message_length": torch.arange(4)}, "message_length has 4 values"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(
    tmp_path: Path, interaction: Any, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ForeignDataError, match=sentence):
        read(dump(tmp_path, interaction(**fields)))


def test_other_things_saved_by_torch_are_refused(tmp_path: Path) -> None:
    for content in ([], {"weights": torch.zeros(3)}, torch.zeros(3), [1]):
        with pytest.raises(ForeignDataError):
            read(dump(tmp_path, content))


def test_lists_and_plain_dicts_are_read_too(tmp_path: Path, interaction: Any) -> None:
    parts = [{"message": torch.arange(3) + k, "labels": torch.arange(3), "aux": {"acc": torch.ones(3)}} for k in (0, 3)]
    recording, _ = read(dump(tmp_path, parts))
    assert recording.n_episodes == 6
    assert recording["channel/said"][:, 0, 0].tolist() == [1, 2, 3, 4, 5, 6]
    objects, _ = read(dump(tmp_path, [interaction(**part) for part in parts]))
    np.testing.assert_array_equal(objects["feature/labels"][:], recording["feature/labels"][:])
    with pytest.raises(ForeignDataError, match="labels of different shapes"):
        read(dump(tmp_path, [parts[0], {**parts[1], "labels": torch.zeros(3, 2)}]))


def test_reading_needs_no_torch(tmp_path: Path, interaction: Any) -> None:
    path = dump(tmp_path, interaction(message=torch.arange(9) % 3))
    script = (
        "import sys\nfrom commlab.datasets.imports.importing import import_file\n"
        f"import_file({str(path)!r}, {str(tmp_path / 'o.h5')!r})\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
