"""Arrays read row by row in NumPy: the slow twin of the analog kernels."""

from itertools import pairwise

import numpy as np


def unrolled(x, kernel, stride, padding, pad_value):
    """-1/0/+1 of (n, h, w, c) as word lines (positions, rows): tap by tap, channels fastest."""
    border = ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0))
    padded = np.pad(x, border, constant_values=pad_value)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    windows = windows[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(-1, kernel[0] * kernel[1] * x.shape[3])


def lines_of(word_lines, first_row):
    """The inverse of `cimsim.sim.kernels.lines.word_lines`: (positions, rows) of -1/0/+1."""
    found, quad = [], 0
    for first, last in pairwise(first_row):
        for row in range(first, last, 16):
            for bit in range(min(16, last - row)):
                up, down = (part[quad] >> bit & 1 for part in (word_lines.ups, word_lines.downs))
                found.append(up.astype(int) - down.astype(int))
            quad += 1
    return np.stack(found, axis=1), quad


def analog_counts(lines, plus, minus, first, last):
    """(positions, columns) of the rows of one step."""
    here = lines[:, first:last]
    return (here > 0) @ plus[first:last] + (here < 0) @ minus[first:last]


def codes(counts, gain, offset, levels, last_code, lowest):
    """What a converter makes of analog counts."""
    value = (counts - lowest) * gain + offset
    if levels.shape[1]:
        return (value[:, :, None] >= levels).sum(axis=2)
    return np.clip(np.floor(value + 0.5), 0, last_code)


def read_in_phases(lines, junction, first_row, read_out):
    """Dots of cells with one junction: rows at +1, then rows at -1, by the same read-outs."""
    dots = np.zeros((len(lines), junction.shape[1]), int)
    for sign in (1, -1):
        here = (lines == sign).astype(int)
        counts = read(here, junction, junction, first_row, read_out)
        dots += sign * (2 * counts - here.sum(axis=1)[:, None])
    return dots


def read(lines, plus, minus, first_row, read_out):
    """Counts added over the steps, one rounding at the end."""
    columns = plus.shape[1]
    total, base = np.zeros((len(lines), columns)), np.zeros(len(lines))
    for s, (first, last) in enumerate(pairwise(first_row)):
        n_active = (lines[:, first:last] != 0).sum(axis=1)
        lowest = 0.5 * (n_active - read_out.span) if read_out.span else np.zeros(len(lines))
        lowest = np.floor(lowest) if read_out.step == 1.0 else lowest
        base += lowest
        gain, offset = read_out.gain[s, :columns], read_out.offset[s, :columns]
        counts = analog_counts(lines, plus, minus, first, last)
        levels = read_out.levels[s, :columns]
        total += codes(counts, gain, offset, levels, read_out.last_code, lowest[:, None])
    return np.floor(base[:, None] + read_out.step * total + 0.5).astype(int)
