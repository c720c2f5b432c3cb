"""Every module imports, says what it is for, and offers only names that it has."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import commlab

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(commlab.__path__, "commlab.")
    if not module.name.endswith(".__main__")
)


@pytest.mark.wheel
def test_the_four_linked_packages_are_among_the_modules() -> None:
    assert {"commlab.env", "commlab.probes.decode", "commlab.datasets", "commlab.figures"} <= set(MODULES)


@pytest.mark.wheel
@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_and_has_a_docstring(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.wheel
@pytest.mark.parametrize("name", ["commlab", *MODULES])
def test_all_names_exist_once(name: str) -> None:
    module = importlib.import_module(name)
    names = list(getattr(module, "__all__", ()))
    assert len(names) == len(set(names))
    assert [missing for missing in names if not hasattr(module, missing)] == []


@pytest.mark.wheel
def test_every_folder_with_code_is_a_package() -> None:
    package = Path(commlab.__file__).parent
    folders = {path.parent for name in ("", *commlab_folders(package)) for path in (package / name).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = commlab.nothing


def commlab_folders(package: Path) -> list[str]:
    """The folders of the package by name: a link is not followed by rglob, so each is searched for itself."""
    return [path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"]
