"""ArchSpec -> Chip: geometry, clocking and the components with their costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cimsim.arch.spec import ArchSpec
from cimsim.circuits.array_model import ArrayModel
from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.circuits.cell_physics import CellPhysics
from cimsim.circuits.cost import Component
from cimsim.circuits.trimming import TrimmedSource

__all__ = ["SUMS_PER_COLUMN", "Chip", "Geometry", "Timing"]

SUMS_PER_COLUMN = 2
"""Running sums that a column keeps: one grows while the one before it is read."""


@dataclass(frozen=True)
class Geometry:
    """Counts that the mapper needs. Order: chip > tile > macro > subarray > cell."""

    n_rows: int
    """Cells down one subarray."""
    n_columns: int
    rows_active: int
    """Rows summed at once; 1 for sense-amplifier read-out."""
    subarrays_per_macro: int
    macros_per_tile: int
    n_tiles: int | None
    """The budget; None sizes the chip to the network."""
    columns_per_readout: int
    """Columns multiplexed onto one ADC or sense amplifier."""
    readouts_per_macro: int
    readout: str
    """"adc" or "sense_amp"."""
    biases_unselected_columns: bool
    reference_columns: int
    """Of a subarray, beside its ``n_columns``; they conduct in each read of a step."""
    n_branches: int
    """Of a cell, each on a word line of its own: two compute XNOR, one AND."""

    @property
    def n_phases(self) -> int:
        """Reads of a row step: AND cells are summed in rows at +1, then in rows at -1; row by row, once."""
        return 2 if self.n_branches == 1 and self.readout == "adc" else 1


@dataclass(frozen=True)
class Timing:
    """How long each resource is held, in seconds, and how wide the digital parts are."""

    clock_s: float
    wordline_s: float
    """Decoding and rise of a word line, once per row step; bit lines settle within the read."""
    read_s: float
    """Current flows this long for each conversion of a column."""
    convert_s: float
    """One ADC conversion or one sense-amplifier decision."""
    draw_s: float
    """One random bit of one stochastic unit."""
    threshold_lanes: int
    """Channels compared per clock in one tile."""
    adder_lanes: int
    """Partial sums added per clock in one tile."""
    vector_lanes: int
    """Real-valued operations per clock."""
    averaging_lanes: int
    link_bits_per_clock: int
    buffer_bits_per_clock: int
    digital_lanes: int
    """1-bit x input-bit products per clock of a digital first layer; 0 where the chip has none."""


@dataclass(frozen=True, eq=False)
class Chip:
    """A chip ready to be mapped onto.

    ``components`` by name; see `cimsim.arch.registry` for the table of names, units and actions.
    """

    spec: ArchSpec
    geometry: Geometry
    timing: Timing
    components: Mapping[str, Component]
    mc_schedule: str
    first_layer: str
    """"bit_serial" on the array, or "digital"."""
    conv_mapping: str
    """"unrolled" (kernel in one column) or "kernel_split" (K x K crossbars of C_in x C_out)."""
    replicas: Mapping[str, int]
    """Copies per layer name; layers not named get 1."""
    bit_source: BitSource = IDEAL
    """What the source of random bits makes of a probability."""
    cells: CellPhysics | None = None
    """What the junctions of the cells suffer."""
    arrays: ArrayModel | None = None
    """Errors of the sums; None where nobody says."""
    trimmed: TrimmedSource | None = None
    """How the source comes by its probabilities; None where it has them to the digit."""
    level_per: str = "bank"
    """Junctions that draw side by side share a level ("bank") or have one each ("module")."""

    def probability(self, p: float) -> float:
        """What a chip without spread makes of a probability that is asked of its source of random bits."""
        if self.trimmed is None or p in (0.0, 1.0):
            return self.bit_source.probability(p)
        return self.trimmed.nominal(p)

    def n_levels(self, n_modules: int) -> int:
        """Converters that set p for a bank of so many modules; none for bits of CMOS."""
        if "trim_dac" not in self.components:
            return 0
        return 1 if self.level_per == "bank" else n_modules
