"""Files that are missing, broken, hostile or not ours, and what the reader says about each."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.npz import NpzReader
from cimsim.workload import build_graph, load_workload, save

Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]


@pytest.fixture
def saved(parts: Parts, tmp_path: Path) -> Path:
    path = tmp_path / "small.npz"
    save(build_graph(*parts), path)
    return path


def message(path: Path) -> str:
    with pytest.raises(WorkloadError) as raised:
        load_workload(path)
    text = str(raised.value)
    assert text.startswith(str(path))
    return text[len(str(path)) :]


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), **options)
    return buffer.getvalue()


def header_only(shape: str, descr: str = "'<f8'") -> bytes:
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head


def test_missing_file(tmp_path: Path) -> None:
    assert message(tmp_path / "lenet.npz") == ": no such file"


def test_directory(tmp_path: Path) -> None:
    assert message(tmp_path) == ": must be a file (got a directory)"


@pytest.mark.parametrize(
    ("data", "got"),
    [
        (b"", "an empty file"),
        (npy(np.ones(3)), "a single .npy array"),
        (pickle.dumps({"spec": 1}), "another kind of file"),
        (b"format: cimsim", "another kind of file"),
    ],
)
def test_not_an_archive(tmp_path: Path, data: bytes, got: str) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(data)
    cure = "write it with cimsim.workload.save or np.savez_compressed"
    assert message(path) == f": must be an .npz archive (got {got}); {cure}"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_truncated(saved: Path, kept: float) -> None:
    data = saved.read_bytes()
    saved.write_bytes(data[: int(kept * len(data))])
    assert message(saved) == ": must be a whole .npz archive (got a truncated or damaged one)"


def test_flipped_byte_in_an_array(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[data.index(b"conv1.weight.npy") + 60] ^= 0xFF
    saved.write_bytes(data)
    assert message(saved) == ": must be a whole .npz archive (got a truncated or damaged one)"


class Bomb:
    """Unpickling it would fail the test."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("unpickled",))


def test_pickled_array(tmp_path: Path) -> None:
    data = npy(np.array([Bomb()], object), allow_pickle=True)
    path = zipped(tmp_path / "x.npz", {"spec.npy": npy("{}"), "a.weight.npy": data})
    assert message(path) == ": array 'a.weight': must hold numbers or text (got pickled Python objects)"


def test_structured_array(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.npz", {"a.npy": npy(np.zeros(2, [("u", "f8"), ("v", "i4")]))})
    assert message(path) == ": array 'a': must hold numbers or text (got a structured array)"


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(3,)", "(-1,)"])
def test_header_that_lies_about_the_shape(tmp_path: Path, shape: str) -> None:
    data = header_only(shape) + bytes(16)
    path = zipped(tmp_path / "x.npz", {"a.npy": data})
    rule = "must be as long as its header says"
    assert message(path) == f": array 'a': {rule} (got shape {shape} in {len(data)} bytes)"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not npy",
        header_only("(2, 3"),
        header_only("'x'"),
        header_only("(2,)", "'<q9'"),
        header_only("(0,)")[:9],
    ],
)
def test_damaged_header(tmp_path: Path, data: bytes) -> None:
    path = zipped(tmp_path / "x.npz", {"a.npy": data})
    assert message(path) == ": must be a whole .npz archive (got a truncated or damaged one)"


def test_newer_npy_version(tmp_path: Path) -> None:
    data = bytearray(npy(np.ones(2)))
    data[6] = 3
    path = zipped(tmp_path / "x.npz", {"a.npy": bytes(data)})
    assert message(path) == ": array 'a': must be a plain array of npy version 1 or 2 (got version 3.0)"


def test_other_members(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.npz", {"readme.txt": b"hello"})
    assert message(path) == ": must hold .npy members, stored or deflated (got 'readme.txt')"
    path = zipped(tmp_path / "y.npz", {"spec.npy": npy("{}")}, zipfile.ZIP_BZIP2)
    assert message(path) == ": must hold .npy members, stored or deflated (got 'spec.npy')"


def test_repeated_member(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("a.npy", npy(np.ones(2)))
        archive.writestr("a.npy", npy(np.ones(2)))
    assert message(path) == ": array 'a': must appear once"


def claim_size(path: Path, size: int) -> None:
    """Overwrite the unpacked size of the first member in the central directory."""
    data = bytearray(path.read_bytes())
    data[(entry := data.index(b"PK\x01\x02") + 24) : entry + 4] = struct.pack("<I", size)
    path.write_bytes(data)


def test_too_large(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "x.npz", {"spec.npy": npy("{}"), "b.npy": npy(np.ones(2)), "c.npy": npy(np.ones(2))}
    )
    claim_size(path, 2**32 - 2)
    assert message(path) == ": arrays must take at most 4 GiB (got 4.0 GiB)"
    claim_size(path, 2**31)
    assert message(path) == ": spec: must take at most 16 MiB (got 2048.0 MiB)"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (np.ones(3), ": spec: must be a 0-d string array holding JSON (got shape (3,), type float64)"),
        (np.array(["{}"]), ": spec: must be a 0-d string array holding JSON (got shape (1,), type <U2)"),
        (np.array("nodes: []"), ": spec: must be JSON (got Expecting value at line 1 column 1)"),
        (np.array('{"a": 1, "a": 2}'), ": spec: must not repeat a key (got 'a')"),
        (np.array('{"p": NaN}'), ": spec: must be JSON (got 'NaN is not JSON')"),
        (np.array('{"p": 1e999}'), ": spec: must hold finite numbers, valid text and no cycles"),
        (np.array("[]"), ": spec: must be an object (got [])"),
        (np.array("{}"), ": spec: must have the key 'format'"),
    ],
)
def test_spec_that_is_not_a_spec(tmp_path: Path, spec: Any, expected: str) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, spec=spec)
    assert message(path) == expected


def test_spec_of_impossible_characters(tmp_path: Path) -> None:
    data = header_only("()", "'<U1'") + b"\xff" * 4
    path = zipped(tmp_path / "x.npz", {"spec.npy": data})
    assert message(path) == ": spec: must be valid Unicode text"


def test_spec_of_the_other_byte_order(tmp_path: Path) -> None:
    text = np.array('{"format": "caf\u00e9"}')
    path = zipped(tmp_path / "x.npz", {"spec.npy": npy(text.astype(text.dtype.newbyteorder(">")))})
    assert message(path) == ": spec: format: must be 'cimsim-workload/1' (got 'caf\u00e9')"


def test_deeply_nested_spec(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, spec=np.array("[" * 100_000))
    assert message(path).startswith(": spec: must ")


def test_no_spec(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.ones(3), y=np.ones(3))
    assert message(path) == ": must have the array 'spec'; is it another kind of .npz?"


def test_ten_lines_of_numpy_are_enough(tmp_path: Path) -> None:
    spec = {
        "format": "cimsim-workload/1",
        "name": "tiny",
        "task": "classification",
        "input": {"shape": [4], "bits": 1},
        "nodes": [{"name": "fc", "op": "linear", "inputs": ["input"]}],
        "output": "fc",
    }
    weight = np.array([[1, -1, 1, 1], [-1, -1, 1, -1]], np.int8)
    np.savez_compressed(tmp_path / "tiny.npz", spec=json.dumps(spec), **{"fc.weight": weight})
    graph = load_workload(tmp_path / "tiny.npz")
    assert graph.source == str(tmp_path / "tiny.npz")
    np.testing.assert_array_equal(graph.node("fc").params["weight"], weight)


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", ">i4", "<u2"])
def test_numbers_of_other_types_and_orders(tmp_path: Path, dtype: str) -> None:
    values = np.arange(12, dtype=dtype).reshape(3, 4)
    path = zipped(tmp_path / "x.npz", {"c.npy": npy(values), "f.npy": npy(np.asfortranarray(values))})
    arrays = NpzReader(WorkloadError, "").read(path)
    np.testing.assert_array_equal(arrays["c"], values)
    np.testing.assert_array_equal(arrays["f"], values)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_never_escapes_as_another_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "x.npz"
    spec = json.dumps({"format": "cimsim-workload/1", "name": "t", "nodes": [{"name": "fc"}]})
    zipped(path, {"spec.npy": npy(spec), "fc.weight.npy": npy(np.ones((2, 3), np.int8))})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    with pytest.raises(WorkloadError):
        load_workload(path)
