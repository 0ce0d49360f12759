"""What can be built below the tile: cells, subarrays, read-out, macros."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from cimsim.arch.quantity import (
    Area,
    Capacitance,
    Current,
    Energy,
    FixedArea,
    FixedEnergy,
    Leakage,
    Quantity,
    Ratio,
    Resistance,
    RuleBroken,
    Time,
)
from cimsim.arch.spec_base import PulseTime, Spec, Volts
from cimsim.arch.spec_device import DeviceSpec, ThresholdSpec
from cimsim.arch.spec_errors import AdcErrors, CellErrors, RramErrors, SenseErrors, WireSpec
from cimsim.units import short

__all__ = [
    "AccumulatorBlock",
    "CellRram",
    "CellSram",
    "FlashAdc",
    "JunctionCell",
    "MacroSpec",
    "SarAdc",
    "WaldenAdc",
    "WordBlock",
]

WordBits = Annotated[int, Field(ge=1, le=64)]


class CellWrite(Spec):
    """The write pulse of one junction."""

    current_a: Current
    width_s: PulseTime
    supply_v: Volts
    max_pulses: int = Field(default=1, ge=1, le=100)


class CellBase(Spec):
    """A cell: a gate on each of its word lines, a terminal on the bit line for each of its branches."""

    n_branches: ClassVar[int] = 2
    """Two compute XNOR, on a word line for inputs of +1 and one for -1; one computes AND, on one line."""

    area_m2: FixedArea
    gate_capacitance_f: Capacitance
    drain_capacitance_f: Capacitance
    errors: CellErrors = CellErrors()

    def _unfelt(self) -> dict[str, str]:
        """Errors that such a cell does not have, and the cure."""
        return {}

    @model_validator(mode="after")
    def _errors_are_felt(self) -> CellBase:
        for name, cure in self._unfelt().items():
            found = getattr(self.errors, name)
            value = found.value if isinstance(found, Quantity) else found
            if value:
                raise RuleBroken(f"errors.{name}", "must be left out with this cell", short(value), cure)
        return self


class ResistiveCell(CellBase):
    """A transistor and a resistance a branch; two are in opposite states, written one after the other."""

    access_resistance_ohm: Resistance
    write: CellWrite


class JunctionCell(ResistiveCell):
    """The resistances are magnetic tunnel junctions."""

    device: DeviceSpec

    def _unfelt(self) -> dict[str, str]:
        found = {"signal_cv": "junctions spread by device.spread"}
        if isinstance(self.device.switching, ThresholdSpec):
            found["age_s"] = f"{self.device.name} tells no barrier that it forgets by"
        return found


class SpinTransferCell(JunctionCell):
    """The junctions are written by the current through them (STT)."""

    @model_validator(mode="after")
    def _through_the_junction(self) -> SpinTransferCell:
        if self.device.is_sot:
            raise RuleBroken("device", "must be written by spin transfer", self.device.name)
        return self


class Cell2t2m(SpinTransferCell):
    """XNOR cell of two junctions in opposite states."""

    type: Literal["cell_2t2m"]


class Cell1t1m(SpinTransferCell):
    """AND cell of one junction, parallel where the weight is +1: rows at +1 are summed, then rows at -1."""

    n_branches: ClassVar[int] = 1
    type: Literal["cell_1t1m"]


class CellSot2t2m(JunctionCell):
    """XNOR cell written through a spin-orbit track, so that the junctions may be resistive."""

    type: Literal["sot_2t2m"]

    @model_validator(mode="after")
    def _along_the_track(self) -> CellSot2t2m:
        switching = self.device.switching
        if not isinstance(switching, ThresholdSpec):
            raise RuleBroken("device", "must be written along a track", self.device.name)
        needed_v = self.write.current_a.value * switching.track_resistance_ohm.value
        if needed_v > self.write.supply_v:
            rule = f"must cover current times track resistance, {needed_v:.3g} V"
            raise RuleBroken("write.supply_v", rule, short(self.write.supply_v))
        return self


class CellRram(ResistiveCell):
    """XNOR cell of resistive memories, for comparison: the low resistance counts as parallel."""

    type: Literal["rram_2t2r"]
    resistance_low_ohm: Resistance
    resistance_high_ohm: Resistance
    errors: RramErrors = RramErrors()

    def _unfelt(self) -> dict[str, str]:
        return {"age_s": "or give errors.drift, by which it ages"} if self.errors.drift is None else {}


class CellSram(CellBase):
    """XNOR cell of an SRAM bit and a capacitor, for comparison: it shares charge instead of current."""

    type: Literal["sram_8t1c"]
    capacitance_f: Capacitance
    write_energy_j: Energy
    leakage_w: Leakage

    def _unfelt(self) -> dict[str, str]:
        return {"access_cv": "capacitors spread by signal_cv", "age_s": "a bit of SRAM does not age"}


Cell = Annotated[Cell2t2m | Cell1t1m | CellSot2t2m | CellRram | CellSram, Field(discriminator="type")]


class WordlineSpec(Spec):
    """Word-line drivers; areas and leakage are per word line, one a row for each branch of its cells."""

    voltage_v: Volts
    driver_resistance_ohm: Resistance
    decoder_latency_s: Time
    decoder_fraction: Ratio
    driver_area_m2: Area
    driver_leakage_w: Leakage


class ColumnMuxSpec(Spec):
    """The switch from a column to its read-out, per column.

    Its energy is stated, or follows from the gates of one switch and the wire across the columns that share.
    """

    energy_j: Energy | None = None
    gate_capacitance_f: Capacitance | None = None
    area_m2: Area
    leakage_w: Leakage

    @model_validator(mode="after")
    def _one_energy(self) -> ColumnMuxSpec:
        if (self.energy_j is None) == (self.gate_capacitance_f is None):
            raise RuleBroken("", "must have either energy_j or gate_capacitance_f")
        return self


class SubarraySpec(Spec):
    """Cells and the drivers of their word lines: the smallest unit that multiplies."""

    rows: int = Field(ge=1, le=4096)
    columns: int = Field(ge=1, le=4096)
    cell: Cell
    wires: WireSpec | None = None
    wordline: WordlineSpec
    column_mux: ColumnMuxSpec


class SarAdc(Spec):
    """Successive-approximation converter: E = bits * bit_energy_j + 2**bits * step_energy_j, area alike.

    Noise sets its comparator and its capacitors, and no source tells its logic apart from them: neither
    energy follows the node.
    """

    type: Literal["sar_adc"]
    bits: int = Field(ge=1, le=12)
    bit_energy_j: FixedEnergy
    step_energy_j: FixedEnergy
    bit_latency_s: Time
    bit_area_m2: Area
    step_area_m2: FixedArea
    leakage_w: Leakage
    errors: AdcErrors = AdcErrors()


class FlashAdc(Spec):
    """Flash converter: 2**bits - 1 comparators and an encoder."""

    type: Literal["flash_adc"]
    bits: int = Field(ge=1, le=8)
    comparator_energy_j: Energy
    encoder_energy_j: Energy
    comparator_latency_s: Time
    encoder_latency_s: Time
    comparator_area_m2: Area
    leakage_w: Leakage
    errors: AdcErrors = AdcErrors()


class WaldenAdc(Spec):
    """A converter by its figure of merit in a survey: E = 2**(bits - lost_bits) * figure_of_merit_j.

    Noise sets the figure, so it does not follow the node. ``lost_bits`` lie between ``bits`` and what the
    signal-to-noise ratio leaves of them.
    """

    type: Literal["walden_adc"]
    bits: int = Field(ge=1, le=12)
    lost_bits: float = Field(default=0.0, ge=0, le=4)
    rate_hz: float = Field(gt=0, le=2e9)
    figure_of_merit_j: FixedEnergy
    area_m2: Area
    leakage_w: Leakage
    errors: AdcErrors = AdcErrors()


Adc = Annotated[SarAdc | FlashAdc | WaldenAdc, Field(discriminator="type")]


class SenseAmp(Spec):
    """A differential latch: one bit a decision, one row at a time."""

    decision_energy_j: Energy
    latency_s: Time
    area_m2: Area
    leakage_w: Leakage
    errors: SenseErrors = SenseErrors()


class WordBlock(Spec):
    """Integer hardware of ``bits`` bits, energy and area per bit, leakage of the whole block."""

    bits: WordBits
    bit_energy_j: Energy
    bit_area_m2: Area
    leakage_w: Leakage


class AccumulatorBlock(WordBlock):
    """Integer hardware of a read-out, and the registers that keep the sum of every column meanwhile.

    Register energy is per bit written, ``register_leakage_w`` of one register.
    """

    register_bit_energy_j: Energy
    register_bit_area_m2: Area
    register_leakage_w: Leakage


class RowCounterSpec(Spec):
    """Counts the rows driven in a step, and adds the counts of steps and planes up."""

    full_adder_energy_j: Energy
    full_adder_area_m2: Area
    leakage_w: Leakage


class MacroSpec(Spec):
    """Subarrays that share read-out and accumulation."""

    subarrays: int = Field(ge=1, le=64)
    rows_active: int = Field(ge=1, le=4096)
    columns_per_readout: int = Field(ge=1, le=4096)
    biases_unselected_columns: bool = False
    reference_columns: int = Field(default=0, ge=0, le=64)
    """Of a subarray, beside ``columns``: antiparallel and parallel ones in turn, on the same word lines."""
    read_voltage_v: Volts
    read_time_s: PulseTime
    read_favours: Literal["parallel", "antiparallel"] = "parallel"
    regulator_efficiency: float | None = Field(default=None, gt=0, le=1)
    """Of the read voltage; left out, a linear regulator: the read current is drawn at the supply."""
    adc: Adc | None = None
    sense_amp: SenseAmp | None = None
    shift_add: AccumulatorBlock | None = None
    popcount_counter: AccumulatorBlock | None = None
    row_counter: RowCounterSpec
    subarray: SubarraySpec

    @property
    def accumulator(self) -> AccumulatorBlock:
        """What keeps the sums of the columns: `shift_add` behind an ADC, else `popcount_counter`."""
        block = self.shift_add if self.adc is not None else self.popcount_counter
        assert block is not None
        return block

    @property
    def lossless_bits(self) -> int:
        """Bits that tell all sums of ``rows_active`` cells apart."""
        return math.ceil(math.log2(self.rows_active + 1))

    @model_validator(mode="after")
    def _fits_the_subarray(self) -> MacroSpec:
        rows, columns = self.subarray.rows, self.subarray.columns
        if self.rows_active > rows:
            raise RuleBroken("rows_active", f"must be at most subarray.rows, {rows}", str(self.rows_active))
        if self.columns_per_readout > columns:
            rule = f"must be at most subarray.columns, {columns}"
            raise RuleBroken("columns_per_readout", rule, str(self.columns_per_readout))
        return self

    @model_validator(mode="after")
    def _one_readout(self) -> MacroSpec:
        if (self.adc is None) == (self.sense_amp is None):
            found = "neither" if self.adc is None else "both"
            raise RuleBroken("", "must have one read-out, adc or sense_amp", found)
        readout, needed, other = (
            ("adc", "shift_add", "popcount_counter")
            if self.adc is not None
            else ("sense_amp", "popcount_counter", "shift_add")
        )
        if getattr(self, needed) is None:
            raise RuleBroken("", f"must have {needed} behind {readout}")
        if getattr(self, other) is not None:
            raise RuleBroken(other, f"must be left out with {readout}")
        if self.sense_amp is not None and self.rows_active != 1:
            rule = "must be 1 with sense_amp, which reads one row at a time"
            raise RuleBroken("rows_active", rule, str(self.rows_active))
        if self.sense_amp is not None and self.reference_columns:
            rule = "must be 0 with sense_amp, which compares branches, or one with a reference of its own"
            raise RuleBroken("reference_columns", rule, str(self.reference_columns))
        return self

    @model_validator(mode="after")
    def _offset_of_a_current(self) -> MacroSpec:
        if isinstance(self.subarray.cell, CellSram) and self.sense_amp is not None:
            errors = self.sense_amp.errors
            if errors.offset_a is not None or errors.noise_a is not None:
                raise RuleBroken("sense_amp.errors", "must be left out where cells share charge")
        return self

    @model_validator(mode="after")
    def _counts_fit(self) -> MacroSpec:
        """A column's sum over all rows fits behind its read-out."""
        needed = math.ceil(math.log2(self.subarray.rows + 1))
        for name in ("shift_add", "popcount_counter"):
            block: AccumulatorBlock | None = getattr(self, name)
            if block is not None and block.bits < needed:
                rule = f"must be at least {needed} to count {self.subarray.rows} rows"
                raise RuleBroken(f"{name}.bits", rule, str(block.bits))
        return self
