"""How well a trained network does, in the arithmetic of the file it is written to."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from cimsim import rng
from cimsim.train.network import BinaryNetwork
from cimsim.train.norm import State

__all__ = ["answers", "exact_copy", "mask_probabilities", "mean_of_passes"]

CHUNK = 500
MAX_MASKS = 256

Probabilities = NDArray[np.float64]


def answers(
    network: BinaryNetwork, pixels: NDArray[np.uint8], passes: Sequence[int], seed: int
) -> dict[str, Probabilities]:
    """Class probabilities (n, n_classes) by way of passing: nothing dropped, and means over T passes.

    Masks are drawn per image, pass and layer; where they are one number a layer and too many to play all of
    them, `CHUNK` images share one. Where nothing is random there is one way.
    """
    states = [block.chance.probabilities for block in network.chain]
    n_masks = math.prod(map(len, states))
    if 0 < n_masks <= MAX_MASKS:
        masks = mask_probabilities(network, pixels)
        found = {"deterministic": masks[0]}
        if len(masks) > 1:
            found |= {f"T={n}": mean_of_passes(masks, states, n, seed) for n in passes}
        return found
    sampled = _sampled(network, pixels, max(passes), seed)
    return {"deterministic": sampled[0], **{f"T={n}": sampled[1 : n + 1].mean(axis=0) for n in passes}}


def exact_copy(network: BinaryNetwork) -> BinaryNetwork:
    """The network as a workload file states it: exact integer sums, everything behind them in float64."""
    exact = copy.deepcopy(network).eval()
    for block in exact.chain:
        block.norm.double()
    return exact


def mask_probabilities(network: BinaryNetwork, pixels: NDArray[np.uint8]) -> Probabilities:
    """Class probabilities (n_masks, n, n_classes) of every mask in the order of ``all_passes``."""
    exact = exact_copy(network)
    logits = torch.cat([exact.all_passes(chunk) for chunk in _chunks(pixels)], dim=1)
    return np.asarray(torch.softmax(logits, dim=-1).numpy())


def mean_of_passes(
    probabilities: Probabilities, states: Sequence[Sequence[float]], n_passes: int, seed: int
) -> Probabilities:
    """Probabilities (n, n_classes) averaged over passes whose masks are drawn per image, pass and layer.

    Parameters
    ----------
    probabilities : (n_masks, n, n_classes), the first layer's state changing fastest
    states : of each layer, the probabilities of its states; fewer masks than combinations of states are the
        members of an ensemble, which take turns
    """
    n_masks, n, _ = probabilities.shape
    layers = [np.asarray(layer) for layer in states if len(layer) > 1]
    if n_masks == np.prod([len(layer) for layer in layers]):
        numbers = rng.stream(seed, "evaluation-masks").random((n, n_passes, len(layers)))
        passes = _state_indices(layers, numbers)
    else:
        passes = np.broadcast_to(np.arange(n_passes) % n_masks, (n, n_passes))
    weights = np.stack([np.count_nonzero(passes == mask, axis=1) for mask in range(n_masks)]) / n_passes
    # Differences from the first pass, so that equal passes average to themselves bit for bit.
    first = probabilities[passes[:, 0], np.arange(n)]
    return np.asarray(first + (weights[:, :, None] * (probabilities - first)).sum(axis=0))


def _state_indices(layers: Sequence[NDArray[np.float64]], numbers: Probabilities) -> NDArray[np.int64]:
    """Mask of each image and pass; low uniform numbers (n, n_passes, n_layers) give last states."""
    index, stride = np.zeros(numbers.shape[:2], dtype=np.int64), 1
    for layer, drawn in zip(layers, np.moveaxis(numbers, 2, 0), strict=True):
        last = len(layer) - 1
        index += stride * (last - np.searchsorted(np.cumsum(layer[:0:-1]), drawn, side="right"))
        stride *= len(layer)
    return index


@torch.no_grad()
def _sampled(network: BinaryNetwork, pixels: NDArray[np.uint8], n_passes: int, seed: int) -> Probabilities:
    """Class probabilities (1 + n_passes, n, n_classes): of nothing dropped, then of passes."""
    exact, generator = exact_copy(network), rng.stream(seed, "evaluation-masks")
    found = []
    for chunk in _chunks(pixels):
        first = exact.values(0, chunk)
        undrawn: list[State] = [None] * len(exact.chain)
        drawn = [exact.draw(generator, len(chunk), step) for step in range(n_passes)]
        found.append(torch.stack([exact.finish(first, states) for states in (undrawn, *drawn)]))
    return np.asarray(torch.softmax(torch.cat(found, dim=1), dim=-1).numpy())


def _chunks(pixels: NDArray[np.uint8]) -> Iterator[torch.Tensor]:
    for start in range(0, len(pixels), CHUNK):
        yield torch.tensor(pixels[start : start + CHUNK], dtype=torch.float32)
