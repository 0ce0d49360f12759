"""The front of the command line: help, exit codes, one line for every error."""

import configparser
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import cimsim
from cimsim.cli import main
from cimsim.errors import WorkloadError

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def broken():
    """Commands that fail in the three ways there are."""

    @click.command()
    @click.argument("how")
    def fail(how):
        if how == "input":
            raise WorkloadError("net.npz: conv1", "must be\ngood", "\x1b[2J", "mend it")
        if how == "fault":
            raise ZeroDivisionError("secret state")
        raise KeyboardInterrupt

    main.add_command(fail, "fail")
    yield
    del main.commands["fail"]


def invoke(*args):
    return CliRunner().invoke(main, list(args))


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["run", "--help"], ["check", "-h"], ["inspect", "-h"],
                                  ["schema", "-h"], ["list", "-h"], ["validate", "-h"],
                                  ["sweep", "-h"]])  # fmt: skip
def test_every_help_shows_an_example_and_fits_80_columns(args):
    outcome = invoke(*args)
    assert outcome.exit_code == 0
    assert "Example" in outcome.stdout
    assert all(len(line) <= 80 for line in outcome.stdout.splitlines())


def test_bad_input_is_one_line_and_exit_code_2(broken):
    outcome = invoke("fail", "input")
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert outcome.stderr == "error: net.npz: conv1: must be\\ngood (got \\x1b[2J); mend it\n"


def test_our_fault_shows_where_and_is_exit_code_1(broken):
    outcome = invoke("fail", "fault")
    assert outcome.exit_code == 1
    lines = outcome.stderr.splitlines()
    assert lines[0].startswith("Traceback")
    assert "ZeroDivisionError: secret state" in lines
    assert lines[-1] == (
        "error: this is a fault of cimsim, not of your files; please report it with the lines above"
    )


def test_an_interrupt_leaves_no_traceback(broken):
    outcome = invoke("fail", "interrupt")
    assert (outcome.exit_code, outcome.stderr.strip()) == (1, "error: interrupted")


@pytest.mark.parametrize(
    ("args", "message", "command"),
    [
        (["fly"], "No such command 'fly'", "cimsim"),
        (["run", "stt_mram"], "Missing argument 'WORKLOAD'", "cimsim run"),
        (["run", "a", "b", "--images", "0"], "--images: must be an integer from 1 (got '0')", "cimsim run"),
        (["run", "a", "b", "--images", "1e3"],
         "--images: must be an integer from 1 (got '1e3')", "cimsim run"),
        (["run", "a", "b", "--seed=-1"], "--seed: must be an integer from 0 (got '-1')", "cimsim run"),
        (["list", "planets"],
         "cimsim list: must be archs, devices, workloads, sweeps, components, datasets or methods (got "
         "'planets')",
         "cimsim list"),
        (["list"], "Missing argument '{archs|devices|workloads|sweeps|components|datasets|methods}'",
         "cimsim list"),
        (["schema"], "Missing argument '{arch|device|sweep}'", "cimsim schema"),
        (["schema", "workload"], "cimsim schema: must be arch, device or sweep (got 'workload')",
         "cimsim schema"),
    ],
)  # fmt: skip
def test_usage_errors_are_one_line_that_points_to_the_help(args, message, command):
    outcome = CliRunner().invoke(main, args, prog_name="cimsim")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"error: {message}; see '{command} --help'\n"


def test_a_near_option_is_suggested():
    outcome = CliRunner().invoke(main, ["run", "a", "b", "--imags", "3"], prog_name="cimsim")
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("error: No such option") and "--images" in outcome.stderr
    assert outcome.stderr.endswith("see 'cimsim run --help'\n") and outcome.stderr.count("\n") == 1


def test_without_a_command_the_help_is_shown_as_it_is():
    outcome = CliRunner().invoke(main, [], prog_name="cimsim")
    help_page = CliRunner().invoke(main, ["--help"], prog_name="cimsim").stdout
    assert "error:" not in outcome.output
    assert outcome.output == help_page


@pytest.mark.parametrize("passes", ["some", "0", "-3", "1.5", "²", "9" * 5000])
def test_passes_are_a_number_or_exact(passes):
    outcome = CliRunner().invoke(main, ["run", "a", "b", f"--mc={passes}"], prog_name="cimsim")
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        f"error: --mc: must be a number of passes from 1, or 'exact' (got {passes!r}); "
        "see 'cimsim run --help'\n"
    )


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="needs pipes that break")
@pytest.mark.parametrize("command", [["list", "archs"], ["page"]])
def test_a_reader_that_leaves_ends_the_command_without_a_word(command):
    code = (
        "import click, sys; from cimsim.cli import main; from rich.console import Console\n"
        "page = click.Command('page', callback=lambda: Console().print('words'))\n"
        "main.add_command(page)\n"
        "main()"
    )
    reader, writer = os.pipe()
    os.close(reader)
    outcome = subprocess.run(
        [sys.executable, "-c", code, *command], stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    os.close(writer)
    assert (outcome.returncode, outcome.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--jobs", "2"), "--jobs: must be 1 in this version (got 2); leave it at 1"),
    ],
)  # fmt: skip
def test_options_that_cannot_work_yet_say_so(option, message):
    outcome = invoke("run", "stt_mram", "lenet", *option)
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (2, "", f"error: {message}\n")


def test_the_version_is_the_packages():
    assert invoke("--version").stdout == f"cimsim, version {cimsim.__version__}\n"
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["metadata"]["version"] in (cimsim.__version__, "attr: cimsim.__version__")


def test_help_imports_nothing_heavy():
    heavy = "'numpy', 'pandas', 'rich', 'numba', 'matplotlib', 'pydantic'"
    code = f"import sys, cimsim.cli; print([m for m in ({heavy}) if m in sys.modules])"
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert outcome.stdout == "[]\n"


def test_the_package_is_lazy_and_knows_its_names():
    code = "import sys, cimsim; print('cimsim.workload' in sys.modules, cimsim.load_workload.__name__)"
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert outcome.stdout == "False load_workload\n"
    assert set(cimsim.__all__) <= set(dir(cimsim))
    with pytest.raises(AttributeError, match=r"^module 'cimsim' has no attribute 'simulte'$"):
        _ = cimsim.simulte
