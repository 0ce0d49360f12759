"""Bare names, paths and the share folder."""

from pathlib import Path

import pytest

from cimsim import places
from cimsim.cli import locate
from cimsim.errors import InputError


@pytest.fixture
def share(tmp_path, monkeypatch):
    """A working directory and an installed share folder, each with files; nothing else is visible."""
    here, installed = tmp_path / "here", tmp_path / "share"
    for root, names in ((here, ("mine",)), (installed, ("mine", "stt_mram"))):
        (root / "arch_configs").mkdir(parents=True)
        for name in names:
            (root / "arch_configs" / f"{name}.yaml").write_text(root.name)
    monkeypatch.chdir(here)
    for module in (locate, places):
        monkeypatch.setattr(module, "roots", lambda: (Path(), installed))
    return installed


@pytest.mark.parametrize("name", ["stt_mram", "stt_mram.yaml", "arch_configs/stt_mram.yaml"])
def test_every_way_to_name_an_installed_file(share, name):
    assert locate.find_file(name, "architecture") == share / "arch_configs" / "stt_mram.yaml"


@pytest.mark.parametrize("name", ["mine", "mine.yaml", "arch_configs/mine.yaml"])
def test_the_working_directory_comes_first(share, name):
    assert locate.find_file(name, "architecture").read_text() == "here"


def test_a_path_is_taken_as_it_stands(share, tmp_path):
    other = tmp_path / "other.yml"
    other.write_text("")
    assert locate.find_file(str(other), "architecture") == other


def test_a_folder_is_not_a_file(share):
    Path("stt_mram").mkdir()
    assert locate.find_file("stt_mram", "architecture").parent == share / "arch_configs"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stt_mran", "stt_mran: no such architecture file; did you mean 'stt_mram'?"),
        (
            "arch_configs/stt_ram.yaml",
            "arch_configs/stt_ram.yaml: no such architecture file; did you mean 'stt_mram'?",
        ),
        ("zzz", "zzz: no such architecture file; known: mine, stt_mram"),
    ],
)
def test_a_file_that_is_not_there(share, name, message):
    with pytest.raises(InputError) as caught:
        locate.find_file(name, "architecture")
    assert str(caught.value) == message


def test_known_files_by_name(share):
    found = places.known_files("architecture")
    assert list(found) == ["mine", "stt_mram"]
    assert found["mine"] == Path("arch_configs/mine.yaml")


def test_the_source_tree_and_the_installed_share_are_searched():
    roots = places.roots()
    assert roots[0] == Path()
    assert (roots[1] / "cimsim" / "__init__.py").exists()
    assert all(root.parts[-2:] == ("share", "cimsim") for root in roots[2:])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("lenet", "workload"), ("stt_mram", "architecture"), ("workloads/lenet.npz", "workload"),
     ("chip.yml", "architecture")],
)  # fmt: skip
def test_a_name_that_may_be_either_kind(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)
    Path("chip.yml").write_text("")
    assert locate.find_either(name)[1] == kind


LONG = "a" * 300


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (LONG, f"{LONG}: must be an architecture file (got File name too long)"),
        ("arch_configs", "arch_configs: must be an architecture file (got a directory)"),
        ("mine.yaml/x", "mine.yaml/x: no such architecture file; known: mine, stt_mram"),
    ],
)
def test_what_is_no_file(share, name, message):
    with pytest.raises(InputError) as caught:
        locate.find_file(name, "architecture")
    assert str(caught.value) == message


def test_a_folder_that_may_not_be_read(share, monkeypatch):
    real = Path.stat

    def stat(path, **options):
        if "locked" in path.parts:
            raise PermissionError(13, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(InputError) as caught:
        locate.find_file("locked/chip.yaml", "architecture")
    assert str(caught.value) == "locked/chip.yaml: must be an architecture file (got Permission denied)"


@pytest.mark.parametrize(
    "pair", [("lenet", "stt_mram"), ("my/net.npz", "my/chip.yaml"), ("lenet", "stt_mram.yaml")]
)
def test_arguments_in_the_wrong_order(pair):
    with pytest.raises(InputError) as caught:
        locate.find_pair(*pair)
    assert str(caught.value) == (
        f"{pair[0]} {pair[1]}: the architecture comes first, then the workload; "
        f"swap them: {pair[1]} {pair[0]}"
    )


def test_an_architecture_may_have_the_name_of_a_workload(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("arch_configs").mkdir()
    Path("arch_configs/lenet.yaml").write_text("")
    assert [path.name for path in locate.find_pair("lenet", "lenet")] == ["lenet.yaml", "lenet.npz"]
