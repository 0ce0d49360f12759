"""Arrays in, arrays out: binary convolutions and products on packed bits."""

from cimsim.sim.kernels.conv import conv_bits, conv_sums
from cimsim.sim.kernels.gemm import gemm
from cimsim.sim.kernels.pack import pack_planes, pack_signs, unpack_signs
from cimsim.sim.kernels.planes import plane_conv_bits, plane_conv_sums
from cimsim.sim.kernels.pool import pool_signs
from cimsim.sim.kernels.weights import PackedWeights, prepare_weights

__all__ = [
    "PackedWeights",
    "conv_bits",
    "conv_sums",
    "gemm",
    "pack_planes",
    "pack_signs",
    "plane_conv_bits",
    "plane_conv_sums",
    "pool_signs",
    "prepare_weights",
    "unpack_signs",
]
