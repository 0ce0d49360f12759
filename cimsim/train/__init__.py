"""Training of binary networks with Scale Dropout (needs torch)."""
