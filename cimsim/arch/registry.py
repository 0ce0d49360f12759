"""The table of components: a new block is one builder and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cimsim.arch import parts_array as array
from cimsim.arch import parts_cell as cell
from cimsim.arch import parts_chip as chip
from cimsim.arch import parts_random as random
from cimsim.arch.quantity import Pick
from cimsim.arch.spec import ArchSpec
from cimsim.circuits.cost import Component

__all__ = ["COMPONENTS", "ComponentKind", "list_components"]


def _always(spec: ArchSpec) -> bool:
    return True


def _with_adc(spec: ArchSpec) -> bool:
    return spec.tile.macro.adc is not None


def _with_sense_amp(spec: ArchSpec) -> bool:
    return spec.tile.macro.sense_amp is not None


def _with_digital_layer(spec: ArchSpec) -> bool:
    return spec.chip.first_layer == "digital"


def _with_multiplier(spec: ArchSpec) -> bool:
    return spec.tile.scale_select == "multiplier"


def _with_junctions(spec: ArchSpec) -> bool:
    return spec.chip.random_source != "lfsr"


@dataclass(frozen=True)
class ComponentKind:
    """One line of the table.

    Attributes
    ----------
    name, unit : as in `Component`
    actions : what it can be asked to do, and per what an action is counted
    summary : one line for people
    build : prices it from the architecture
    is_in : whether an architecture has it
    """

    name: str
    unit: str
    actions: tuple[tuple[str, str], ...]
    summary: str
    build: Callable[[ArchSpec, Pick], Component]
    is_in: Callable[[ArchSpec], bool] = _always


_CONVERSION = "column conversion"
_BITS = (("read_bit", "bit"), ("write_bit", "bit"))

COMPONENTS: tuple[ComponentKind, ...] = (
    ComponentKind(
        "cell_array", "subarray",
        (("read_parallel", "driven cell and column conversion"),
         ("read_antiparallel", "driven cell and column conversion"),
         ("read_reference", "driven row and read of a step"), ("write", "cell")),
        "cells of weights and references", cell.build_cell_array,
    ),
    ComponentKind("wordline_driver", "subarray", (("drive", "driven row and step"),),
                  "word-line drivers and decoder", array.build_wordline_driver),
    ComponentKind("bitline", "subarray", (("charge", _CONVERSION),),
                  "bit-line charge", array.build_bitline),
    ComponentKind("column_mux", "subarray", (("select", _CONVERSION),),
                  "switch from columns to read-out", array.build_column_mux),
    ComponentKind("adc", "macro", (("convert", _CONVERSION),),
                  "analog-to-digital converter", array.build_adc, _with_adc),
    ComponentKind("sense_amp", "macro", (("convert", _CONVERSION),),
                  "differential sense amplifier", array.build_sense_amp, _with_sense_amp),
    ComponentKind("shift_add", "macro", (("add", _CONVERSION),),
                  "accumulator of row steps and input planes", array.build_shift_add, _with_adc),
    ComponentKind("popcount_counter", "macro",
                  (("add", _CONVERSION), ("shift", "column and further input plane")),
                  "counter of agreeing cells", array.build_popcount_counter, _with_sense_amp),
    ComponentKind("row_counter", "macro", (("count", "step and row tile"),),
                  "counter of driven rows", array.build_row_counter),
    ComponentKind("adder_tree", "tile", (("add", "partial sum added across row tiles"),),
                  "sums row tiles", chip.build_adder_tree),
    ComponentKind("threshold_unit", "tile", (("compare", "output value"),),
                  "compares with the threshold the dropout bit selects", chip.build_threshold_unit),
    ComponentKind("scale_multiplier", "tile", (("multiply", "output value and scale"),),
                  "applies the scale unless it is dropped", chip.build_scale_multiplier, _with_multiplier),
    ComponentKind("threshold_sram", "tile", _BITS, "thresholds of every mask state",
                  chip.build_threshold_sram),
    ComponentKind("tile_buffer", "tile", _BITS, "activations of a tile", chip.build_tile_buffer),
    ComponentKind("tile_controller", "tile", (("issue", "command item"),),
                  "state machine of a tile", chip.build_tile_controller),
    ComponentKind("global_buffer", "chip", _BITS, "images and activations", chip.build_global_buffer),
    ComponentKind("link", "chip", (("transfer_bit", "bit"),), "bus between tiles", chip.build_link),
    ComponentKind("chip_controller", "chip", (("issue", "layer and pass"),),
                  "state machine of the chip", chip.build_chip_controller),
    ComponentKind("vector_unit", "chip", (("op", "real-valued operation"),),
                  "fixed-point lanes for what does not fold", chip.build_vector_unit),
    ComponentKind("digital_mac", "chip", (("mac_bit", "1-bit weight and input bit"),),
                  "digital first layer", chip.build_digital_mac, _with_digital_layer),
    ComponentKind("weight_memory", "chip", _BITS, "weights of a digital first layer",
                  chip.build_weight_memory, _with_digital_layer),
    ComponentKind(
        "averaging_unit", "chip",
        (("accumulate", "class value and pass"), ("weigh", "class value and run of distinct masks"),
         ("softmax", "class value and pass")),
        "softmax and mean over passes", chip.build_averaging_unit,
    ),
    ComponentKind("stochastic_unit", "chip",
                  (("draw", "random bit"), ("draw_fair", "bit of a choice or normal number")),
                  "source of random bits: junction or shift register", random.build_stochastic_unit),
    ComponentKind("trim_dac", "chip", (("set", "draw side by side"),), "level that sets p",
                  random.build_trim_dac, _with_junctions),
    ComponentKind("dropout_gate", "chip", (("gate", "row read and position"),),
                  "gate of a word line that may be dropped", random.build_dropout_gate),
    ComponentKind("gaussian_sampler", "chip", (("sample", "normal number"),),
                  "sums fair bits, scales the sum", random.build_gaussian_sampler),
    ComponentKind("arbiter", "chip", (("grant", "choice"),), "selects one of several instances",
                  random.build_arbiter),
)  # fmt: skip


def list_components() -> list[dict[str, str]]:
    """One row for each kind of component: ``component``, ``unit``, ``actions`` (and per what), ``what``."""
    return [
        {
            "component": kind.name,
            "unit": kind.unit,
            "actions": ", ".join(f"{action} (per {per})" for action, per in kind.actions),
            "what": kind.summary,
        }
        for kind in COMPONENTS
    ]
