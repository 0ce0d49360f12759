"""The tables of a run: one row per layer, one row per component, layer and action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cimsim.mapping.program import Program
from cimsim.sim.ledger import Ledger, Row
from cimsim.sim.margins import Margin
from cimsim.sim.ranges import Drawn, ranged
from cimsim.sim.sum_errors import SumError
from cimsim.sim.timing import Times
from cimsim.workload.describe import shape_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONVERSIONS", "component_table", "layer_table"]

CONVERSIONS = (("adc", "convert"), ("sense_amp", "convert"))
"""The two ways to read a column."""


def component_table(ledger: Ledger, drawn: Drawn) -> pd.DataFrame:
    """(component, layer, action, count, energy_j, energy_low_j, energy_high_j, busy_s, area_m2)."""
    import pandas as pd

    table: pd.DataFrame = pd.DataFrame(ledger.rows, columns=Row._fields)
    after = Row._fields.index("energy_j") + 1
    for name, end_j in zip(("energy_high_j", "energy_low_j"), drawn.range_j[::-1], strict=True):
        table.insert(after, name, end_j)
    return table


def layer_table(
    program: Program, times: Times, ledger: Ledger, drawn: Drawn, images_until_lost: Mapping[str, float]
) -> pd.DataFrame:
    """One row per node that costs anything, between the load of the input and the averaging of the output.

    The last row, ``chip``, is what belongs to no layer: leakage. ``latency_s`` is the time from the first to
    the last service of the layer for one image, all its passes; layers overlap.
    """
    import pandas as pd

    rows = [
        _row(program, times, ledger, drawn, layer)
        for layer in dict.fromkeys(c.layer for c in program.commands)
    ]
    rows.append(
        {
            "layer": "chip",
            "op": "leakage",
            **ranged("energy_j", ledger.layer_energy_j(""), drawn.layer_energy_j("")),
            "latency_s": times.latency_s,
        }
    )
    table: pd.DataFrame = pd.DataFrame(rows)
    integers = ["macs", "weights", "subarrays", "n_thresholds"]
    floats = ["utilization", "n_mvm", "n_conversions", "busy_s"]
    absent = {"output_shape": "", "folded": "", **dict.fromkeys([*integers, *floats], 0)}
    table = table.fillna(absent).astype(dict.fromkeys(integers, int))
    table["images_until_disturbed"] = table["layer"].map(dict(images_until_lost)).astype(float)
    return table


def _row(program: Program, times: Times, ledger: Ledger, drawn: Drawn, layer: str) -> dict[str, Any]:
    graph, placement, fold = program.graph, program.placements.get(layer), program.folds.get(layer)
    nodes = {node.name: node for node in graph.nodes}
    op = nodes[layer].op if layer in nodes else {"input": "load", "output": "average"}[layer]
    shape = graph.shapes[graph.output if layer == "output" else layer]
    n_mvm = 0.0
    if placement is not None and placement.n_macros:
        n_mvm = placement.n_positions * placement.n_planes * times.n_plays[f"{layer}.mvm"]
    return {
        "layer": layer,
        "op": op,
        "output_shape": shape_text(shape),
        "macs": graph.n_macs(layer) if placement is not None else 0,
        "weights": graph.n_weights(layer) if placement is not None else 0,
        "subarrays": 0 if placement is None else placement.n_subarrays,
        "utilization": 0.0 if placement is None else placement.cell_utilization,
        "n_mvm": n_mvm,
        "n_conversions": ledger.count(*CONVERSIONS, layer=layer),
        **ranged("energy_j", ledger.layer_energy_j(layer), drawn.layer_energy_j(layer)),
        "latency_s": times.span_s.get(layer, 0.0),
        "busy_s": sum(times.busy_s[command.name] for command in program.commands_of(layer)),
        "folded": "" if fold is None else "+".join(fold.chain),
        "n_thresholds": 0 if fold is None else fold.thresholds.size,
    }


def with_margins(
    table: pd.DataFrame, margins: Mapping[str, Margin], errors: Mapping[str, SumError]
) -> pd.DataFrame:
    """Layers with what their sums are worth: NaN for those without arrays, errors 0 where sums are exact."""
    columns = {
        "margin_sigma": {name: margin.sigma for name, margin in margins.items()},
        "decision_errors": {name: margin.decision_errors for name, margin in margins.items()},
        "wrong_sums": {name: errors[name].wrong if name in errors else 0.0 for name in margins},
        "sum_error_rms": {name: errors[name].rms if name in errors else 0.0 for name in margins},
    }
    found: pd.DataFrame = table.assign(
        **{name: table["layer"].map(values).astype(float) for name, values in columns.items()}
    )
    return found
