"""Build the network of a recipe and train it, reproducibly on one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

from cimsim import rng
from cimsim.train.layers import BinaryConv2d, BinaryLinear
from cimsim.train.network import BinaryNetwork, Block
from cimsim.train.recipes import Recipe
from cimsim.train.scale_dropout import ScaleDropBatchNorm
from cimsim.train.sources import Images

__all__ = ["build_network", "fit", "reproducible"]

PIXEL_SCALE = 1 / 255


@contextmanager
def reproducible() -> Iterator[None]:
    """One thread and deterministic algorithms, so that the same seed gives the same bytes."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)


def build_network(recipe: Recipe, *, p: float, placement: str, seed: int) -> BinaryNetwork:
    """An untrained network; ``p`` 0 gives the deterministic twin with the same initial values."""
    generator = torch.Generator().manual_seed(int(rng.stream(seed, "initial-values").integers(2**62)))

    def norm(n: int, spread: float) -> ScaleDropBatchNorm:
        return ScaleDropBatchNorm(1 + spread * torch.randn(n, generator=generator), placement)

    blocks = []
    channels, height, width = recipe.input_shape
    for layer in recipe.convolutions:
        mac = BinaryConv2d(channels, layer.channels, layer.kernel, generator)
        blocks.append(Block(mac, norm(layer.channels, recipe.scale_spread), pool=layer.pool, p=p, sign=True))
        channels = layer.channels
        height, width = ((edge - layer.kernel + 1) // layer.pool for edge in (height, width))
    n_in = channels * height * width
    for n_out in recipe.hidden:
        linear = BinaryLinear(n_in, n_out, generator)
        blocks.append(Block(linear, norm(n_out, recipe.scale_spread), pool=1, p=p, sign=True))
        n_in = n_out
    logits = BinaryLinear(n_in, recipe.n_classes, generator)
    blocks.append(Block(logits, norm(recipe.n_classes, 0.0), pool=1, p=0.0, sign=False))
    return BinaryNetwork(blocks, PIXEL_SCALE)


def fit(
    network: BinaryNetwork,
    recipe: Recipe,
    images: Images,
    *,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> Iterator[tuple[float, float]]:
    """Train epoch by epoch; yields the mean loss in nats and the accuracy over the batches of each epoch.

    One mask bit per layer and batch, as hardware draws one per layer and pass. ``on_step`` runs per batch.
    """
    pixels, labels = (torch.tensor(array) for array in images)
    n_steps = len(labels) // recipe.batch_size
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.epochs * n_steps
    )
    masks = rng.stream(seed, "training-masks")
    for epoch in range(recipe.epochs):
        network.train()
        order = torch.from_numpy(rng.stream(seed, "shuffle", epoch=epoch).permutation(len(labels)))
        total_loss, n_right = 0.0, 0
        for batch in order[: n_steps * recipe.batch_size].view(n_steps, -1):
            drops = [bool(masks.random() < block.p) for block in network.chain]
            logits = network(pixels[batch].float(), drops)
            total_loss += _step(network, logits, labels[batch], optimizer)
            n_right += int((logits.argmax(dim=1) == labels[batch]).sum())
            schedule.step()
            on_step()
        yield total_loss / n_steps, n_right / (n_steps * recipe.batch_size)
    network.eval()


def _step(network: BinaryNetwork, logits: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer) -> float:
    loss = functional.cross_entropy(logits, labels)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    network.clip()
    return loss.item()
