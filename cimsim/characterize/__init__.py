"""A device and the dropout unit made of it, as tables and pictures to choose an operating point from."""

from __future__ import annotations

from cimsim.characterize.run import Characterization, characterize

__all__ = ["Characterization", "characterize"]
