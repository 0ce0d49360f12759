"""Networks of different methods on the same chip: what each one answers, and what it costs."""

from __future__ import annotations

from cimsim.compare.run import Comparison, compare

__all__ = ["Comparison", "compare"]
