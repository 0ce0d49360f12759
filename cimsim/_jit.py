"""The one door to Numba and LLVM.

Compiled functions live at module level, take C-contiguous arrays and are cached on disk: beside the source,
else in the user's cache, else in a private folder for temporary files, else not at all. ``CIMSIM_JIT=0``
turns the compiler off: `njit` returns the function itself, as silent about overflow as compiled code is;
`intrinsic` returns the plain twin.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

__all__ = [
    "JIT",
    "fused",
    "host_features",
    "host_machine",
    "intrinsic",
    "ir",
    "llvm_call",
    "njit",
    "parallel",
    "prange",
    "private_folder",
    "types",
]

JIT = os.environ.get("CIMSIM_JIT", "1") != "0"

Function = TypeVar("Function", bound=Callable[..., Any])

if JIT:
    import llvmlite.binding as llvm
    import llvmlite.ir as llvm_ir
    import numba
    from numba.extending import intrinsic as _numba_intrinsic

ir: Any = llvm_ir if JIT else None
"""LLVM's instruction builder, for the emitters of intrinsics; None when the compiler is off."""
types: Any = numba.types if JIT else None
"""Numba's types, for their signatures; None when the compiler is off."""
prange: Any = numba.prange if JIT else range
"""The range of a loop whose turns may run side by side, in a `parallel` function."""


def njit(function: Function) -> Function:
    """Compile on first call: no Python objects, no GIL, strict IEEE arithmetic, cached on disk."""
    return _compiled(function) if JIT else _plain(function)


def fused(function: Function) -> Function:
    """`njit` for the pieces of one loop that allocates nothing: merged into the caller, no reference counts.

    Between functions that take arrays, counting references cost the event engine more than its events.
    """
    return _compiled(function, forceinline=True, _nrt=False) if JIT else _plain(function)


def parallel(function: Function) -> Function:
    """`njit` whose `prange` loops run on all cores; turns may not share what they write."""
    return _compiled(function, parallel=True) if JIT else _plain(function)


def _plain(function: Function) -> Function:
    """NumPy's scalars warn where integers wrap around and floats overflow; compiled ones do not."""

    @wraps(function)
    def silent(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return cast(Function, silent)


def _compiled(function: Function, **options: Any) -> Function:
    """Where Numba finds no place for its cache (package and home read-only), give it one, or do without."""
    options = {"nogil": True, "error_model": "numpy", **options}
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError:
        folder = private_folder()
    if folder is not None:
        config: Any = numba.config
        config.CACHE_DIR = str(folder)
    return cast(Function, numba.njit(cache=folder is not None, **options)(function))


def private_folder() -> Path | None:
    """A folder for temporary files that nobody else can write to: what is cached there is run as code.

    None where there is none, or where it belongs to somebody else.
    """
    if not hasattr(os, "getuid"):
        return None
    try:
        folder = Path(tempfile.gettempdir()) / f"cimsim-numba-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return folder if is_ours and not found.st_mode & 0o077 else None


def intrinsic(twin: Function) -> Callable[[Callable[..., Any]], Function]:
    """Decorate a code generator ``(typing_context, *argument_types) -> (signature, emit)``.

    Parameters
    ----------
    twin : plain function with the same arguments and results, used when the compiler is off
    """

    def choose(generator: Callable[..., Any]) -> Function:
        if not JIT:
            return twin
        return cast(Function, _numba_intrinsic(generator))

    return choose


def llvm_call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """Call an LLVM function by name inside an emitter, declaring it where it is new."""
    function = builder.module.globals.get(name)
    if function is None:
        signature = ir.FunctionType(result, [argument.type for argument in arguments])
        function = ir.Function(builder.module, signature, name)
    return builder.call(function, arguments)


def host_features() -> frozenset[str]:
    """Names of the instruction-set extensions that LLVM sees here (``avx2``, ``avx512bw``, ...)."""
    if not JIT:
        return frozenset()
    return frozenset(name for name, present in llvm.get_host_cpu_features().items() if present)


def host_machine() -> str:
    """Architecture that the compiler targets, first word of LLVM's triple (``x86_64``, ``aarch64``)."""
    return str(llvm.get_process_triple()).split("-")[0] if JIT else ""
