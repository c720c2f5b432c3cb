"""Bundling: modules become one script, and whatever cannot is refused."""

from __future__ import annotations

import pytest

from commlab.figures.replay.bundle import bundled
from commlab.foundation.errors import DataError


def test_modules_stand_before_those_that_import_them() -> None:
    modules = {
        "a.js": 'import { two as b } from "../page/b-side.js";\nexport const one = b + 1;\n',
        "b-side.js": "const hidden = 1;\nexport const two = hidden + 1;\nexport async function f() {}\n",
        "unused.js": "export const three = 3;\n",
    }
    script = bundled(modules, "a.js")
    assert script.index("module_b_side = ") < script.index("module_a = ")
    assert "const {two: b} = module_b_side;" in script
    assert "return {two, f};" in script
    assert "three" not in script


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}, "in a circle"),
        ({"a.js": 'import { b } from "./b.js";\n'}, "no module b.js"),
        ({"a.js": "export default 3;\n"}, "cannot be bundled"),
        ({"a.js": 'import * as b from "./b.js";\n', "b.js": ""}, "cannot be bundled"),
    ],
)
def test_what_cannot_be_bundled_is_refused(modules: dict[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        bundled(modules, "a.js")
