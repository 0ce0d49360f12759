"""``cimsim compare`` on the command line."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_a_comparison_prints_rows_and_findings_and_writes_a_folder(cimsim_cli, tmp_path, monkeypatch):
    pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")
    monkeypatch.chdir(tmp_path)
    nets = [str(ROOT / f"workloads/{name}.npz") for name in ("lenet_spatial", "lenet_deterministic")]
    outcome = cimsim_cli(
        "compare", "--arch", "stt_mram", *nets, "--images", 10, "--mc", 2, "--random-source", "mtj",
        "--jobs", 1, "--literature",
    )  # fmt: skip
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[0].split()[:3] == ["method", "played", "T"]
    assert sum(line.startswith("Scale Dropout ") for line in lines) == 3
    assert any(line.startswith("VIBNN, FPGA") for line in lines)
    assert any(
        line.startswith("one stochastic unit whatever the model size: lenet, 241,024 bits") for line in lines
    )
    assert lines[-1] == "report: reports/compare-stt_mram/"
    assert (tmp_path / "reports/compare-stt_mram/compare.csv").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--arch", "stt_mram", "lenett"), "error: lenett: no such workload file; did you mean 'lenet'?"),
        (
            ("--arch", "stt_mram", "lenet", "--mc", "exact"),
            "error: --mc: must be an integer from 1",
        ),
        (("--arch", "stt_mram", "lenet", "--ood", "turn:9"), "error: ood: must be a data set, an .npz file"),
    ],
)
def test_bad_words_are_one_message(cimsim_cli, words, message):
    outcome = cimsim_cli("compare", *words)
    assert outcome.exit_code == 2 and outcome.stderr.startswith(message)
