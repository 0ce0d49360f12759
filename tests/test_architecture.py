"""The house of the design: who may import whom, how long a file may be, which names quantities carry."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "cimsim"
FILES = sorted(PACKAGE.rglob("*.py"))
BASE = {"errors", "units", "rng", "_jit", "npz", "places", "recent", "data", "metrics"}
ROOMS = {
    "devices": set(),
    "circuits": {"devices"},
    "arch": {"devices", "circuits"},
    "workload": set(),
    "bayes": set(),
    "mapping": {"devices", "circuits", "arch", "workload"},
    "sim": {"devices", "circuits", "arch", "workload", "mapping", "bayes"},
    "reporting": {"devices", "circuits", "arch", "workload", "mapping", "sim", "bayes"},
    "compare": {"devices", "circuits", "arch", "workload", "mapping", "sim", "bayes", "reporting"},
    "characterize": {"devices", "circuits", "arch", "reporting"},
    "sweep": {"devices", "circuits", "arch", "workload", "mapping", "sim", "bayes", "reporting"},
    "validate": {"devices", "circuits", "arch", "workload", "mapping", "sim", "bayes", "reporting"},
    "cli": {
        "devices",
        "circuits",
        "arch",
        "workload",
        "mapping",
        "sim",
        "bayes",
        "reporting",
        "compare",
        "sweep",
        "characterize",
        "validate",
    },
    "train": {"workload"},
}
MAX_BODY_LINES = 40
SANCTIONED = {("sim/result.py", "reporting")}
DOORS = {"numba": "_jit.py", "llvmlite": "_jit.py", "torch": "train/", "matplotlib": "reporting/figures"}


def room(path):
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            if node.module == "cimsim":
                yield from (f"cimsim.{alias.name}" for alias in node.names)
            yield node.module


def test_there_is_something_to_check():
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_flow_one_way(path):
    here, relative = room(path), str(path.relative_to(PACKAGE))
    if here in {"__init__", "__main__"}:
        return
    allowed = BASE | {here} | ROOMS.get(here, set())
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "cimsim" and len(parts) > 1:
            is_allowed = parts[1] in allowed or (relative, parts[1]) in SANCTIONED
            assert is_allowed or parts[1].startswith("__"), module
        if parts[0] in DOORS:
            assert relative.startswith(DOORS[parts[0]]), f"{module} has one door: {DOORS[parts[0]]}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_readable(path):
    source = path.read_text()
    assert source.count("\n") <= 400, "one idea per file, at most 400 lines"
    if path.name == "__init__.py" and not source.strip():
        return
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "a module says what it is"
    names = [alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names]
    assert "*" not in names


def lines(function):
    """Of its body, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_function_is_longer_than_a_screen(path):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]
    assert {f.name: lines(f) for f in functions if lines(f) > MAX_BODY_LINES} == {}


def test_nothing_names_a_development_path():
    for path in FILES:
        assert "../shared" not in path.read_text(), path
