"""Whole-or-nothing files, room on the disk, and the errors' texts."""

import errno
import os
from pathlib import Path

import pytest

from commlab.foundation import atomic, disk
from commlab.foundation.atomic import write_atomic
from commlab.foundation.disk import require_space
from commlab.foundation.errors import CommlabError, DiskError, nearest_names


def test_content_arrives_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = write_atomic(tmp_path / "new" / "a.json", "été\n")
    assert path.read_bytes() == "été\n".encode()
    write_atomic(path, b"\x00\x01")
    assert path.read_bytes() == b"\x00\x01"
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_keeps_the_old_file_and_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = write_atomic(tmp_path / "a.json", "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, step, full)
    with pytest.raises(DiskError, match="disk is full"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_a_path_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match=r"could not be written .*: check the path"):
        write_atomic(tmp_path / "file" / "a.json", "new")


def test_room_is_asked_of_the_disk_that_will_hold_the_folder(tmp_path: Path) -> None:
    require_space(tmp_path / "not" / "there", 1, "A file")
    with pytest.raises(DiskError, match=r"A film needs about 1000000000\.0 GB but the disk of .* has .* free"):
        require_space(tmp_path / "not" / "there", 10**18, "A film")


def test_a_full_disk_is_known_by_number_and_by_text() -> None:
    assert disk.is_disk_full(OSError(errno.ENOSPC, "x"))
    assert disk.is_disk_full(RuntimeError("Can't flush (file write failed: error message = 'No space left on device')"))
    assert not disk.is_disk_full(OSError(errno.EACCES, "x"))


def test_user_errors_are_commlab_errors() -> None:
    assert issubclass(DiskError, CommlabError)


def test_nearest_names_come_first() -> None:
    names = ["own_energy", "resource_location", "altar_location"]
    assert nearest_names("resorce_location", names)[0] == "resource_location"
    assert nearest_names("zzz", names, limit=2) == ["altar_location", "own_energy"]
