"""Training of binary networks with Scale Dropout: ``python -m cimsim.train RECIPE``. Needs torch."""
