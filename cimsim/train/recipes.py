"""The networks that ship with cimsim and how they were trained."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PLACEMENTS", "RECIPES", "Convolution", "Recipe"]

PLACEMENTS = ("inside", "undropped", "literal")


@dataclass(frozen=True)
class Convolution:
    """Valid convolution with ``channels`` kernels of edge ``kernel``, then max-pooling of edge ``pool``."""

    channels: int
    kernel: int
    pool: int


@dataclass(frozen=True)
class Recipe:
    """A chain of binary layers and its training by Adam with a one-cycle learning rate.

    Attributes
    ----------
    input_shape : (channels, height, width), 8-bit pixels that stand for pixel/255
    hidden : widths of the fully connected hidden layers
    p : probability that a hidden layer's scale is dropped; the logits are never dropped
    scale_spread : initial scales are drawn from a normal of mean 1 with this deviation
    dataset : what a run uses unless told otherwise; never trained on
    date : when the recipe was last changed, for the provenance of its files
    """

    name: str
    input_shape: tuple[int, int, int]
    convolutions: tuple[Convolution, ...]
    hidden: tuple[int, ...]
    n_classes: int
    dataset: str
    trained_on: str
    epochs: int
    batch_size: int
    date: str
    p: float = 0.2
    scale_spread: float = 0.6
    learning_rate: float = 5e-3


RECIPES = {
    "lenet": Recipe(
        name="lenet",
        input_shape=(1, 28, 28),
        convolutions=(Convolution(20, kernel=5, pool=2), Convolution(50, kernel=5, pool=2)),
        hidden=(256,),
        n_classes=10,
        dataset="mnist5k",
        trained_on="MNIST training split without the 5,000 digits of mnist5k: 55,000 digits",
        epochs=7,
        batch_size=100,
        date="2026-11-23",
    ),
    "digits": Recipe(
        name="digits",
        input_shape=(1, 8, 8),
        convolutions=(Convolution(32, kernel=3, pool=2),),
        hidden=(128,),
        n_classes=10,
        dataset="digits",
        trained_on="scikit-learn digits without the first 500: 1,297 digits",
        epochs=15,
        batch_size=50,
        learning_rate=1e-2,
        date="2026-11-23",
    ),
}
