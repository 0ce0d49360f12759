"""ArchSpec: the architecture file as nested frozen models. Order: chip > tile > macro > subarray > cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PrivateAttr, ValidationInfo, model_validator

from cimsim.arch.memory_model import FILLED, filled
from cimsim.arch.quantity import (
    Area,
    Energy,
    Leakage,
    LineCapacitance,
    Quantity,
    RuleBroken,
)
from cimsim.arch.scale import scale_factor
from cimsim.arch.spec_array import MacroSpec, WordBlock
from cimsim.arch.spec_base import Spec, Temperature, Volts
from cimsim.arch.spec_random import (
    ArbiterSpec,
    GateSpec,
    LfsrUnit,
    SamplerSpec,
    SmtjUnit,
    TrimDacSpec,
    WrittenUnit,
)
from cimsim.arch.tree import Origin
from cimsim.units import short

__all__ = ["ArchSpec", "ControllerSpec", "SramSpec"]

Lanes = Annotated[int, Field(ge=1, le=65536)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class TechnologySpec(Spec):
    """What all blocks share. Energies and areas whose source says its node are brought to ``node_m``."""

    name: Name
    node_m: float | None = Field(default=None, gt=0)
    supply_v: Volts
    temperature_k: Temperature = 300.0
    wire_capacitance_f_per_m: LineCapacitance


class LanesBlock(WordBlock):
    """``lanes`` copies of integer hardware, one operation each per clock."""

    lanes: Lanes


def _optional_with_a_model(schema: dict[str, Any]) -> None:
    schema["required"] = [name for name in schema["required"] if name not in FILLED]


class SramSpec(Spec):
    """A memory; energies per bit moved, area and leakage per bit held, or ``memory_model`` in their place."""

    model_config = ConfigDict(json_schema_extra=_optional_with_a_model)

    size_bits: int = Field(ge=1, le=2**33)
    memory_model: Literal["mnsim_sram"] | None = None
    port_bits: int = Field(default=64, ge=1, le=4096)
    """What the model takes for the width of a row."""
    read_bit_energy_j: Energy
    write_bit_energy_j: Energy
    bit_area_m2: Area
    bit_leakage_w: Leakage

    @model_validator(mode="before")
    @classmethod
    def _from_its_model(cls, data: Any) -> Any:
        return filled(data) if isinstance(data, dict) else data


class BufferSpec(SramSpec):
    """A memory with a port of ``bits_per_clock``."""

    bits_per_clock: Lanes


class ControllerSpec(Spec):
    """A state machine that issues commands."""

    issue_energy_j: Energy
    area_m2: Area
    leakage_w: Leakage


class LinkSpec(Spec):
    """The bus between tiles, buffer and chip units."""

    bits_per_clock: Lanes
    length_m: float = Field(gt=0, le=0.1)
    activity_factor: float = Field(default=0.5, gt=0, le=1)
    router_bit_energy_j: Energy
    area_m2: Area
    leakage_w: Leakage


class VectorSpec(Spec):
    """Fixed-point lanes, one real-valued operation each per clock."""

    lanes: Lanes
    op_energy_j: Energy
    lane_area_m2: Area
    leakage_w: Leakage


class DigitalMacSpec(Spec):
    """The digital first layer: ``lanes`` products of a 1-bit weight and an input bit per clock."""

    lanes: Annotated[int, Field(ge=1, le=2**24)]
    mac_bit_energy_j: Energy
    lane_area_m2: Area
    leakage_w: Leakage


class AveragingSpec(Spec):
    """Softmax of a pass and the mean over passes, ``lanes`` class values per clock."""

    lanes: Lanes
    accumulate_energy_j: Energy
    weigh_energy_j: Energy
    softmax_energy_j: Energy
    lane_area_m2: Area
    leakage_w: Leakage


class MultiplierSpec(Spec):
    """Multiplies and adds in front of the threshold, one for each lane of the threshold unit."""

    multiply_energy_j: Energy
    lane_area_m2: Area
    leakage_w: Leakage


class TileSpec(Spec):
    """Macros with their adders, thresholds, buffer and controller."""

    macros: int = Field(ge=1, le=1024)
    adder_tree: LanesBlock
    scale_select: Literal["thresholds", "multiplier"] = "thresholds"
    threshold_unit: LanesBlock
    scale_multiplier: MultiplierSpec | None = None
    threshold_sram: SramSpec
    buffer: BufferSpec
    controller: ControllerSpec
    macro: MacroSpec

    @model_validator(mode="after")
    def _consistent(self) -> TileSpec:
        if self.scale_select == "multiplier" and self.scale_multiplier is None:
            raise RuleBroken("", "must have scale_multiplier where scale_select is multiplier")
        return self


class ChipSpec(Spec):
    """Tiles with what they share, and how the chip is used."""

    tiles: int | Literal["auto"] = Field(default="auto", description="'auto' or an integer from 1 to 65536")
    clock_hz: float = Field(ge=1e6, le=1e10)
    mc_schedule: Literal["sequential", "pipelined", "prefix_reuse", "enumerate"] = "sequential"
    first_layer: Literal["bit_serial", "digital"] = "bit_serial"
    conv_mapping: Literal["unrolled", "kernel_split"] = "unrolled"
    replicas: dict[str, Annotated[int, Field(ge=1, le=65536)]] = Field(default_factory=dict)
    global_buffer: SramSpec
    link: LinkSpec
    controller: ControllerSpec
    vector_unit: VectorSpec
    digital_mac: DigitalMacSpec | None = None
    weight_memory: SramSpec | None = None
    averaging_unit: AveragingSpec
    random_source: Literal["mtj", "smtj", "lfsr"] = "mtj"
    stochastic_unit: WrittenUnit
    smtj_unit: SmtjUnit | None = None
    lfsr_unit: LfsrUnit | None = None
    trim_dac: TrimDacSpec
    dropout_gate: GateSpec
    gaussian_sampler: SamplerSpec
    arbiter: ArbiterSpec

    @property
    def random_unit(self) -> WrittenUnit | SmtjUnit | LfsrUnit:
        """The source of random bits that is built."""
        unit = self.random_units[self.random_source]
        assert unit is not None, "checked when the file was read"
        return unit

    @property
    def random_units(self) -> Mapping[str, WrittenUnit | SmtjUnit | LfsrUnit | None]:
        """Every source that ``random_source`` can name; None where the file does not describe it."""
        return {"mtj": self.stochastic_unit, "smtj": self.smtj_unit, "lfsr": self.lfsr_unit}

    @model_validator(mode="after")
    def _consistent(self) -> ChipSpec:
        if isinstance(self.tiles, int) and not 1 <= self.tiles <= 65536:
            raise RuleBroken("tiles", "must be 'auto' or an integer from 1 to 65536", str(self.tiles))
        for name in ("digital_mac", "weight_memory"):
            if self.first_layer == "digital" and getattr(self, name) is None:
                raise RuleBroken("", f"must have {name} where first_layer is digital")
        if self.random_units[self.random_source] is None:
            source = self.random_source
            raise RuleBroken("", f"must have {source}_unit where random_source is {source}")
        return self


class ArchSpec(Spec):
    """An architecture file. Every quantity in it knows its path."""

    name: Name
    description: str = Field(default="", max_length=2000)
    technology: TechnologySpec
    chip: ChipSpec
    tile: TileSpec
    _source: str = PrivateAttr(default="<memory>")
    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)
    _overrides: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> ArchSpec:
        """The context, if any: models that hold new quantities, which have no path yet."""
        supply_v = self.technology.supply_v
        reads = [("tile.macro.read_voltage_v", self.tile.macro.read_voltage_v)]
        if (bit := self.chip.stochastic_unit.device.random_bit) is not None:
            reads.append(("chip.stochastic_unit.device.random_bit.read.amplitude_v", bit.read.amplitude_v))
        if self.chip.smtj_unit is not None:
            reads.append(("chip.smtj_unit.read.amplitude_v", self.chip.smtj_unit.read.amplitude_v))
        for path, voltage in reads:
            if voltage > supply_v:
                raise RuleBroken(
                    path, f"must be at most technology.supply_v, {short(supply_v)}", short(voltage)
                )
        models = ("",) if info.context is None else info.context
        for path, quantity in self._quantities_in(models):
            if info.context is None or not quantity.path:
                quantity.placed(path, scale_factor(path, quantity, self.technology.node_m, supply_v))
        return self

    def _quantities_in(self, paths: Iterable[str]) -> Iterator[tuple[str, Quantity]]:
        """Those of the models at some paths, "" for all."""
        for path in paths:
            model, start = (attrgetter(path)(self), f"{path}.") if path else (self, "")
            yield from ((start + inner, quantity) for inner, quantity in model.quantities.items())

    @property
    def source(self) -> str:
        """The file it was read from, or ``<memory>``."""
        return self._source

    @property
    def overrides(self) -> tuple[str, ...]:
        """The ``path=value`` texts that were applied to the file, in order."""
        return self._overrides

    def read_from(self, source: str, overrides: Sequence[str], origins: Mapping[str, Origin]) -> None:
        """Told once by the loader; ``origins`` says by path where each value was written."""
        self._source, self._overrides, self._origins = source, tuple(overrides), dict(origins)

    def place(self, path: str) -> str:
        """For messages: the line or the ``--set`` of a value, or the mapping that leaves it out."""
        known = path
        while known and known not in self._origins:
            known = known.rpartition(".")[0]
        return self._origins[known].place(path) if known else f"{self.source}: {path}"
