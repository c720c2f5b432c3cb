"""docs/targets.md lists the targets that there are, of the kind that they are, and no others."""

import re
from pathlib import Path

from commlab.datasets.targets import TARGETS

PAGE = Path(__file__).parents[2] / "docs" / "targets.md"


def test_the_page_lists_exactly_the_targets() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \| (class|number) \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name for name, _, _ in listed) == sorted(TARGETS)
    assert {name: kind for name, kind, _ in listed} == {name: target.kind for name, target in TARGETS.items()}


def test_the_example_of_an_own_target_runs(tmp_path: Path) -> None:
    import numpy as np

    from commlab.datasets.memory import memory_recording
    from commlab.datasets.targets import find_target

    code = re.search(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    (tmp_path / "my_targets.py").write_text(code[1], encoding="utf-8")
    position = np.cumsum(np.ones((6, 2, 2), dtype=np.int16), axis=0)
    columns = {"agents/energy": np.arange(90, 114, 2).reshape(6, 2).astype(np.int32), "agents/position": position}
    recording = memory_recording({}, {"length": np.array([3, 3])}, columns)
    hungry = find_target(f"{tmp_path}/my_targets.py:hungry", recording).compute(recording)
    assert hungry.values.tolist() == [[1, 1], [1, 1], [1, 0], [0, 0], [0, 0], [0, 0]]
    walked = find_target(f"{tmp_path}/my_targets.py:distance_walked", recording).compute(recording)
    assert walked.values[:, 0].tolist() == [0, 2, 4, 0, 2, 4]
