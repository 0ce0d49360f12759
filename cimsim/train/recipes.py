"""The networks that ship with cimsim and how they were trained."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PLACEMENTS", "RECIPES", "Convolution", "Recipe"]

_DIGITS = "MNIST training split without the 5,000 digits of mnist5k: 55,000 digits"

PLACEMENTS = ("inside", "undropped", "literal")


@dataclass(frozen=True)
class Convolution:
    """``channels`` kernels of edge ``kernel`` on a zero-padded map, then max-pooling of edge ``pool``."""

    channels: int
    kernel: int
    pool: int = 1
    padding: int = 0


@dataclass(frozen=True)
class Recipe:
    """A chain of binary layers and its training by Adam with a one-cycle learning rate.

    Attributes
    ----------
    input_shape : (channels, height, width), 8-bit pixels that stand for pixel/255
    hidden : widths of the fully connected hidden layers
    dataset : what a run uses unless told otherwise; never trained on
    source : where its training images come from, a key of ``cimsim.train.sources``
    date : when the recipe was last changed, for the provenance of its files
    p : probability of a drop in the hidden layers, whatever is dropped; the logits never are
    scale_spread : initial scales are drawn from a normal of mean 1 with this deviation
    """

    name: str
    input_shape: tuple[int, int, int]
    convolutions: tuple[Convolution, ...]
    hidden: tuple[int, ...]
    n_classes: int
    dataset: str
    source: str
    trained_on: str
    epochs: int
    batch_size: int
    date: str
    p: float = 0.2
    scale_spread: float = 0.6
    learning_rate: float = 5e-3


def _lenet(name: str, dataset: str, source: str, trained_on: str) -> Recipe:
    return Recipe(
        name=name,
        input_shape=(1, 28, 28),
        convolutions=(Convolution(20, kernel=5, pool=2), Convolution(50, kernel=5, pool=2)),
        hidden=(256,),
        n_classes=10,
        dataset=dataset,
        source=source,
        trained_on=trained_on,
        epochs=7,
        batch_size=100,
        date="2026-11-27",
    )


def _vgg(width: int, *, epochs: int) -> Recipe:
    """Binary VGG: pairs of 3x3 convolutions of one, two and four times the width, each pair pooled."""
    pairs = ((Convolution(n, 3, 1, 1), Convolution(n, 3, 2, 1)) for n in (width, 2 * width, 4 * width))
    return Recipe(
        name=f"vgg_w{width}",
        input_shape=(3, 32, 32),
        convolutions=tuple(layer for pair in pairs for layer in pair),
        hidden=(512,),
        n_classes=10,
        dataset="cifar10",
        source="cifar10",
        trained_on="CIFAR-10, data_batch_1 and data_batch_2: 20,000 images",
        epochs=epochs,
        batch_size=50,
        date="2026-11-27",
    )


RECIPES = {
    "lenet": _lenet(
        "lenet",
        "mnist5k",
        "mnist",
        _DIGITS,
    ),
    "fashion_lenet": _lenet(
        "fashion_lenet", "fashion-mnist", "fashion-mnist", "Fashion-MNIST training split: 60,000 images"
    ),
    "mlp": Recipe(
        name="mlp",
        input_shape=(1, 28, 28),
        convolutions=(),
        hidden=(64,),
        n_classes=10,
        dataset="mnist5k",
        source="mnist",
        trained_on=_DIGITS,
        epochs=12,
        batch_size=100,
        date="2026-11-28",
    ),
    "vgg_w16": _vgg(16, epochs=15),
    "vgg_w32": _vgg(32, epochs=12),
    "digits": Recipe(
        name="digits",
        input_shape=(1, 8, 8),
        convolutions=(Convolution(32, kernel=3, pool=2),),
        hidden=(128,),
        n_classes=10,
        dataset="digits",
        source="digits",
        trained_on="scikit-learn digits without the first 500: 1,297 digits",
        epochs=15,
        batch_size=50,
        learning_rate=1e-2,
        date="2026-11-27",
    ),
}
