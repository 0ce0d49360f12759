"""Constants of nature, SI (CODATA 2018; the first three are exact)."""

from __future__ import annotations

from math import pi
from typing import Final

__all__ = ["BOLTZMANN", "CHARGE", "GAMMA", "HBAR", "MU0"]

BOLTZMANN: Final = 1.380649e-23
"""J/K."""
CHARGE: Final = 1.602176634e-19
"""C, of an electron."""
HBAR: Final = 6.62607015e-34 / (2 * pi)
"""J s."""
MU0: Final = 1.25663706212e-6
"""T m/A."""
GAMMA: Final = 1.76085963023e11
"""rad/(s T), of an electron's spin."""
