"""Images with labels, in the integer encoding of a network's input."""

from __future__ import annotations

from cimsim.data.catalog import list_datasets
from cimsim.data.dataset import Dataset, given_dataset, load_dataset, load_pixels

__all__ = ["Dataset", "given_dataset", "list_datasets", "load_dataset", "load_pixels"]
