"""How well a trained network does, in the arithmetic of the file it is written to."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from cimsim import rng
from cimsim.train.network import BinaryNetwork

__all__ = ["exact_copy", "mask_probabilities", "mean_of_passes"]

CHUNK = 500


def exact_copy(network: BinaryNetwork) -> BinaryNetwork:
    """The network as a workload file states it: exact integer sums, everything behind them in float64."""
    exact = copy.deepcopy(network).eval()
    for block in exact.chain:
        block.norm.double()
    return exact


def mask_probabilities(network: BinaryNetwork, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Class probabilities (n_masks, n, n_classes) of every mask in the order of ``all_passes``."""
    exact = exact_copy(network)
    chunks = [pixels[start : start + CHUNK] for start in range(0, len(pixels), CHUNK)]
    logits = torch.cat(
        [exact.all_passes(torch.tensor(chunk, dtype=torch.float32)) for chunk in chunks], dim=1
    )
    return np.asarray(torch.softmax(logits, dim=-1).numpy())


def mean_of_passes(
    probabilities: NDArray[np.float64], p: float, n_passes: int, seed: int
) -> NDArray[np.float64]:
    """Probabilities (n, n_classes) averaged over passes whose masks are drawn per image, pass and layer.

    Parameters
    ----------
    probabilities : (n_masks, n, n_classes), one mask bit per layer that drops with probability ``p``
    """
    n_masks, n, _ = probabilities.shape
    n_layers = n_masks.bit_length() - 1
    bits = rng.stream(seed, "evaluation-masks").random((n, n_passes, n_layers)) < p
    passes = bits @ (1 << np.arange(n_layers))
    weights = np.stack([np.count_nonzero(passes == mask, axis=1) for mask in range(n_masks)]) / n_passes
    # Differences from the first pass, so that equal passes average to themselves bit for bit.
    first = probabilities[passes[:, 0], np.arange(n)]
    return np.asarray(first + (weights[:, :, None] * (probabilities - first)).sum(axis=0))
