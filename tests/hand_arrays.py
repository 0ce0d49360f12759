"""Cells and read-outs of a matrix laid out by hand, one macro for each tile."""

import numpy as np

from cimsim.sim.layer_cells import Layout, draw_cells
from cimsim.sim.read_outs import draw_read_outs


def hand_layout(first_row, tile, read_out):
    """Steps that begin at ``first_row``, on these tiles; columns on these read-outs of their tile."""
    first_row, tile, read_out = (np.asarray(part) for part in (first_row, tile, read_out))
    subarray = np.broadcast_to(tile[:, None], (len(tile), len(read_out)))
    return Layout(first_row, subarray, tile[:, None] * (read_out.max() + 1) + read_out)


def draw_matrix(signs, layout, model, rng):
    read_outs = draw_read_outs(model.read_out, int(layout.unit.max()) + 1, rng)
    return draw_cells(signs, layout, model, read_outs, rng)
