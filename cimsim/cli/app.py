"""The group of commands, and what becomes of errors: one line and exit code 2, or our fault and 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

import cimsim
from cimsim.cli.check import check
from cimsim.cli.compare import compare
from cimsim.cli.device import device
from cimsim.cli.inspect import inspect
from cimsim.cli.listing import list_command
from cimsim.cli.run import run
from cimsim.cli.schema import schema
from cimsim.cli.sweep import sweep
from cimsim.cli.validate import validate
from cimsim.errors import CimsimError

__all__ = ["main"]

_EPILOG = """\b
Examples:
  cimsim run stt_mram lenet
  cimsim run my_chip.yaml my_net.npz --mc 50 --out reports/t50
  cimsim inspect lenet
  cimsim list archs

\b
Exit codes: 0 done, 2 the input cannot be used (one message says why),
1 our fault.
"""


_READER_LEFT = 141
"""As the shell reports a program that SIGPIPE ends: the reader of the output wanted no more of it."""


class _Front(click.Group):
    """Turns every error into one message and the right exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except CimsimError as error:
            _stop(str(error), 2)
        except click.UsageError as error:
            _stop_usage(error)
        except click.ClickException as error:
            _stop(error.format_message(), 2)
        except click.Abort:
            _stop("interrupted", 1)
        except Exception:
            _our_fault()
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; when the reader of its output leaves (``| head``), end without a word."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, SystemExit) as end:
            if not isinstance(end, BrokenPipeError) and not isinstance(end.__context__, BrokenPipeError):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_READER_LEFT)


def _stop_usage(error: click.UsageError) -> NoReturn:
    if error.ctx and type(error).__name__ == "NoArgsIsHelpError":
        click.echo(error.ctx.get_help(), err=True)
        sys.exit(2)
    see = f"; see '{error.ctx.command_path} --help'" if error.ctx else ""
    _stop(error.format_message().rstrip(".") + see, 2)


def _stop(message: str, code: int) -> NoReturn:
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
    click.echo(f"error: {line}", err=True)
    sys.exit(code)


def _our_fault() -> NoReturn:
    """Show where it broke: the one case in which a traceback is the message."""
    import traceback

    traceback.print_exc()
    click.echo(
        "error: this is a fault of cimsim, not of your files; please report it with the lines above", err=True
    )
    sys.exit(1)


@click.group(cls=_Front, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(cimsim.__version__, prog_name="cimsim")
def main() -> None:
    """Simulate a spintronic compute-in-memory chip that runs a Bayesian binary neural network.

    One run answers: with this chip and this network, what accuracy, uncertainty, latency, energy and area?
    """


for _command in (run, compare, sweep, device, validate, check, inspect, schema, list_command):
    main.add_command(_command)
