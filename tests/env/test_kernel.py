"""The kernel decorator: compiled or interpreted, checked or not, with a cache that a changed source leaves behind."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from commlab.env.kernel import cache_root, kernel


@kernel
def read_past_the_end(array):  # type: ignore[no-untyped-def]
    """Return what lies after an array: the canary, which must not get away with it where bounds are checked."""
    return array[array.shape[0]]


@pytest.mark.kernels
@pytest.mark.skipif(not numba.config.BOUNDSCHECK or numba.config.DISABLE_JIT, reason="needs NUMBA_BOUNDSCHECK=1")
def test_a_checked_run_catches_the_canary() -> None:
    with pytest.raises(IndexError):
        read_past_the_end(np.zeros(3))


@pytest.mark.interpreted
def test_kernels_are_interpreted_exactly_where_numba_is_switched_off() -> None:
    assert hasattr(read_past_the_end, "py_func") is not bool(numba.config.DISABLE_JIT)


def test_caches_lie_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMMLAB_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    monkeypatch.delenv("COMMLAB_CACHE")
    assert cache_root().name == "commlab"
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert cache_root() == Path.home() / ".cache" / "commlab"


PROBE = """
import sys
sys.path.insert(0, {folder!r})
from probe_kernel import answer
print(answer(1), sum(answer.stats.cache_hits.values()))
"""
KERNEL = """
from commlab.env.kernel import kernel
from probe_inner import inner

@kernel
def answer(x):
    return inner(x)
"""
INNER = """
from commlab.env.kernel import kernel

@kernel
def inner(x):
    return x + {n}
"""


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="interpreted kernels have no cache")
def test_a_cache_serves_again_until_a_file_that_a_kernel_calls_changes(tmp_path: Path) -> None:
    def answer(checked: str = "0") -> list[int]:
        environment = {**os.environ, "COMMLAB_CACHE": str(tmp_path / "cache"), "NUMBA_BOUNDSCHECK": checked}
        command = [sys.executable, "-c", PROBE.format(folder=str(tmp_path))]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return [int(word) for word in done.stdout.split()]

    (tmp_path / "probe_kernel.py").write_text(KERNEL)
    (tmp_path / "probe_inner.py").write_text(INNER.format(n=1))
    assert answer() == [2, 0]
    assert answer() == [2, 1]
    assert answer(checked="1") == [2, 0]
    (tmp_path / "probe_inner.py").write_text(INNER.format(n=41))
    assert answer() == [42, 0]
