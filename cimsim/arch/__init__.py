"""The architecture file and the chip built from it."""

from __future__ import annotations

from cimsim.arch.build import build_chip
from cimsim.arch.loader import load_arch
from cimsim.arch.quantity import Draws, nominal
from cimsim.arch.registry import list_components
from cimsim.arch.schema import json_schema
from cimsim.arch.spec import ArchSpec

__all__ = ["ArchSpec", "Draws", "build_chip", "json_schema", "list_components", "load_arch", "nominal"]
