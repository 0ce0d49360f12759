"""Every operation a workload may use: one class and one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cimsim.workload.graph import Node
from cimsim.workload.ops.activate import Hardtanh, Identity, Sign, Threshold
from cimsim.workload.ops.base import REAL, SIGN, Array, Attr, Content, Op, Param, Params, RealOp, Shape
from cimsim.workload.ops.join import Add, Concat
from cimsim.workload.ops.mac import Conv2d, Linear
from cimsim.workload.ops.normalize import Affine, BatchNorm, InstanceNorm, Scale
from cimsim.workload.ops.pool import AvgPool2d, MaxPool2d
from cimsim.workload.ops.reshape import Flatten, Upsample2d

__all__ = [
    "OPS",
    "REAL",
    "REAL_OPS",
    "SIGN",
    "Array",
    "Attr",
    "Content",
    "Op",
    "Param",
    "RealOp",
    "Shape",
    "evaluate",
]

REAL_OPS: Mapping[str, RealOp] = {
    "batchnorm": BatchNorm(),
    "scale": Scale(),
    "affine": Affine(),
    "instancenorm": InstanceNorm(),
    "sign": Sign(),
    "threshold": Threshold(),
    "hardtanh": Hardtanh(),
    "identity": Identity(),
    "maxpool2d": MaxPool2d(),
    "avgpool2d": AvgPool2d(),
    "add": Add(),
    "concat": Concat(),
    "upsample2d": Upsample2d(),
    "flatten": Flatten(),
}

OPS: Mapping[str, Op] = {"conv2d": Conv2d(), "linear": Linear(), **REAL_OPS}


def evaluate(node: Node, inputs: Sequence[Array], params: Params | None = None) -> Array:
    """Reference value of a non-MAC node, before dropout that zeroes its output.

    Parameters
    ----------
    node : any node whose op is in `REAL_OPS`
    inputs : (n, channels, ...) float64, one per input of the node
    params : instead of ``node.params``, for example with a gamma of ones where it is dropped;
        per channel (channels,), or per image and channel (n, channels)

    Returns
    -------
    (n, channels, ...) float64, in the operation order of the workload format, no fused multiply-add
    """
    return REAL_OPS[node.op].evaluate(node.params if params is None else params, node.attrs, inputs)
