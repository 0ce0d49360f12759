"""Rows: passes share one exactly when they agree on every mask upstream."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.sim.rows import RowTables


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.integers(1, 5),
    st.integers(1, 9),
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.integers(0, 999),
)
def test_rows_are_the_distinct_settings_of_each_image(n_images, n_passes, counts, seed):
    rng = np.random.default_rng(seed)
    masks = np.stack([rng.integers(0, n, (n_images, n_passes)) for n in counts], axis=-1).astype(np.uint8)
    names = [f"m{k}" for k in range(len(counts))]
    tables = RowTables(masks, {name: (k, n) for k, (name, n) in enumerate(zip(names, counts, strict=True))})
    for depth in range(len(names) + 1):
        table = tables.of(names[:depth])
        settings_of = [[(i, *masks[i, t, :depth].tolist()) for t in range(n_passes)] for i in range(n_images)]
        flat = [setting for image in settings_of for setting in image]
        order = {setting: row for row, setting in enumerate(sorted(set(flat)))}
        assert table.row_of.ravel().tolist() == [order[setting] for setting in flat]
        assert table.n_rows == len(order)
        assert table.image.tolist() == [setting[0] for setting in sorted(order)]
        assert table.n_uses.tolist() == [flat.count(setting) for setting in sorted(order)]
        assert table.rows_per_image().tolist() == [len(set(image)) for image in settings_of]
        for k, name in enumerate(names[:depth]):
            assert tables.states(name, table).tolist() == [setting[1 + k] for setting in sorted(order)]


def test_a_coarser_table_tells_the_row_of_each_finer_one():
    masks = np.array([[[0, 1], [0, 0], [1, 1]], [[1, 0], [1, 0], [1, 0]]], dtype=np.uint8)
    tables = RowTables(masks, {"a": (0, 2), "b": (1, 2)})
    by_a, by_both = tables.of(["a"]), tables.of(["a", "b"])
    assert by_a.row_of.tolist() == [[0, 0, 1], [2, 2, 2]]
    assert by_both.row_of.tolist() == [[1, 0, 2], [3, 3, 3]]
    assert by_a.of(by_both).tolist() == [0, 0, 1, 2]
    assert by_a.of(by_a) is None


def test_other_masks_give_every_pass_a_row_of_its_own():
    tables = RowTables(np.zeros((2, 3, 1), dtype=np.uint8), {"a": (0, 2)})
    assert tables.of(["a"]).n_rows == 2
    assert tables.of(["a", "element"]).row_of.tolist() == [[0, 1, 2], [3, 4, 5]]
