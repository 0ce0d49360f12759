"""The shipped architectures, and copies of them with a few lines changed."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "arch_configs"
STT = FOLDER / "stt_mram.yaml"
SOT = FOLDER / "sot_mram.yaml"
SHIPPED = (STT, SOT)
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


def changed(*changes, base=STT):
    """The text of a shipped file with each (old, new) replaced where it first stands."""
    text = base.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
