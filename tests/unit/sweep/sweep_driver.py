"""Runs a sweep as a program of its own that can be killed; what it computes and what counts is written down.

``python sweep_driver.py SPEC.json OUT JOBS LOG [SCHEDULER]``: "computing KEY" is logged before a point
is computed, and "counts KEY" after it is journaled.
"""

import json
import signal
import sys
from pathlib import Path

import sweep_stub

from cimsim.sweep.journal import Journal
from cimsim.sweep.run import run_sweep

Evaluator = sweep_stub.Evaluator
outcome, record = Evaluator._outcome, Journal.record


def note(line):
    with open(sys.argv[4], "a") as log:
        log.write(f"{line}\n")


def outcome_noted(self, point):
    note(f"computing {point.key}")
    return outcome(self, point)


def record_noted(self, outcomes):
    record(self, outcomes)
    for each in outcomes:
        note(f"counts {each.key}")


Evaluator._outcome, Journal.record = outcome_noted, record_noted

if __name__ == "__main__":
    # A shell that runs the tests in the background has its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    spec = json.loads(Path(sys.argv[1]).read_text())
    scheduler = sys.argv[5] if len(sys.argv) > 5 else None
    finished = run_sweep(spec, out=sys.argv[2], jobs=int(sys.argv[3]), scheduler=scheduler, resume=True)
    print(finished.n_new, finished.n_done, finished.n_failed)
