"""The bar: nothing where nobody watches or a run is short, every stage where it is long."""

import io
import sys
import time

import pytest

from cimsim.cli.progress import progress_bar


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
