"""`check`, `inspect` and `list` on workloads: what they print, and the exact text of every refusal."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from unit.cli.tiny_network import SPEC, tiny_arrays, write_workload

from cimsim.workload.dropout import DROPOUTS

ROOT = Path(__file__).resolve().parents[3]

TABLE = """\
tiny: classification, input 1x4x4 -1/+1, output of fc1
layer  op         output shape  weights  MACs  dropout
-----  ---------  ------------  -------  ----  -------------
conv1  conv2d     2x4x4              18   288
bn1    batchnorm  2x4x4               0     0  scale p=0.25
act1   sign       2x4x4               0     0
flat   flatten    32                  0     0
fc1    linear     3                  96    96
total                               114   384  1 draw a pass
MACs of one image and pass; 1 MAC = 2 ops
"""


def changed(**entries):
    return {**copy.deepcopy(SPEC), **entries}


def with_node(index, **entries):
    spec = copy.deepcopy(SPEC)
    spec["nodes"][index].update(entries)
    return spec


def test_check_says_ok_for_each_file(cimsim_cli, here):
    write_workload(here / "other.npz", changed(name="other"))
    outcome = cimsim_cli("check", "tiny.npz", "other.npz")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout == (
        "tiny.npz: ok, workload 'tiny', 5 nodes, 114 weights\n"
        "other.npz: ok, workload 'other', 5 nodes, 114 weights\n"
    )


def test_inspect_prints_the_table(cimsim_cli):
    assert cimsim_cli("inspect", "tiny.npz").stdout == TABLE


def test_list_methods_names_every_kind(cimsim_cli):
    lines = cimsim_cli("list", "methods").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(DROPOUTS)
    (redraw,) = (line for line in lines if line.startswith("element_redraw"))
    assert redraw.split("  ")[1:] == ["a node of signs or input values that MACs alone read", "p"]


def test_list_datasets_has_the_default_of_the_shipped_network(cimsim_cli):
    assert "mnist5k   " in cimsim_cli("list", "datasets").stdout


def write_text(path):
    path.write_text("layers: 3\n")


def write_pickle(path):
    path.write_bytes(pickle.dumps({"spec": 1}))


def write_truncated(path):
    write_workload(path)
    path.write_bytes(path.read_bytes()[:-40])


def write_objects(path):
    np.savez(path, spec=json.dumps(SPEC), **{**tiny_arrays(), "bn1.beta": np.array([{}, 1], dtype=object)})


def write_half_weights(path):
    write_workload(path, conv1__weight=np.array([0, 1] * 9, np.int8).reshape(2, 1, 3, 3))


def write_wide_weights(path):
    write_workload(path, fc1__weight=np.ones((3, 30), np.int8))


def write_unknown_key(path):
    write_workload(path, with_node(0, paddding=[1, 1]))


def write_large_p(path):
    write_workload(path, with_node(1, dropout={"kind": "scale", "p": 1.5}))


def write_other_format(path):
    write_workload(path, changed(format="onnx"))


NOT_NPZ = (
    "must be an .npz archive (got another kind of file); "
    "write it with cimsim.workload.save or np.savez_compressed"
)
BAD = {
    write_text: NOT_NPZ,
    write_pickle: NOT_NPZ,
    write_truncated: "must be a whole .npz archive (got a truncated or damaged one)",
    write_objects: "array 'bn1.beta': must hold numbers or text (got pickled Python objects)",
    write_half_weights: "node conv1: weight: must be -1 or +1 (got 0)",
    write_wide_weights: "node fc1: weight: must have shape (n_out, 32) (got (3, 30))",
    write_unknown_key: "node conv1: unknown key (got 'paddding'); did you mean 'padding'?",
    write_large_p: "node bn1: dropout: p: must be a probability from 0 to 1 (got 1.5)",
    write_other_format: "spec: format: must be 'cimsim-workload/1' (got 'onnx')",
}


@pytest.mark.parametrize("command", ["check", "inspect"])
@pytest.mark.parametrize("write", BAD, ids=lambda write: write.__name__)
def test_a_bad_workload_is_one_exact_message(cimsim_cli, here, write, command):
    write(here / "bad.npz")
    outcome = cimsim_cli(command, "bad.npz")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"error: bad.npz: {BAD[write]}\n"


def test_a_missing_workload(cimsim_cli):
    outcome = cimsim_cli("check", "nowhere/lenet_5.npz")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: nowhere/lenet_5.npz: no such workload file; ")


def test_a_name_that_is_neither_lists_both(cimsim_cli):
    outcome = cimsim_cli("inspect", "nope")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    names = sorted(path.stem for path in (*ROOT.glob("arch_configs/*.yaml"), *ROOT.glob("workloads/*.npz")))
    known = f"known: {', '.join(names)}\n"
    assert outcome.stderr == f"error: nope: no such architecture or workload file; {known}"


@pytest.mark.parametrize(
    ("name", "kind"), [("folder.npz", "a workload"), ("folder", "an architecture or workload")]
)
def test_a_directory_is_called_one(cimsim_cli, here, name, kind):
    (here / name).mkdir()
    outcome = cimsim_cli("check", name)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"error: {name}: must be {kind} file (got a directory)\n"


def test_changing_an_architecture_needs_one(cimsim_cli):
    outcome = cimsim_cli("check", "tiny.npz", "--set", "junk")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == ("error: --set junk: changes an architecture (got only workloads); name one\n")
