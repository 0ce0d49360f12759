"""Sixteen-entry byte look-up, the instruction that the kernels live on.

``lookup(table, index)`` gives ``table[index]`` for indices 0 to 15 and 0 for 0x80, one byte per lane: PSHUFB
on x86 (16, 32 or 64 lanes), TBL on Arm, lane by lane elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cimsim._jit import host_features, host_machine, ir, llvm_call

__all__ = ["LOOKUPS", "Lookup", "host_lookup"]


@dataclass(frozen=True)
class Lookup:
    """One way to look up bytes.

    Attributes
    ----------
    lanes : bytes per vector
    feature : LLVM's name of the extension it needs
    function : LLVM intrinsic; empty for the loop over lanes
    """

    lanes: int
    feature: str
    function: str

    def emit(self, builder: Any, table: Any, index: Any) -> Any:
        """Instructions for one vector of ``lanes`` bytes; ``table`` repeats its 16 entries."""
        if not self.function:
            return _emit_lanes(builder, table, index, self.lanes)
        return llvm_call(builder, self.function, index.type, [table, index])


def _emit_lanes(builder: Any, table: Any, index: Any, lanes: int) -> Any:
    byte, word = ir.IntType(8), ir.IntType(32)
    result = ir.Constant(index.type, ir.Undefined)
    for lane in range(lanes):
        position = ir.Constant(word, lane)
        code = builder.extract_element(index, position)
        entry = builder.extract_element(table, builder.zext(builder.and_(code, byte(15)), word))
        value = builder.select(builder.icmp_signed("<", code, byte(0)), byte(0), entry)
        result = builder.insert_element(result, value, position)
    return result


LOOKUPS = {
    "avx512": Lookup(64, "avx512bw", "llvm.x86.avx512.pshuf.b.512"),
    "avx2": Lookup(32, "avx2", "llvm.x86.avx2.pshuf.b"),
    "ssse3": Lookup(16, "ssse3", "llvm.x86.ssse3.pshuf.b.128"),
    "neon": Lookup(16, "neon", "llvm.aarch64.neon.tbl1.v16i8"),
    "lanes": Lookup(16, "", ""),
}
"""Widest first; the last one runs anywhere."""


def host_lookup() -> Lookup:
    """The widest look-up that this host has."""
    features = host_features() | ({"neon"} if host_machine() in {"aarch64", "arm64"} else set())
    return next(way for way in LOOKUPS.values() if not way.feature or way.feature in features)
