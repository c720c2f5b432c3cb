"""The four folders that commlab reaches through links: whether they are there, and how to mend them."""

import sys
from pathlib import Path

LINKED_FOLDERS = ("env", "probes", "datasets", "figures")


def check_links(package: Path = Path(__file__).parent) -> None:
    """Exit with status 2 and one sentence on stderr where a linked folder cannot be reached from `package`.

    Archives unpacked without their links leave a small text file, or nothing, in a link's place. An installed wheel
    holds real folders, which are as good.
    """
    lost = [name for name in LINKED_FOLDERS if not (package / name / "__init__.py").is_file()]
    if lost:
        print(_sentence(package, lost), file=sys.stderr)
        raise SystemExit(2)


def _sentence(package: Path, lost: list[str]) -> str:
    places = ", ".join(f"{package.name}/{name}" for name in lost)
    mend = f'(cd \'{package}\' && for name in {" ".join(lost)}; do ln -sfn "../$name" "$name"; done)'
    return (
        f"commlab: {places} must lead to the folder of the same name beside {package.name}/, "
        f"but the link was lost when this copy was unpacked; mend it with: {mend}"
    )
