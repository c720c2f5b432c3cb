"""Starting is quick because heavy libraries are imported only by the commands that need them."""

import subprocess
import sys
from importlib import metadata

import pytest

import commlab

HEAVY = ("torch", "numba", "scipy", "sklearn", "umap", "matplotlib", "h5py", "tensorboard", "numpy")


def loaded_by(statement: str) -> set[str]:
    """The heavy libraries that a fresh interpreter has loaded after `statement`."""
    script = f"import sys\n{statement}\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.wheel
def test_importing_commlab_loads_no_heavy_library() -> None:
    assert loaded_by("import commlab") == set()


@pytest.mark.wheel
def test_help_loads_no_heavy_library() -> None:
    run = "sys.argv = ['commlab', '--help']\nfrom commlab.__main__ import main\ntry: main()\nexcept SystemExit: pass"
    assert loaded_by(run) == set()


@pytest.mark.wheel
def test_a_public_name_loads_on_first_use() -> None:
    assert loaded_by("import commlab; commlab.open_recording") >= {"h5py", "numpy"}


@pytest.mark.wheel
def test_the_installed_version_is_the_code_s() -> None:
    assert metadata.version("commlab") == commlab.__version__


@pytest.mark.wheel
def test_the_command_answers() -> None:
    done = subprocess.run([sys.executable, "-m", "commlab", "--help"], capture_output=True, text=True, check=True)
    assert "commlab" in done.stdout


@pytest.mark.wheel
def test_no_folder_is_importable_by_its_bare_name() -> None:
    script = (
        "from importlib.util import find_spec\n"
        "for name in ('env', 'probes', 'datasets', 'figures', 'tests'):\n"
        "    spec = find_spec(name)\n"
        "    print(name, spec.origin if spec else None)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    from_commlab = [row for row in done.stdout.splitlines() if str(commlab.__path__[0]).removesuffix("commlab") in row]
    assert len(done.stdout.splitlines()) == 5
    assert from_commlab == []
