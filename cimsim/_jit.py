"""The one door to Numba and LLVM.

Compiled functions live at module level, take C-contiguous arrays and are cached on disk. ``CIMSIM_JIT=0``
turns the compiler off: `njit` returns the function as it is, `intrinsic` returns the plain twin.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

__all__ = ["JIT", "fused", "host_features", "host_machine", "intrinsic", "ir", "llvm_call", "njit", "types"]

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


def njit(function: Function) -> Function:
    """Compile on first call: no Python objects, no GIL, strict IEEE arithmetic, cached beside the source."""
    if not JIT:
        return function
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def fused(function: Function) -> Function:
    """`njit` for the pieces of one loop that allocates nothing: merged into the caller, no reference counts.

    Between functions that take arrays, counting references cost the event engine more than its events.
    """
    if not JIT:
        return function
    lean: dict[str, Any] = {"forceinline": True, "_nrt": False}
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy", **lean)(function))


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
