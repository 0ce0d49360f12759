"""From spec to the errors of the arrays."""

from __future__ import annotations

from math import expm1, hypot, log, log1p

from cimsim.arch.parts_cell import cell_currents
from cimsim.arch.parts_device import build_junction
from cimsim.arch.quantity import Quantity, nominal
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_array import CellRram, CellSram, JunctionCell
from cimsim.arch.spec_errors import RramErrors, WireSpec
from cimsim.circuits.array_model import ArrayModel, Converter, Sense
from cimsim.circuits.cell_physics import SHARE_LOST, CellPhysics
from cimsim.circuits.cell_signals import CellSignals, Faults, JunctionSignals, ResistorSignals
from cimsim.circuits.cost import Scalar
from cimsim.circuits.drift import Drift
from cimsim.circuits.ladder import Ladder

__all__ = ["build_array_model"]


def build_array_model(spec: ArchSpec, cells: CellPhysics | None) -> ArrayModel:
    """Errors of the arrays at nominal values of their deviations."""
    macro = spec.tile.macro
    errors = macro.subarray.cell.errors
    return ArrayModel(
        signals=_signals(spec),
        read_out=_read_out(spec),
        faults=Faults(
            _or_zero(errors.stuck_parallel),
            _or_zero(errors.stuck_antiparallel),
            _flipped(errors.age_s, cells),
        ),
        read_noise=_or_zero(errors.read_noise),
        read_voltage_v=macro.read_voltage_v,
        n_branches=macro.subarray.cell.n_branches,
        wires=_wires(macro.subarray.wires, macro.subarray.rows) if _has_current(spec) else None,
    )


def _signals(spec: ArchSpec) -> CellSignals:
    macro = spec.tile.macro
    cell = macro.subarray.cell
    cv = _or_zero(cell.errors.signal_cv)
    if isinstance(cell, CellSram):
        return ResistorSignals(1.0, 0.0, cv)
    if isinstance(cell, CellRram):
        return _resistors(cell, *cell_currents(spec))
    assert isinstance(cell, JunctionCell)
    spread = cell.device.spread
    return JunctionSignals(
        junction=build_junction(cell.device.junction, nominal(cell.access_resistance_ohm)),
        read_voltage_v=macro.read_voltage_v,
        temperature_k=spec.technology.temperature_k,
        resistance_cv=spread.resistance_cv.value,
        tmr_cv=spread.tmr_cv.value,
        access_cv=_or_zero(cell.errors.access_cv),
    )


def _resistors(cell: CellRram, low_a: Scalar, high_a: Scalar) -> ResistorSignals:
    """``low_a`` is the current through the low resistance."""
    errors, access_ohm = cell.errors, nominal(cell.access_resistance_ohm)
    both_ohm = [nominal(ohm) for ohm in (cell.resistance_low_ohm, cell.resistance_high_ohm)]
    cv, access_cv = _or_zero(errors.signal_cv), _or_zero(errors.access_cv)
    low_cv, high_cv = (_in_series(cv, ohm, access_cv, access_ohm) for ohm in both_ohm)
    shares = [access_ohm / (ohm + access_ohm) for ohm in both_ohm]
    return ResistorSignals(float(low_a), float(high_a), low_cv, high_cv, _drift(errors, shares[0], shares[1]))


def _drift(errors: RramErrors, low_share: float, high_share: float) -> Drift | None:
    """None until drift begins; shares are those of the access transistor."""
    drift = errors.drift
    if drift is None or errors.age_s <= drift.start_s:
        return None
    return Drift(
        log(errors.age_s / drift.start_s),
        (drift.exponent_low.value, drift.exponent_high.value),
        (_or_zero(drift.deviation_low), _or_zero(drift.deviation_high)),
        (low_share, high_share),
    )


def _read_out(spec: ArchSpec) -> Converter | Sense:
    macro = spec.tile.macro
    if macro.adc is None:
        assert macro.sense_amp is not None
        sense = macro.sense_amp.errors
        return Sense(_or_zero(sense.offset_a), _or_zero(sense.noise_a))
    errors = macro.adc.errors
    return Converter(
        bits=macro.adc.bits,
        full_scale=errors.full_scale or macro.rows_active,
        is_centred=errors.full_scale is not None,
        is_calibrated=errors.references == "calibrated",
        offset_steps=_or_zero(errors.offset_steps),
        gain_cv=_or_zero(errors.gain_cv),
        inl_steps=_or_zero(errors.inl_steps),
        noise_steps=_or_zero(errors.noise_steps),
    )


def _flipped(age_s: float, cells: CellPhysics | None) -> float:
    """Share of junctions in the wrong state: writes that failed, and states lost since."""
    if cells is None:
        return 0.0
    failed, kept_s = cells.write_error() or 0.0, cells.retention_s()
    # A cell is lost by any of its junctions; each tends to either state in the end.
    log_kept = 2.0 / cells.n_junctions * log1p(-SHARE_LOST)
    lost = 0.0 if kept_s is None else -0.5 * expm1(log_kept * age_s / kept_s)
    return failed + lost - 2.0 * failed * lost


def _has_current(spec: ArchSpec) -> bool:
    return not isinstance(spec.tile.macro.subarray.cell, CellSram)


def _in_series(cv: float, ohm: Scalar, access_cv: float, access_ohm: Scalar) -> float:
    """Relative deviation of the current through two resistances, to first order."""
    return float(hypot(cv * float(ohm), access_cv * float(access_ohm)) / (float(ohm) + float(access_ohm)))


def _wires(wires: WireSpec | None, n_rows: int) -> Ladder | None:
    if wires is None:
        return None
    segment_ohm = wires.segment_ohm.value
    return Ladder(
        n_rows, segment_ohm, segment_ohm, _or_zero(wires.driver_ohm), _or_zero(wires.sense_ohm),
        wires.sensed_at == "driver",
    )  # fmt: skip


def _or_zero(quantity: Quantity | None) -> float:
    return 0.0 if quantity is None else quantity.value
