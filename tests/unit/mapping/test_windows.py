"""Windows between rasters, against direct counting."""

from hypothesis import given
from hypothesis import strategies as st

from cimsim.mapping.windows import POINT, Sliding, Source, each, line_buffer, sliding, taps_in_bounds, whole


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 3), st.integers(0, 4))
def test_taps_in_bounds_counts_every_tap_of_every_position(size, kernel, stride, padding):
    out = (size + 2 * padding - kernel) // stride + 1
    if out < 1:
        return
    taps = [o * stride - padding + k for o in range(out) for k in range(kernel)]
    assert taps_in_bounds(size, out, kernel, stride, padding) == sum(0 <= tap < size for tap in taps)


def test_a_sliding_window_reaches_its_last_tap_and_lets_go_of_what_is_behind():
    window = sliding(Source("up", 8, 6), Sliding((3, 5), (2, 1), (1, 2)), 6, divide=4, capacity=24)
    assert (window.reach_y, window.reach_x, window.pad_y, window.pad_x) == (1, 2, 1, 2)
    assert (window.stride_y, window.stride_x, window.width, window.divide) == (2, 1, 6, 4)
    assert (window.producer_height, window.producer_width, window.capacity) == (8, 6, 24)


def test_a_source_by_rows_has_no_columns_to_wait_for():
    window = sliding(Source("load", 8, 6, by_rows=True), Sliding((3, 3), (1, 1), (1, 1)), 6)
    assert (window.producer_width, window.stride_x, window.reach_x, window.pad_x) == (1, 0, 0, 0)


def test_line_buffers_hold_the_window_and_the_rows_it_moves_on_to():
    assert line_buffer(Source("up", 28, 28), Sliding((5, 5))) == 6 * 28
    assert line_buffer(Source("up", 28, 28), Sliding((2, 2), (2, 2))) == 4 * 28
    assert line_buffer(Source("up", 3, 28), Sliding((5, 5))) == 3 * 28
    assert line_buffer(Source("load", 28, 28, by_rows=True), POINT) == 2


def test_each_and_whole():
    window = each("up", 10, divide=3, multiply=4, buffered=2)
    assert (window.producer_height, window.multiply, window.divide, window.capacity) == (10, 4, 3, 8)
    assert whole("up", 10).reach_y >= 10
