"""Finding the level for a probability: counting ones, and what comes of it on other days and other chips."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.dropout_unit import Condition, SetDac
from cimsim.devices.junction import NOMINAL, Spread, Unit

__all__ = ["N_TRIALS_MORE", "Source", "TrimmedSource", "trim"]

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

Seen = Callable[[Codes], Array]

N_TRIALS_MORE = 2
"""Levels counted after the bisection: the two that enclose p, to take the nearer one."""

_MOST_MODULES = 128
"""Junctions of a bank whose mean stands for the bank."""


class Source(Hashable, Protocol):
    """What makes bits with the probability of a code."""

    @property
    def dac(self) -> SetDac: ...

    def probability(self, code: Codes, condition: Condition, unit: Unit = NOMINAL) -> Array: ...


@dataclass(frozen=True)
class TrimmedSource:
    """A source on a chip: trimmed under one condition, used under another.

    Attributes
    ----------
    source, spread : the unit, and how units differ
    gain_spread : relative deviation of a chip's levels from those asked for
    trimmed, used : temperature, error of the level and ageing when the levels were found, and now
    n_bits : counted at each step of the bisection; 0: levels are those of the nominal unit
    stuck : the unit never fires, always fires, or works
    level_per : junctions that draw side by side share a level ("bank") or have one each ("module")
    """

    source: Source
    spread: Spread
    gain_spread: float
    trimmed: Condition
    used: Condition
    n_bits: int = 0
    stuck: Literal["no", "never", "always"] = "no"
    level_per: str = "bank"

    @property
    def bits_per_level(self) -> int:
        """Bits that are counted to trim a level for one p."""
        return self.n_bits * (self.source.dac.bits + N_TRIALS_MORE)

    def nominal(self, p: float) -> float:
        """What a chip without spread makes of p: the nearest level when trimmed, its probability in use."""
        if self.stuck != "no":
            return float(self.stuck == "always")
        return _nominal(self.source, p, self._known, self.used)

    def chips(self, targets: list[float], n_modules: list[int], n: int, seed: np.random.Generator) -> Array:
        """(n, n_targets) probabilities of ``n`` chips out of the spread.

        Parameters
        ----------
        targets : probabilities asked for
        n_modules : junctions that serve each: a bank is asked for one p, shared units serve all that have as
            many

        Targets with one and the same number of modules are served by the same junctions.
        """
        found = np.empty((n, len(targets)))
        gain = self.gain_spread * seed.standard_normal(n)
        for size in dict.fromkeys(n_modules):
            served = [k for k, of in enumerate(n_modules) if of == size]
            units = self.spread.draw(seed, n * min(size, _MOST_MODULES))
            found[:, served] = self._of_modules(units, gain, [targets[k] for k in served], seed)
        return found if self.stuck == "no" else np.full_like(found, float(self.stuck == "always"))

    def _of_modules(self, units: Unit, gain: Array, targets: list[float], seed: np.random.Generator) -> Array:
        """(n_chips, n_targets) of one group of junctions; a bank gives the mean of its junctions."""
        n_chips = len(gain)
        n_each = np.size(units.delta) // n_chips
        column = Unit(*(np.reshape(x, (n_chips * n_each, 1)) for x in vars(units).values()))
        gains = np.repeat(gain, n_each)[:, None]
        is_bank = self.level_per == "bank"

        def seen(on: Condition, code: Codes) -> Array:
            """p of each level: of the bank that shares it, or of the one junction that has it."""
            of_unit = np.repeat(code, n_each, axis=0) if is_bank else code
            error = (1.0 + gains) * (1.0 + on.level_error) - 1.0
            found = self.source.probability(of_unit, replace(on, level_error=error), column)
            return found.reshape(n_chips, n_each, -1).mean(axis=1) if is_bank else found

        n_levels = n_chips if is_bank else n_chips * n_each
        codes = self._codes(partial(seen, self.trimmed), n_levels, targets, seed)
        given = seen(self.used, codes).reshape(n_chips, -1, len(targets))
        return np.asarray(given.mean(axis=1))

    def _codes(self, seen: Seen, n: int, targets: list[float], seed: np.random.Generator) -> Codes:
        """(n, n_targets): found by counting, or those of the nominal unit."""
        dac = self.source.dac
        if self.n_bits:
            return trim(seen, (n, dac.bits), np.asarray(targets), self.n_bits, seed)
        nominal = self.source.probability(dac.codes, self._known)
        codes = [int(np.argmin(np.abs(nominal - p))) for p in targets]
        return np.broadcast_to(np.array(codes), (n, len(targets)))

    @property
    def _known(self) -> Condition:
        """What a level is chosen for: counting sees everything, a table of the nominal unit just the heat."""
        return self.trimmed if self.n_bits else Condition(self.trimmed.temperature_k)


@lru_cache(maxsize=1024)
def _nominal(source: Source, p: float, known: Condition, used: Condition) -> float:
    """Chips of a sweep share it: see `TrimmedSource.nominal`."""
    codes = source.dac.codes
    code = codes[np.argmin(np.abs(source.probability(codes, known) - p))]
    return float(source.probability(code, used))


def trim(seen: Seen, shape: tuple[int, int], targets: Array, n_bits: int, seed: np.random.Generator) -> Codes:
    """Codes that a loop finds which counts ones: bisection, then the nearer of the two levels around p.

    Parameters
    ----------
    seen : gives the probabilities (n, n_targets) of codes (n, n_targets), which rise with the code
    shape : levels to trim, and bits of a code
    targets : (n_targets,)
    n_bits : drawn and counted at every trial

    Returns
    -------
    int64 (n, n_targets)
    """
    n, bits = shape

    def counted(code: Codes) -> Array:
        return np.asarray(seed.binomial(n_bits, np.clip(seen(code), 0.0, 1.0)) / n_bits)

    code = np.zeros((n, len(targets)), np.int64)
    for bit in reversed(range(bits)):
        trial = code | (1 << bit)
        code = np.where(counted(trial) <= targets, trial, code)
    above = np.minimum(code + 1, (1 << bits) - 1)
    is_nearer = np.abs(counted(above) - targets) < np.abs(counted(code) - targets)
    return np.where(is_nearer, above, code)
