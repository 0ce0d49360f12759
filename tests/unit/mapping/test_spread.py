"""How copies lie over tiles: by hand, and against loops over every subarray."""

from collections import defaultdict
from dataclasses import replace
from itertools import product
from math import prod

import pytest
from hand_chip import hand_chip
from hypothesis import given
from hypothesis import strategies as st

from cimsim.mapping.spread import Copies, Spread, spread_over_tiles


def mean(sets):
    return sum(len(found) for found in sets.values()) / len(sets)


def slow(copies, first_macro, subarrays, macros):
    """Tiles of each copy; and all fields but the number of sites."""
    tiles, homes, reads, holds, compares = (defaultdict(set) for _ in range(5))
    n_gathers = 0
    for replica, variant, group, column in product(*map(range, copies[:4])):
        copy, home = (replica, variant), None
        for row in range(copies.row_tiles):
            column_tile = (variant * copies.groups + group) * copies.column_tiles + column
            inside = column_tile * copies.row_tiles + row
            macro = first_macro + replica * -(-prod(copies[1:]) // subarrays) + inside // subarrays
            tile = macro // macros
            home = tile if home is None else home
            tiles[copy].add(tile)
            reads[copy, group, row].add(tile)
            holds[variant, group, row].add(tile)
        homes[copy].add(home)
        compares[variant, group, column].add(home)
        n_gathers += tile - home
    of_a_copy = (mean(tiles), mean(homes), n_gathers / len(tiles), mean(reads))
    return tiles, (*of_a_copy, mean(holds), len(set().union(*homes.values())), mean(compares))


@given(st.builds(Copies, *[st.integers(1, 4)] * 5), st.integers(0, 5), st.integers(1, 3), st.integers(1, 4))
def test_against_loops_over_every_subarray(copies, first_macro, subarrays, macros):
    geometry = replace(hand_chip().geometry, subarrays_per_macro=subarrays, macros_per_tile=macros)
    spread = spread_over_tiles(copies, first_macro, geometry)
    tiles, found = slow(copies, first_macro, subarrays, macros)
    assert spread[1:] == pytest.approx(found)
    widest, held = max(map(len, tiles.values())), set().union(*tiles.values())
    assert spread.n_sites == 1 or spread.n_sites * widest <= len(held)
    assert spread.n_sites <= copies.replicas


def test_copies_of_two_macros_where_a_tile_begins_half_full():
    """Each covers two tiles; the two tiles in the middle serve two copies: four tiles, two pairs of them."""
    spread = spread_over_tiles(Copies(3, 1, 1, 1, 4), 1, hand_chip().geometry)
    assert spread == Spread(2, 2, 1, 1, 1, 3, 3, 3)


def test_one_variant_works_at_a_time():
    """Four variants on a tile each are no four tiles that serve positions side by side."""
    assert spread_over_tiles(Copies(1, 4, 1, 1, 4), 0, hand_chip().geometry) == Spread(1, 1, 1, 0, 1, 1, 4, 1)
