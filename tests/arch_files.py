"""The shipped architectures, and copies of them with a few lines changed."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "arch_configs"
STT = FOLDER / "stt_mram.yaml"
SOT = FOLDER / "sot_mram.yaml"
ONE = FOLDER / "stt_1t1mtj.yaml"
SHIPPED = (STT, SOT, ONE)
DEVICES = sorted((FOLDER / "devices").glob("*.yaml"))
DEVICE = FOLDER / "devices" / "smtj_pbnn_2025.yaml"

FLASH = (
    "tile.macro.adc={type: flash_adc, bits: 5, comparator_energy_j: 8.5e-15, encoder_energy_j: 2e-15, "
    "comparator_latency_s: 5e-10, encoder_latency_s: 1e-10, comparator_area_m2: 1e-11, leakage_w: 2e-7}"
)
"""An override that swaps the SAR ADC for a flash ADC."""

WALDEN = (
    "tile.macro.adc={type: walden_adc, bits: 5, rate_hz: 166e6, figure_of_merit_j: 5e-14, area_m2: 3.9e-10, "
    "leakage_w: 2e-7}"
)
"""An override that swaps it for a converter by its figure of merit."""

ROW_BY_ROW = (
    "tile.macro.adc=null",
    "tile.macro.shift_add=null",
    "tile.macro.rows_active=1",
    "tile.macro.reference_columns=0",
    "tile.macro.columns_per_readout=1",
    "tile.macro.sense_amp={decision_energy_j: 1e-14, latency_s: 5e-10, area_m2: 1e-11, leakage_w: 1e-8}",
    "tile.macro.popcount_counter={bits: 16, bit_energy_j: 2e-15, bit_area_m2: 1e-11, leakage_w: 7e-8, "
    "register_bit_energy_j: 9e-15, register_bit_area_m2: 6e-12, register_leakage_w: 4.6e-8}",
)
"""Overrides that swap it for sense amplifiers and counters."""


def changed(*changes, base=STT):
    """The text of a shipped file with each (old, new) replaced where it first stands."""
    text = base.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
