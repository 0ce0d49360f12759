"""One hardware block per file: what it does, costs and occupies."""
