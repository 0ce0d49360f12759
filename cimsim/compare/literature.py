"""Published energies of Bayesian hardware for one image: another chip, another network, another boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PUBLISHED", "Published"]


@dataclass(frozen=True)
class Published:
    """A figure from outside.

    Attributes
    ----------
    name, platform : whose it is, and what it runs on
    energy_j : of one image
    grade : "read" where the source states it, "recalled" where only memory does
    source : where it stands; what it leaves open
    """

    name: str
    platform: str
    energy_j: float
    grade: str
    source: str


PUBLISHED: Sequence[Published] = (
    Published(
        "VIBNN",
        "FPGA",
        1 / 52_694.8,
        "read",
        "Cai et al. 2018, arXiv 1802.00822, abstract: 52,694.8 images/J on MNIST; passes, boundary not read",
    ),
    Published(
        "Malhotra et al.",
        "RRAM",
        9.30e-6,
        "recalled",
        "arXiv 1911.08555, as quoted by the papers of the SpinDrop family; not in its abstract",
    ),
    Published("SpinDrop (paper)", "spintronic", 2.00e-6, "recalled", "SpinDrop, IEEE JETCAS 2023"),
)
