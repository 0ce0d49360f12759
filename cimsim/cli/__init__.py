"""The command line: parse, call, print. Every command imports what it needs when it runs."""

from cimsim.cli.app import main

__all__ = ["main"]
