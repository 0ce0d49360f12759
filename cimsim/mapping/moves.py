"""How results travel: within a tile, over the link to other tiles, or up to the units at chip level."""

from __future__ import annotations

from typing import NamedTuple

from cimsim.mapping.program import Command, Window
from cimsim.mapping.site import Site, Tensor, raster
from cimsim.mapping.windows import Source

__all__ = ["Routes", "lay_load", "lay_move", "routes"]


class Routes(NamedTuple):
    """Where a tensor goes: layers on its own tile, layers elsewhere, 1 if a unit at chip level reads it.

    ``copies`` counts the tile buffers that store a bit of it.
    """

    n_near: int
    n_far: int
    n_chip: int
    copies: float


def routes(site: Site, tensor: str, tile: int | None) -> Routes:
    """Destinations of a tensor made on ``tile`` (None: at chip level, where units have it already)."""
    readers = site.readers(tensor)
    placed = [site.placements[node.name] for node in readers if node.is_mac]
    on_tiles = [placement for placement in placed if placement.strategy != "digital"]
    n_near = sum(placement.first_tile == tile and placement.n_tiles == 1 for placement in on_tiles)
    is_up = tile is not None and (len(on_tiles) < len(readers) or site.reaches_output(tensor))
    copies = sum(placement.spread.input_copies for placement in on_tiles)
    return Routes(n_near, len(on_tiles) - n_near, int(is_up), copies)


def lay_load(site: Site) -> None:
    """The image leaves the global buffer row by row, once for every layer on the arrays that reads it."""
    timing, (height, width) = site.chip.timing, raster(site.graph.input.shape)
    bits = float(site.value_bits("input") * site.graph.input.shape[0] * height * width)
    way = routes(site, "input", None)
    sent = bits * way.n_far
    lanes = min(timing.link_bits_per_clock, timing.buffer_bits_per_clock)
    load = site.lay(Command(
        "input.load", "input", "load", "link", height, site.clocks(sent / height, lanes),
        (
            ("link", "transfer_bit", sent),
            ("global_buffer", "read_bit", bits if sent else 0.0),
            ("tile_buffer", "write_bit", bits * way.copies),
        ),
    ))  # fmt: skip
    site.tensors["input"] = Tensor((Source(load, height, width, by_rows=True),))


def lay_move(site: Site, tensor: str, layer: str, tile: int | None, after: tuple[Window, ...]) -> Source:
    """Send a tensor on, position by position; returns how its readers find it."""
    timing, (height, width) = site.chip.timing, raster(site.graph.shapes[tensor])
    near, far, up, copies = routes(site, tensor, tile)
    bits = float(site.graph.shapes[tensor][0] * site.value_bits(tensor))
    total = bits * height * width
    is_linked = far + up > 0 or tile is None
    work = bits * (far + up if is_linked else near)
    name = site.lay(Command(
        f"{layer}.move", layer, "move", "link" if is_linked else f"tile{tile}.buffer", height * width,
        site.clocks(work, timing.link_bits_per_clock if is_linked else timing.buffer_bits_per_clock),
        (
            ("link", "transfer_bit", total * (far + up)),
            ("tile_buffer", "write_bit", total * copies),
            ("global_buffer", "write_bit", total * up),
        ),
        after, site.upstream[tensor],
    ))  # fmt: skip
    return Source(name, height, width)
