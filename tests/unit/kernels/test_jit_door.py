"""The door to the compiler: closed by ``CIMSIM_JIT=0``, with the same numbers on either side."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from cimsim import _jit
from cimsim.sim import kernels
from cimsim.sim.kernels import bits, lookup

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import sys
import numpy as np
from cimsim.sim import kernels
x = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (3, 6, 6, 5))
weight = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (7, 5, 3, 3))
found = kernels.conv_sums(
    kernels.pack_signs(x), None, kernels.prepare_weights(weight), stride=(1, 1), padding=(1, 1), pad_value=-1
)
print("numba" in sys.modules, found.dot_total.tolist(), np.abs(found.sums).sum())
"""


def run_script(jit):
    environment = {**os.environ, "CIMSIM_JIT": jit}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(" ", 1)


def test_compiler_off_gives_the_same_sums_without_numba():
    (uses_numba, plain_sums), (compiled, sums) = run_script("0"), run_script("1")
    assert (uses_numba, compiled) == ("False", "True")
    assert plain_sums == sums


@pytest.mark.parametrize("door", [_jit.njit, _jit.fused, _jit.parallel])
def test_off_the_door_returns_functions_that_wrap_around_in_silence(monkeypatch, door):
    monkeypatch.setattr(_jit, "JIT", False)
    word = door(lambda key: key * np.uint64(3))
    assert word(np.uint64(2**63)) == 2**63


def test_off_the_door_has_twins_and_no_machine(monkeypatch):
    monkeypatch.setattr(_jit, "JIT", False)
    assert _jit.intrinsic(run_script)(len) is run_script
    assert _jit.host_features() == frozenset()
    assert lookup.host_lookup() is not None


@pytest.mark.skipif(not _jit.JIT, reason="needs the compiler")
class TestTwins:
    """Every intrinsic in a compiled function equals its plain twin."""

    @pytest.fixture
    def rng(self):
        return np.random.default_rng(3)

    @pytest.mark.parametrize("word", [0, 1, 2**64 - 1, 0x8000000000000001])
    def test_count_ones(self, word):
        numba = pytest.importorskip("numba")
        count = bits.count_ones
        assert numba.njit(lambda x: count(x))(np.uint64(word)) == bits._count_ones(word)

    def test_columns(self, rng):
        numba = pytest.importorskip("numba")
        counts = rng.integers(0, 2**14, 200).astype(np.uint16)
        sums = rng.integers(-9, 9, 200).astype(np.int32)
        narrow = rng.integers(-(2**14), 2**14, 200).astype(np.int16)
        wide = rng.integers(-9, 9, 200).astype(np.int32)
        compare, compare_sums, total = bits.counts_at_least, bits.at_least, bits.sum_counts
        fast = numba.njit(
            lambda c, n, s, w: (compare(c, 3, 9000, n, 70), compare_sums(s, 5, w, 1), total(c, 7))
        )
        plain = (
            bits._counts_at_least(counts, 3, 9000, narrow, 70),
            bits._at_least(sums, 5, wide, 1),
            bits._sum_counts(counts, 7),
        )
        assert fast(counts, narrow, sums, wide) == plain

    def test_stores(self, rng):
        numba = pytest.importorskip("numba")
        counts = rng.integers(0, 999, 100).astype(np.uint16)
        table = rng.integers(0, 2**40, (256, 2)).astype(np.uint64)
        add, store_pair = bits.add_dots, bits.store_pair_table
        load, store = bits.load_octet, bits.store_octet

        def body(sums, octets, words):
            add(sums, 2, counts, 30, 500, -3)
            store(octets, 5, load(octets, 1))
            store_pair(table, 200, 7, words, 3)

        def plain(sums, octets, words):
            bits._add_dots(sums, 2, counts, 30, 500, -3)
            bits._store_octet(octets, 5, bits._load_octet(octets, 1))
            bits._store_pair_table(table, 200, 7, words, 3)

        start = (np.arange(99, dtype=np.int32), np.arange(20, dtype=np.uint8), np.arange(9, dtype=np.uint64))
        fast, slow = ([array.copy() for array in start] for _ in range(2))
        numba.njit(body)(*fast)
        plain(*slow)
        for ours, twin, before in zip(fast, slow, start, strict=True):
            np.testing.assert_array_equal(ours, twin)
            assert not np.array_equal(ours, before)


@pytest.mark.skipif(not _jit.JIT, reason="needs the compiler")
@pytest.mark.parametrize("has_temporary_folder", [True, False])
def test_a_package_and_a_home_that_are_read_only(tmp_path, has_temporary_folder):
    """Files where folders would have to be refuse even root."""
    module = tmp_path / "house" / "probe.py"
    module.parent.mkdir()
    (module.parent / "__pycache__").write_text("")
    module.write_text(
        "import numba\nfrom cimsim import _jit\n@_jit.njit\ndef twice(x):\n    return 2 * x\n"
        "@_jit.fused\ndef half(x):\n    return x // 2\n"
        "print(twice(21), half(84), numba.config.CACHE_DIR)\n"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    mine = temporary / f"cimsim-numba-{os.getuid()}"
    if not has_temporary_folder:
        mine.write_text("")
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    environment |= {"HOME": "/dev/null", "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(module)], env=environment, capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == f"42 42 {mine if has_temporary_folder else ''}\n"
    assert any(mine.rglob("*.nbc")) == has_temporary_folder


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs users and permissions")
class TestPrivateFolder:
    """Code is only ever loaded from a folder that nobody else can write to."""

    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path / f"cimsim-numba-{os.getuid()}"

    def test_it_is_made_for_us_alone_and_found_again(self, folder):
        assert _jit.private_folder() == folder
        assert folder.stat().st_mode & 0o777 == 0o700
        assert _jit.private_folder() == folder

    def test_one_that_others_can_write_to_is_not_used(self, folder):
        folder.mkdir()
        folder.chmod(0o722)
        assert _jit.private_folder() is None

    def test_one_of_somebody_else_is_not_used(self, folder, monkeypatch):
        folder.mkdir(mode=0o700)
        uid = os.getuid()
        folder.rename(folder.with_name(f"cimsim-numba-{uid + 1}"))
        monkeypatch.setattr(os, "getuid", lambda: uid + 1)
        assert _jit.private_folder() is None

    def test_a_link_is_not_followed(self, folder, tmp_path):
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
        assert _jit.private_folder() is None

    def test_without_a_folder_for_temporary_files_there_is_none(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        assert _jit.private_folder() is None


def test_packed_weights_know_their_layer():
    weights = kernels.prepare_weights(np.ones((7, 5, 3, 2), np.int8))
    assert (weights.c_out, weights.c_in, weights.kernel, weights.n_taps) == (7, 5, (3, 2), 30)
