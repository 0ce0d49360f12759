"""Build the network of a recipe and train it, reproducibly on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cimsim import rng
from cimsim.train.blocks import BlockMaker
from cimsim.train.methods import METHODS
from cimsim.train.network import BinaryNetwork
from cimsim.train.recipes import Recipe
from cimsim.train.sources import Images

__all__ = ["build_network", "fit", "reproducible"]

PIXEL_SCALE = 1 / 255


@contextmanager
def reproducible() -> Iterator[None]:
    """One thread and deterministic algorithms, so that the same seed gives the same bytes."""
    memory: Any = torch.utils.deterministic
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    fills = memory.fill_uninitialized_memory
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    memory.fill_uninitialized_memory = False  # nothing here reads it, and filling takes a sixth of the time
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
        memory.fill_uninitialized_memory = fills


def build_network(
    recipe: Recipe, method: str = "scale", *, placement: str = "inside", seed: int
) -> BinaryNetwork:
    """An untrained network; "scale" and its "deterministic" twin have the same initial values."""
    generator = torch.Generator().manual_seed(int(rng.stream(seed, "initial-values").integers(2**62)))
    make = BlockMaker(recipe, METHODS[method], placement, generator)
    blocks = []
    channels, height, width = recipe.input_shape
    for layer in recipe.convolutions:
        blocks.append(make.convolution(channels, layer, (height, width)))
        channels, height, width = blocks[-1].shape
    n_in = channels * height * width
    for n_out in recipe.hidden:
        blocks.append(make.hidden(n_in, n_out))
        n_in = n_out
    return BinaryNetwork([*blocks, make.logits(n_in, recipe.n_classes)], PIXEL_SCALE)


def fit(
    network: BinaryNetwork,
    recipe: Recipe,
    images: Images,
    *,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> Iterator[tuple[float, float]]:
    """Train epoch by epoch; yields the mean loss in nats and the accuracy over the batches of each epoch.

    A mask that is one number a layer is drawn once a batch, as hardware draws one per layer and pass; masks
    with a draw per value are drawn for every image. ``on_step`` runs per batch.
    """
    pixels, labels = (torch.tensor(array) for array in images)
    n_steps = len(labels) // recipe.batch_size
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.epochs * n_steps
    )
    masks = rng.stream(seed, "training-masks")
    step = 0
    for epoch in range(recipe.epochs):
        network.train()
        order = torch.from_numpy(rng.stream(seed, "shuffle", epoch=epoch).permutation(len(labels)))
        total_loss, n_right = 0.0, 0
        for batch in order[: n_steps * recipe.batch_size].view(n_steps, -1):
            states = network.draw(masks, len(batch), step)
            logits = network(pixels[batch].float(), states)
            total_loss += _step(network, logits, labels[batch], optimizer, len(labels))
            n_right += int((logits.argmax(dim=1) == labels[batch]).sum())
            schedule.step()
            step += 1
            on_step()
        yield total_loss / n_steps, n_right / (n_steps * recipe.batch_size)
    network.freeze(rng.stream(seed, "instances"))
    network.eval()


def _step(
    network: BinaryNetwork, logits: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer, n_images: int
) -> float:
    """One step on the batch; returns its mean loss, without the penalty."""
    loss = functional.cross_entropy(logits, labels)
    optimizer.zero_grad()
    penalty = sum(network.penalties(), start=torch.zeros(()))
    (loss + penalty / n_images).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    network.clip()
    return loss.item()
