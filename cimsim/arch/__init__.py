"""The architecture file and the chip built from it."""
