"""What the model says of a rebuilt design: energies of one product, of a network, of single blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cimsim.arch import ArchSpec, Draws, build_chip, load_arch
from cimsim.arch.parts_cell import read_supply_v
from cimsim.sim.run import simulate
from cimsim.validate.networks import four_layers, one_product
from cimsim.validate.publications import Publication
from cimsim.validate.shipped import find_shipped
from cimsim.workload import WorkloadGraph, load_workload

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MEASURES", "N_DRAWS", "Measured"]

N_DRAWS = 512
"""Draws of the sources behind a range."""

N_CHIPS, N_IMAGES = 20, 2000
"""Chips out of the spread, and images that each of them answers."""

Measured = Mapping[str, NDArray[np.float64]]
"""By quantity: the nominal value, then draws of the sources or chips; times have no spread."""

CELLS = ("cell_array", "wordline_driver", "bitline", "column_mux")
READOUT = ("adc", "sense_amp")
ACCUMULATION = ("shift_add", "popcount_counter", "row_counter", "adder_tree")


class _Costs:
    """Costs of an architecture, nominal and drawn, and how often a run took each action."""

    def __init__(self, arch: ArchSpec, seed: int, components: pd.DataFrame | None = None) -> None:
        self._chips = build_chip(arch), build_chip(arch, Draws(seed, N_DRAWS))
        self._counts = [] if components is None else _counts(components)

    def action_j(self, component: str, action: str) -> NDArray[np.float64]:
        """Of one action."""
        nominal, drawn = (chip.components[component].actions[action].energy_j for chip in self._chips)
        return np.concatenate([np.atleast_1d(nominal), np.broadcast_to(drawn, N_DRAWS)])

    def energy_j(self, *components: str, layer: str | None = None) -> NDArray[np.float64]:
        """Of all actions of some components, in one layer or in all; leakage is left out."""
        total = np.zeros(1 + N_DRAWS)
        for component, at, action, count in self._counts:
            if component in components and layer in (None, at):
                total += count * self.action_j(component, action)
        return total

    def count(self, *components: str) -> float:
        return sum(count for component, _, _, count in self._counts if component in components)

    def others(self, *components: str) -> tuple[str, ...]:
        """All components that acted, but those."""
        return tuple({component for component, *_ in self._counts} - {*components})


def _counts(components: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    """(component, layer, action, count) of all actions."""
    acted = components[~components["action"].isin(("leakage", "area"))]
    columns = (acted[name] for name in ("component", "layer", "action", "count"))
    return [(str(c), str(layer), str(action), float(n)) for c, layer, action, n in zip(*columns, strict=True)]


def _product(arch: ArchSpec, publication: Publication, seed: int) -> Measured:
    """One invocation of a macro: all its rows, one conversion per column; half of the cells match."""
    components = _played(arch, one_product(publication.rows, publication.columns))
    costs = _Costs(arch, seed, components)
    array, readout, n = costs.energy_j(*CELLS), costs.energy_j(*READOUT), costs.count(*READOUT)
    macro = arch.tile.macro
    held = components["component"].isin(("cell_array", *READOUT))
    latency_s = components.loc[held, "busy_s"].sum()
    return {
        "invocation_energy_j": array + readout,
        "op_energy_j": (array + readout) / (2 * publication.rows * publication.columns),
        "column_energy_j": (array + readout) / n,
        "adc_energy_j": readout / n,
        "array_energy_j": array / n,
        "column_current_a": costs.energy_j("cell_array") / n / (read_supply_v(arch) * macro.read_time_s),
        "latency_s": np.full(1 + N_DRAWS, latency_s),
    }


def _network(arch: ArchSpec, publication: Publication, seed: int) -> Measured:
    """One image through the four layers: all, groups of components, layers without their cell current."""
    costs = _Costs(arch, seed, _played(arch, four_layers()))
    rest = costs.others(*READOUT, *ACCUMULATION, "cell_array")
    layers = {
        f"{layer}_energy_j": costs.energy_j(*costs.others("cell_array"), layer=layer)
        for layer in ("conv1", "conv2", "fc1", "fc2")
    }
    return {
        **layers,
        "total_energy_j": costs.energy_j(*costs.others()),
        "rest_energy_j": costs.energy_j(*costs.others("cell_array")),
        "readout_energy_j": costs.energy_j(*READOUT, "cell_array"),
        "adc_energy_j": costs.energy_j(*READOUT),
        "accumulation_energy_j": costs.energy_j(*ACCUMULATION),
        "periphery_energy_j": costs.energy_j(*rest),
        "adder_energy_j": costs.energy_j("adder_tree"),
        "cell_energy_j": costs.energy_j("cell_array"),
        "cell_per_conversion_energy_j": costs.energy_j("cell_array") / costs.count(*READOUT),
    }


def _blocks(arch: ArchSpec, publication: Publication, seed: int) -> Measured:
    """Single actions of an architecture, for words as tables give them."""
    costs, bits = _Costs(arch, seed), arch.tile.adder_tree.bits
    add = costs.action_j("adder_tree", "add") / bits
    return {
        "add_8b_energy_j": 8 * add,
        "add_32b_energy_j": 32 * add,
        "read_64b_8kb_energy_j": 64 * costs.action_j("tile_buffer", "read_bit"),
        "read_64b_32kb_energy_j": 64 * costs.action_j("global_buffer", "read_bit"),
        "write_64b_8kb_energy_j": 64 * costs.action_j("tile_buffer", "write_bit"),
        "write_64b_32kb_energy_j": 64 * costs.action_j("global_buffer", "write_bit"),
    }


def _played(arch: ArchSpec, graph: WorkloadGraph) -> pd.DataFrame:
    """``components.csv`` of one image of +1 in one pass."""
    x, y = np.ones((1, *graph.input.shape), np.int8), np.zeros((1, *graph.shapes[graph.output]))
    return simulate(arch, graph, x=x, y=y, n_mc_samples=1, fidelity="ideal").components


def _accuracy(arch: ArchSpec, publication: Publication, seed: int) -> Measured:
    """Points of accuracy that chips lose: the mean, then each; also where converters are not calibrated."""
    linear = load_arch(arch.source, ["tile.macro.adc.errors.references=linear"])
    return {
        "lost_points": _lost_points(arch, publication, seed),
        "lost_linear_points": _lost_points(linear, publication, seed),
    }


def _lost_points(arch: ArchSpec, publication: Publication, seed: int) -> NDArray[np.float64]:
    network = load_workload(find_shipped(f"workloads/{publication.workload}.npz"))
    ask = partial(simulate, arch, network, n_images=N_IMAGES, seed=seed)
    exact = float(ask(fidelity="ideal").summary["accuracy"])
    chips = ask(fidelity="statistical", n_instances=N_CHIPS).chips
    assert chips is not None, "told where there is more than one"
    lost = 100.0 * (exact - chips["accuracy"].to_numpy(np.float64))
    return np.concatenate([[lost.mean()], lost])


MEASURES: Mapping[str, Callable[[ArchSpec, Publication, int], Measured]] = {
    "product": _product,
    "network": _network,
    "blocks": _blocks,
    "accuracy": _accuracy,
}
