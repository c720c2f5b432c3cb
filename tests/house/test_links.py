"""The links of the house: there in a clone, and where they are lost, one sentence with a mend that works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import commlab
from commlab.house import LINKED_FOLDERS, check_links

PACKAGE = Path(commlab.__file__).parent
CLONE = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A house with nothing but its entry point, whose folders and links are whole."""
    package = tmp_path / "commlab"
    package.mkdir()
    for name in ("__init__.py", "__main__.py", "house.py"):
        shutil.copy(PACKAGE / name, package)
    for name in LINKED_FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (package / name).symlink_to(f"../{name}")
    return tmp_path


def start(clone: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "commlab", "--help"]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", LINKED_FOLDERS)
def test_a_clone_holds_relative_links_to_its_top_level_folders(name: str) -> None:
    link = CLONE / "commlab" / name
    assert link.is_symlink()
    assert os.readlink(link) == f"../{name}"
    assert link.resolve() == CLONE / name


@pytest.mark.wheel
def test_the_house_is_whole() -> None:
    check_links(PACKAGE)


@pytest.mark.parametrize("name", LINKED_FOLDERS)
def test_a_missing_link_ends_the_command_with_one_sentence(clone: Path, name: str) -> None:
    (clone / "commlab" / name).unlink()
    done = start(clone)
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"commlab/{name} must lead to" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_printed_command_mends_what_an_archive_lost(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = clone / "commlab"
    (package / "env").unlink()
    (package / "env").write_text("../env")
    (package / "figures").unlink()
    with pytest.raises(SystemExit) as stop:
        check_links(package)
    assert stop.value.code == 2
    _, _, mend = capsys.readouterr().err.partition("mend it with: ")
    subprocess.run(["sh", "-c", mend], check=True)
    check_links(package)
    assert os.readlink(package / "env") == "../env"
    assert os.readlink(package / "figures") == "../figures"
