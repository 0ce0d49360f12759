"""The noise of cells as it is seen through wires, against conductances that are drawn anew for every read."""

from dataclasses import replace

import numpy as np
import pytest
from hand_arrays import draw_matrix, hand_layout

from cimsim.circuits.array_model import ArrayModel, Converter
from cimsim.circuits.cell_signals import ResistorSignals
from cimsim.circuits.ladder import Ladder, driven_currents
from cimsim.sim.kernels.lines import WordLines
from cimsim.sim.slow_read import read_cells

READ_V, READ_NOISE, N_READS = 0.1, 0.1, 4000
PARALLEL_A, ANTIPARALLEL_A = READ_V / 5e3, READ_V / 5.5e3
"""States so near that the noise is some counts, of which rounding to whole ones takes little."""
WIDE = Converter(bits=8, full_scale=255, is_centred=True)


def deviation_of_cells(wires, is_calibrated):
    """Of a count of 16 far rows, every other one agreeing, from currents of cells that shake."""
    rng = np.random.default_rng(0)
    nominal = np.where(np.arange(16) % 2, ANTIPARALLEL_A, PARALLEL_A) / READ_V
    siemens = nominal[:, None] * (1 + READ_NOISE * rng.standard_normal((16, N_READS)))
    rows = np.arange(112, 128)
    inputs = np.arange(16)[None]
    current = driven_currents(siemens, inputs, READ_V, wires, rows)
    distance = 16 * (PARALLEL_A - ANTIPARALLEL_A)
    if is_calibrated:
        ends = np.repeat(np.array([[ANTIPARALLEL_A, PARALLEL_A]]) / READ_V, 16, axis=0)
        distance = float(np.diff(driven_currents(ends, inputs, READ_V, wires, rows))[0, 0])
    return current.std() * 16 / distance


@pytest.mark.parametrize("segment_ohm", [0.25, 1.0])
@pytest.mark.parametrize("is_calibrated", [False, True])
def test_noise_through_wires_is_that_of_cells_that_shake(segment_ohm, is_calibrated):
    """4,000 reads know a deviation to 1.1 %; every cell's share is that of a mean column: 5 %."""
    wires = Ladder(128, segment_ohm, segment_ohm)
    model = ArrayModel(
        ResistorSignals(PARALLEL_A, ANTIPARALLEL_A), replace(WIDE, is_calibrated=is_calibrated),
        read_noise=READ_NOISE, read_voltage_v=READ_V,
    )  # fmt: skip
    signs = np.where(np.arange(128) % 2, -1, 1).astype(np.int8)[:, None]
    layout = hand_layout(list(range(0, 129, 16)), [0] * 8, [0])
    cells = draw_matrix(signs, layout, model, np.random.default_rng(1))
    ups = np.zeros((8, N_READS), np.uint16)
    ups[7] = 0xFFFF
    lines = WordLines(ups, np.zeros_like(ups), np.full(N_READS, 16, np.int32))
    counts = read_cells(lines, cells, model, np.arange(N_READS, dtype=np.uint64), wires)
    rounded_away = 1.0 / 12.0
    found = np.sqrt(counts.var() - rounded_away)
    assert found == pytest.approx(deviation_of_cells(wires, is_calibrated), rel=0.05)
