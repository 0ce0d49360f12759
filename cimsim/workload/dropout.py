"""What each kind of dropout needs, where it may sit, and what its stochastic unit draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cimsim.errors import WorkloadError, closest
from cimsim.workload import checks
from cimsim.workload.graph import Dropout, Node, WorkloadGraph
from cimsim.workload.ops import OPS, REAL, Content, Param

__all__ = [
    "DROPOUTS",
    "DropoutKind",
    "dropped_content",
    "n_draws",
    "n_members",
    "n_states",
    "parse_dropout",
    "redraw_readers",
    "stacked_params",
    "word_lines",
]


@dataclass(frozen=True)
class DropoutKind:
    """One kind of dropout.

    Attributes
    ----------
    ops : operations it may sit on
    has_p : whether it is a Bernoulli(p) drop
    is_elementwise : whether it zeroes single values or channels of the output (and may rescale the kept ones)
    n_bits : bits of a mask that is one number a layer, 0 where the mask is an array or the choice of a member
    params : arrays it adds to its node, one value per channel
    stacks : "weight" or "all" where those parameters have a leading member axis, else ""
    place : where it may sit, in words, if the operations alone do not say it
    """

    ops: tuple[str, ...]
    has_p: bool = True
    is_elementwise: bool = False
    n_bits: int = 0
    params: Mapping[str, Param] = field(default_factory=dict)
    stacks: str = ""
    place: str = ""


_ANY = tuple(OPS)
_WITH_PARAMS = tuple(name for name, op in OPS.items() if op.params)

DROPOUTS: Mapping[str, DropoutKind] = {
    "scale": DropoutKind(
        ("scale", "batchnorm"), n_bits=1, params={"dropped_alpha": Param(is_required=False)}
    ),
    "affine": DropoutKind(("affine", "batchnorm"), n_bits=2),
    "element": DropoutKind(_ANY, is_elementwise=True),
    "element_redraw": DropoutKind(
        _ANY, is_elementwise=True, place="a node of signs or input values that MACs alone read"
    ),
    "spatial": DropoutKind(_ANY, is_elementwise=True),
    "gaussian_scale": DropoutKind(("scale",), has_p=False, params={"alpha_std": Param(is_nonnegative=True)}),
    "instances": DropoutKind(("conv2d", "linear"), has_p=False, stacks="weight"),
    "ensemble": DropoutKind(_WITH_PARAMS, has_p=False, stacks="all"),
}


def parse_dropout(place: str, raw: Any, op: str) -> Dropout:
    """Check the ``dropout`` object of a node of operation ``op``; raises `WorkloadError` at ``place``."""
    found = checks.keys(place, raw, ("kind", "p", "rescale"), ("kind",))
    name = found["kind"]
    if not isinstance(name, str) or name not in DROPOUTS:
        raise WorkloadError(f"{place}: kind", "unknown kind", checks.show(name), closest(str(name), DROPOUTS))
    kind = DROPOUTS[name]
    if op not in kind.ops:
        raise WorkloadError(f"{place}: kind", f"{name!r} must sit on {' or '.join(kind.ops)}", op)
    if kind.has_p and "p" not in found:
        raise WorkloadError(place, "must have the key 'p'")
    for key, is_known in (("p", kind.has_p), ("rescale", kind.is_elementwise)):
        if key in found and not is_known:
            raise WorkloadError(place, f"kind {name!r} has no {key!r}", checks.show(found[key]), "remove it")
    p = checks.number(f"{place}: p", found["p"]) if kind.has_p else 0.0
    if not 0.0 <= p <= 1.0:
        raise WorkloadError(f"{place}: p", "must be a probability from 0 to 1", checks.show(found["p"]))
    rescale = checks.boolean(f"{place}: rescale", found.get("rescale", False))
    if rescale and p == 1.0:
        raise WorkloadError(
            f"{place}: rescale", "must not be used with p = 1: nothing is kept to divide by 1 - p"
        )
    return Dropout(name, p, rescale, divisor=1.0 - p if rescale else 1.0)


def stacked_params(dropout: Dropout | None, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of those parameters that have a leading member axis."""
    stacks = DROPOUTS[dropout.kind].stacks if dropout is not None else ""
    return tuple(params) if stacks == "all" else tuple(key for key in params if key == stacks)


def dropped_content(place: str, content: Content, dropout: Dropout | None, input_offset: float) -> Content:
    """What a tensor holds behind its dropout; zeroed inputs need an encoding in which 0 stands for 0."""
    if dropout is None or not DROPOUTS[dropout.kind].is_elementwise:
        return content
    if dropout.kind == "element_redraw" and content.kind == "real":
        raise WorkloadError(
            place, "'element_redraw' acts on word lines: it must sit on a node that gives signs"
        )
    if content.kind == "real" or (content.kind == "input" and input_offset != 0.0):
        return REAL
    return Content(content.kind, content.divisor * dropout.divisor)


def n_members(node: Node) -> int:
    """Length of the leading axis of "instances" and "ensemble", else 1."""
    stacked = stacked_params(node.dropout, node.params)
    return int(node.params[stacked[0]].shape[0]) if stacked else 1


def n_states(node: Node) -> int | None:
    """How many values the node's mask can take when it is one number a layer, else None.

    2 for "scale" (1: dropped), 4 for "affine" (bit 0: gamma, bit 1: beta), the members of "instances" and
    "ensemble"; None for masks with a bit per value, for Gaussian draws and without dropout.
    """
    if node.dropout is None:
        return None
    kind = DROPOUTS[node.dropout.kind]
    if kind.stacks:
        return n_members(node)
    return 2**kind.n_bits if kind.n_bits else None


def n_draws(graph: WorkloadGraph, name: str) -> int:
    """Random draws of a node for one image and pass: bits, normal numbers or a choice of a member.

    "element_redraw" draws a bit per word line and MVM of every MAC node that reads the tensor, padded
    taps included.
    """
    node = graph.node(name)
    if node.dropout is None or node.dropout.kind == "ensemble":
        return 0
    kind = DROPOUTS[node.dropout.kind]
    shape = graph.shapes[name]
    if kind.n_bits:
        return kind.n_bits
    if node.dropout.kind == "element":
        return math.prod(shape)
    if node.dropout.kind == "element_redraw":
        readers = redraw_readers(graph, name)
        return sum(word_lines(graph, reader) * math.prod(graph.shapes[reader.name][1:]) for reader in readers)
    return 1 if kind.stacks else shape[0]


def redraw_readers(graph: WorkloadGraph, name: str) -> tuple[Node, ...]:
    """Nodes that read a tensor, directly or through a flatten or an identity without dropout."""
    readers: list[Node] = []
    for node in graph.consumers(name):
        is_view = node.op in ("flatten", "identity") and node.dropout is None and node.name != graph.output
        readers.extend(redraw_readers(graph, node.name) if is_view else (node,))
    return tuple(readers)


def word_lines(graph: WorkloadGraph, node: Node) -> int:
    """Of one MVM of a MAC node, all groups together."""
    taps = math.prod(node.params["weight"].shape[-2:]) if node.op == "conv2d" else 1
    return graph.shapes[node.inputs[0]][0] * taps
