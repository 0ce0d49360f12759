"""The page: whole text once, then what changes it."""

import io
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cimsim.reporting.console import print_summary, summary_text

PAGE = """\
toy on demo_chip, 200 images of digits
accuracy     98.00 %   (94.96 % to 99.22 %, Wilson 95 %)
calibration  NLL 0.0710 nats   ECE 1.23 % (15 bins)
latency      96.0 µs per image   10,417 images/s in a stream
limited by   tile1.readout, busy 50 % of the latency
energy       1.78 nJ per image   1.25 nJ to 2.85 nJ, 5-95 % of the sources
             adc                840 pJ  47.2 %   588 pJ to 1.34 nJ    ██████████
             cell array         555 pJ  31.2 %   389 pJ to 888 pJ     ███████
             bitline            124 pJ   7.0 %   86.8 pJ to 198 pJ    █
             wordline driver    108 pJ   6.1 %   75.6 pJ to 173 pJ    █
             shift add         54.0 pJ   3.0 %   37.8 pJ to 86.4 pJ   █
             5 others                    5.6 %
stream       1.69 nJ per image   1.18 nJ to 2.71 nJ
power        18.6 µW   13.0 µW to 29.7 µW
efficiency   5.1 TOPS/W executed   3.57 to 8.16   1-bit ops, 1 MAC = 2 ops
             5.4 TOPS/W nominal   3.78 to 8.64
area         0.35 mm²   0.245 mm² to 0.56 mm²
weights      4.20 nJ to write them once   2.94 nJ to 6.72 nJ
random bits  4 per image, from 1 stochastic unit, p = 0.150 0.200
folded       conv1, conv2 into 100 thresholds, 2 states each
settings     T = 2 sequential, fidelity ideal, 1 chip instance, seed 0
note         array errors are not modelled: accuracy assumes a lossless read-out
"""


def with_summary(result, **changes):
    return replace(result, summary={**result.summary, **changes})


def with_task(result, task, **changes):
    program = SimpleNamespace(**{**vars(result.program), "graph": replace(result.program.graph, task=task)})
    return replace(with_summary(result, **changes), program=program)


def test_the_whole_page(result):
    assert summary_text(result) == PAGE == str(result)


def test_the_page_fits_a_screen(result):
    lines = summary_text(result).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_a_file_gets_plain_text_and_the_folder(result):
    file = io.StringIO()
    print_summary(result, directory="reports/demo-toy", file=file)
    assert file.getvalue() == PAGE + "report       reports/demo-toy/\n"


def test_a_terminal_gets_colors_around_the_same_text(result, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = io.StringIO()
    print_summary(result, file=file)
    assert "\x1b[36mlatency      \x1b[0m96.0 µs per image" in file.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()) == PAGE


def test_a_latency_that_differs_between_images_has_its_range(result):
    text = summary_text(with_summary(result, latency_p5_s=9e-5, latency_p95_s=1.1e-4))
    assert "\n             90.0 µs to 110 µs, 5-95 % of the images\n" in text


def test_without_random_bits_there_are_none(result):
    assert "\nrandom bits  none\n" in summary_text(with_summary(result, n_random_bits=0.0))


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_a_dash(result, value):
    text = summary_text(with_summary(result, nll=value, ece=value))
    assert "\ncalibration  NLL — nats   ECE — (15 bins)\n" in text
    assert "\nerror        RMSE —\n" in summary_text(with_task(result, "regression", rmse=value))


def with_folds(result, **shapes):
    folds = {name: SimpleNamespace(thresholds=np.zeros(shape, np.int32)) for name, shape in shapes.items()}
    return replace(result, program=SimpleNamespace(**{**vars(result.program), "folds": folds}))


def test_folded_layers_are_counted_where_their_names_are_too_long(result):
    names = {f"a_long_name_{i}": (1 + i, 3, 1000) for i in range(3)}
    assert "\nfolded       3 layers into 18,000 thresholds, 1 to 3 states each\n" in summary_text(
        with_folds(result, **names)
    )
    one = summary_text(with_folds(result, fc=(1, 1, 5)))
    assert "\nfolded       fc into 5 thresholds, 1 state each\n" in one
    assert "folded" not in summary_text(with_folds(result))


def test_an_ascii_stream_gets_ascii_bars(result):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    print_summary(result, file=file)
    file.flush()
    assert b"588 pJ to 1.34 nJ    ##########\n" in raw.getvalue()


def test_warnings_are_notes_that_wrap_inside_the_column(result):
    text = summary_text(with_summary(result, warnings=["word " * 30]))
    last = text.splitlines()[-3:]
    assert last[0].startswith("note         word")
    assert last[1].startswith("             word")
    assert all(len(line) <= 80 for line in last)


def test_a_name_is_shown_and_not_obeyed(result):
    graph = replace(result.program.graph, name="[red]evil\x1b[2J")
    program = SimpleNamespace(**{**vars(result.program), "graph": graph})
    assert summary_text(replace(result, program=program)).startswith("[red]evil\\x1b[2J on demo_chip")


@pytest.mark.parametrize(
    ("task", "values", "line"),
    [
        ("regression", {"rmse": 0.1234}, "error        RMSE 0.1234"),
        (
            "segmentation",
            {"pixel_accuracy": 0.9, "mean_iou": 0.5},
            "accuracy     90.00 % of pixels   mean IoU 50.00 %",
        ),
    ],
)
def test_the_task_decides_the_quality_line(result, task, values, line):
    assert summary_text(with_task(result, task, **values)).splitlines()[1] == line


def test_chips_of_the_spread_have_a_line(result):
    many = {"n_instances": 8, "accuracy_chips_min": 0.97, "accuracy_chips_max": 0.99,
            "nll_chips_min": 0.07, "nll_chips_max": 0.08}  # fmt: skip
    text = summary_text(with_summary(result, **many))
    assert "spread       97.00 % to 99.00 %   NLL 0.0700 to 0.0800   8 chips" in text
