"""Leaves the chip out of sweeps: a point is a formula. Imported by the driver, preloaded into Dask workers.

A point with 7 bits and 7 rows fails, one with ``seed`` 13 ends its process.
"""

import os
import time

from cimsim.errors import InputError
from cimsim.sweep.evaluate import Evaluator

POINT_S = 0.01


def summary(self, settings):
    bits, rows = settings["tile.macro.adc.bits"], settings["tile.macro.rows_active"]
    time.sleep(POINT_S)
    if settings.get("seed") == 13:
        os.kill(os.getpid(), 9)
    if bits == 7 and rows == 7:
        raise InputError("chip", "seven by seven")
    return {"energy_j": bits / 3 + rows / 7, "accuracy": 1 - bits / rows / 9, "parts": {"a": 0.1 * bits}}


Evaluator.summary = summary
