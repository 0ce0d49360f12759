"""The numbers of ``summary.json``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cimsim.circuits.cost import Scalar
from cimsim.mapping.program import Program
from cimsim.mapping.randomness import random_bits
from cimsim.sim.calibration import calibration
from cimsim.sim.counts import ArrayUse
from cimsim.sim.inputs import ensemble_size
from cimsim.sim.ledger import STOCHASTIC, Ledger, calibration_energy_j, program_energy_j
from cimsim.sim.memory import network_bits
from cimsim.sim.ranges import Drawn, ranges
from cimsim.sim.tables import CONVERSIONS
from cimsim.sim.timing import Times

__all__ = ["cost_summary", "warnings_of"]

Ranged = tuple[str, float, Scalar]
"""A number under its name, and its draws."""


def cost_summary(
    program: Program,
    times: Times,
    ledger: Ledger,
    uses: Mapping[str, ArrayUse],
    drawn: Drawn,
    n_passes: int,
) -> dict[str, Any]:
    """Time, energy, area and counts of one image, all its passes; costs with their ranges."""
    resource, share = times.busiest(program)
    n_bits = ledger.count(("stochastic_unit", "draw"), ("stochastic_unit", "draw_fair"))
    *costs, program_j, calibration_j, per_j, nominal_per_j = ranges(
        [
            *_costs(times, ledger, drawn),
            *_once(program, drawn, is_trimmed=n_bits > 0),
            *_efficiency(program, ledger, uses, drawn, n_passes),
        ]
    )
    return {
        "latency_s": times.latency_s,
        "latency_p5_s": times.latency_p5_s,
        "latency_p95_s": times.latency_p95_s,
        "throughput_images_per_s": 1.0 / times.period_s,
        "limited_by": resource,
        "limited_by_busy": share,
        **{key: number for cost in costs for key, number in cost.items()},
        "energy_by_component": drawn.parts(),
        **program_j,
        **calibration_j,
        **_trimming(program, is_trimmed=n_bits > 0),
        "memory_bits": network_bits(program),
        "n_random_bits": n_bits,
        "n_stochastic_units": int(ledger.count(("stochastic_unit", "area"))),
        "n_conversions": ledger.count(*CONVERSIONS),
        **per_j,
        **nominal_per_j,
    }


def _costs(times: Times, ledger: Ledger, drawn: Drawn) -> list[Ranged]:
    """Energy, power, leakage and area."""
    energy_j, wait_s = ledger.energy_j, times.period_s - times.latency_s
    stream_j = energy_j + ledger.leakage_w * wait_s
    stream_draws_j = drawn.total_j + drawn.leakage_w * wait_s
    return [
        ("energy_j", energy_j, drawn.total_j),
        ("energy_stream_j", stream_j, stream_draws_j),
        ("energy_stochastic_j", ledger.energy_of_j(STOCHASTIC), drawn.energy_of_j(STOCHASTIC)),
        ("power_w", energy_j / times.latency_s, drawn.total_j / times.latency_s),
        ("leakage_power_w", ledger.leakage_w, drawn.leakage_w),
        ("area_m2", ledger.area_m2, drawn.area_of_m2(drawn.area_m2)),
        ("area_stochastic_m2", ledger.area_of_m2(STOCHASTIC), drawn.area_of_m2(STOCHASTIC)),
    ]


def _once(program: Program, drawn: Drawn, *, is_trimmed: bool) -> list[Ranged]:
    """What is spent before the first image: writing, and trimming where bits are drawn."""
    return [
        ("program_energy_j", float(program_energy_j(program)), program_energy_j(drawn.program)),
        (
            "calibration_energy_j",
            is_trimmed * float(calibration_energy_j(program)),
            is_trimmed * calibration_energy_j(drawn.program),
        ),
    ]


def _trimming(program: Program, *, is_trimmed: bool) -> dict[str, float]:
    trimming = calibration(program)
    return {
        "calibration_bits": trimming.bits if is_trimmed else 0,
        "calibration_s": trimming.time_s if is_trimmed else 0.0,
    }


def _efficiency(
    program: Program, ledger: Ledger, uses: Mapping[str, ArrayUse], drawn: Drawn, n_passes: int
) -> list[Ranged]:
    """1 MAC = 2 ops. `ops_per_j` counts what ran: driven cells, and input bits of a digital first layer."""
    cells = math.fsum(use.cell_reads for use in uses.values())
    executed = 2 * (cells + ledger.count(("digital_mac", "mac_bit")))
    nominal = 2 * n_passes * sum(program.graph.n_macs(node.name) for node in program.graph.mac_nodes)
    return [
        ("ops_per_j", executed / ledger.energy_j, executed / drawn.total_j),
        ("nominal_ops_per_j", nominal / ledger.energy_j, nominal / drawn.total_j),
    ]


def warnings_of(program: Program, times: Times, n_images: int, n_passes: int, schedule: str) -> Iterator[str]:
    """What a reader must know before believing the numbers."""
    chip, graph = program.chip, program.graph
    for layer, asked in chip.replicas.items():
        placement = program.placements[layer]
        if (placed := placement.replicas) < asked:
            why = f"the layer has {placed} output position" + "s" * (placed > 1)
            if placement.strategy == "digital":
                why = "the layer runs on digital lanes"
            yield f"chip.replicas.{layer} asks for {asked} copies, {placed} placed: {why}"
    if n_passes % (members := ensemble_size(graph)):
        yield f"T = {n_passes} is no multiple of the {members} members of the ensemble: they count unequally"
    if schedule != chip.mc_schedule:
        yield f"exact answers are costed as the schedule {schedule}, not chip.mc_schedule {chip.mc_schedule}"
    if not times.is_period_exact:
        yield "images of a stream do not follow at one distance: throughput is a mean over its middle"
    if times.n_exact not in (1, n_images):
        yield f"latency was played for {times.n_exact} of {n_images} images, others take the nearest one's"
    if schedule == "enumerate" and any(random_bits(graph, node) for node in graph.nodes):
        yield "enumerate draws no random bits: every mask is played once and weighted"
