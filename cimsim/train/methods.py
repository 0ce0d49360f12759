"""The ways of making a network Bayesian that are compared: what is random, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["METHODS", "Method"]


@dataclass(frozen=True)
class Method:
    """One way, by the kind of dropout it has in the workload format.

    Attributes
    ----------
    kind : of dropout at every hidden layer; "" where nothing is random
    has_p : whether it drops with the probability p of the recipe
    n_members : instances of the weights, or members of the ensemble
    spread : of the initial or of the sampled values; what of, the norm or the layer says
    paper : whose method it is
    is_deep : whether its members are whole networks, trained one by one without dropout
    """

    kind: str
    has_p: bool = True
    n_members: int = 1
    spread: float = 0.0
    paper: str = ""
    is_deep: bool = False


METHODS: Mapping[str, Method] = {
    "deterministic": Method("", has_p=False),
    "scale": Method("scale", paper="Scale-Dropout, arXiv 2311.15816"),
    "element": Method("element", paper="SpinDrop, IEEE JETCAS 2023"),
    "spatial": Method("spatial", paper="Spatial-SpinDrop, arXiv 2306.10185"),
    "affine": Method("affine", paper="inverted normalisation with affine dropout, arXiv 2401.12416"),
    "gaussian_scale": Method(
        "gaussian_scale", has_p=False, spread=0.3, paper="sub-set variational inference, DATE 2023"
    ),
    "instances": Method("instances", has_p=False, n_members=4, spread=0.1, paper="SpinBayes, ACM TECS 2023"),
    "ensemble": Method("ensemble", has_p=False, n_members=4, paper="Tiny Deep Ensemble, arXiv 2405.05286"),
    "deep_ensemble": Method(
        "", has_p=False, n_members=4, is_deep=True, paper="Lakshminarayanan et al., NIPS 2017"
    ),
}
