"""The bar: nothing where nobody watches or a run is short, every stage where it is long."""

import io
import sys
import time

import pytest

from cimsim.cli.progress import _line, progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def open_terminal(monkeypatch):
    """Inside the test: pytest puts its own stream in place between fixtures and test."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    return screen


def test_a_short_run_shows_nothing(monkeypatch):
    terminal = open_terminal(monkeypatch)
    with progress_bar(60.0) as show:
        show("images", 3, 10)
    assert terminal.getvalue().strip() == ""


def test_a_long_run_shows_its_stages(monkeypatch):
    terminal = open_terminal(monkeypatch)
    with progress_bar(0.0) as show:
        show("images", 10, 10)
        show("time", 0, 1)
        deadline = time.monotonic() + 10.0
        while "time" not in terminal.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "images" in terminal.getvalue() and "100%" in terminal.getvalue()
    assert "time" in terminal.getvalue()


def test_an_error_passes_through(monkeypatch):
    open_terminal(monkeypatch)
    with pytest.raises(KeyError), progress_bar(60.0):
        raise KeyError("inside")


def test_without_a_terminal_there_is_nothing_to_call():
    with progress_bar() as show:
        assert show is None


def test_without_a_terminal_counted_things_are_told_in_lines(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    with progress_bar(rate_of="points", line_every_s=0.05) as show:
        show("points", 5, 100)
        time.sleep(0.01)
        show("points", 25, 100)
        deadline = time.monotonic() + 10.0
        while log.getvalue().count("\n") < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    lines = log.getvalue().splitlines()
    assert len(lines) >= 2 and all(line.startswith("points 25/100, ") for line in lines[1:])
    assert lines[-1].endswith(" left") and " points/s, " in lines[-1]


def test_a_short_run_without_a_terminal_says_nothing(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    with progress_bar(rate_of="points") as show:
        show("points", 1, 1)
    assert log.getvalue() == ""


def test_a_line_counts_only_what_is_new():
    assert _line("points", 1120, 2000, 120, 30.0) == "1,120/2,000, 4 points/s, 0:03:40 left"
    assert _line("points", 7, 20, 0, 61.0) == "7/20, none yet after 0:01:01"
