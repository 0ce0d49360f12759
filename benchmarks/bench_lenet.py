"""Binary LeNet with T = 10 dropout passes an image: kernels against torch fp32, one thread, CPU time.

    python -m pytest benchmarks/bench_lenet.py --benchmark-enable -s

conv5x5 1-32 pad 2, pool, conv5x5 32-64 pad 2, pool, fc 3136-512, fc 512-10 on 28 x 28 images of one bit.
The unit is an image-pass. Masks are drawn inside the timing, the first layer runs once an image, and both
sides give equal probabilities for equal masks.
"""

import time
from typing import NamedTuple

import numpy as np
import pytest

from cimsim.sim.kernels import conv_bits, conv_sums, pack_signs, prepare_weights, unpack_signs

PASSES = 10
BATCH = 100
IMAGES = 1000
ROUNDS = 3
SCALE = 0.05
P_SCALE = 0.15
SHAPES = ((32, 1, 5, 5), (64, 32, 5, 5), (512, 64, 7, 7), (10, 512, 1, 1))
PADDING = ((2, 2), (2, 2), (0, 0), (0, 0))


class Halves(NamedTuple):
    """A 2 x 2 max-pool."""

    kernel: tuple[int, int] = (2, 2)
    stride: tuple[int, int] = (2, 2)
    padding: tuple[int, int] = (0, 0)


def random_signs(rng, *shape):
    return rng.choice(np.array([-1, 1], np.int8), shape)


def random_words(rng, *shape):
    return rng.bit_generator.random_raw(int(np.prod(shape))).reshape(shape)


def three_quarters(rng, *shape):
    """Words of independent bits that are 1 with probability 3/4."""
    return random_words(rng, *shape) | random_words(rng, *shape)


class Network:
    """The four layers on packed bits."""

    def __init__(self, rng):
        self.signs = [random_signs(rng, *shape) for shape in SHAPES]
        self.weights = [prepare_weights(signs) for signs in self.signs]
        self.positions = ((28, 28), (14, 14), (1, 1), (1, 1))
        self.thresholds = [rng.integers(-9, 10, (2, 1, shape[0]), dtype=np.int32) for shape in SHAPES]

    def activate(self, layer, bits, driven, out_rows, n_out):
        """Signs of a hidden layer; column s of ``out_rows`` compares with the s-th thresholds."""
        n_states = out_rows.shape[1]
        flips = np.zeros((n_states, SHAPES[layer][0]), bool)
        return conv_bits(
            bits, driven, self.weights[layer], stride=(1, 1), padding=PADDING[layer], pad_value=0,
            thresholds=self.thresholds[layer][:n_states], pre_flip=flips, post_flip=flips,
            position_class=np.zeros(self.positions[layer], np.uint8), pool=Halves() if layer < 2 else None,
            out_rows=out_rows, n_out=n_out,
        ).bits  # fmt: skip

    def probabilities(self, bits, driven=None):
        """Softmax behind the last layer."""
        sums = conv_sums(bits, driven, self.weights[3], stride=(1, 1), padding=(0, 0), pad_value=0).sums
        exponentials = np.exp(SCALE * sums[:, 0, 0])
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def every_row(n):
    return np.arange(n)[:, None]


def draw_masks(rng, n):
    """Driven word lines of conv2's channels, fc1's and fc2's inputs."""
    channels = three_quarters(rng, n, 1, 1, 1) & np.uint64(0xFFFFFFFF)
    return channels, three_quarters(rng, n, 7, 7, 1), three_quarters(rng, n, 1, 1, 8)


def dropout_passes(network, x, masks):
    """Mean probabilities (n, 10) of images with channel and bit dropout."""
    n = len(x) * PASSES
    channels, bits1, bits2 = masks
    first = network.activate(0, x, None, every_row(len(x)), len(x))
    second = np.repeat(first, PASSES, axis=0)
    driven = np.ascontiguousarray(np.broadcast_to(channels, second.shape))
    third = network.activate(1, second, driven, every_row(n), n)
    last = network.activate(2, third, bits1, every_row(n), n)
    return network.probabilities(last, bits2).reshape(len(x), PASSES, 10).mean(axis=1)


def scale_passes(network, x, dropped):
    """Mean probabilities with Scale Dropout: ``dropped`` (n, T, 3) picks each hidden layer's thresholds."""
    prefix = np.repeat(np.arange(len(x)), PASSES)
    items, bits = np.arange(len(x)), x
    for layer in range(3):
        code = 2 * prefix + dropped[..., layer].ravel()
        distinct, prefix = np.unique(code, return_inverse=True)
        out_rows = np.full((len(items), 2), -1)
        out_rows[distinct >> 1, distinct & 1] = np.arange(len(distinct))
        bits = network.activate(layer, bits, None, out_rows, len(distinct))
        items = distinct
    return network.probabilities(bits)[prefix].reshape(len(x), PASSES, 10).mean(axis=1)


class TorchNetwork:
    """The same layers in torch fp32, channels last."""

    def __init__(self, torch, network):
        self.torch = torch
        weights = [torch.from_numpy(signs).float() for signs in network.signs]
        self.conv = [w.contiguous(memory_format=torch.channels_last) for w in weights[:2]]
        self.fc = [w.reshape(len(w), -1) for w in weights[2:]]
        self.thresholds = [torch.from_numpy(t[0, 0]).float() - 0.5 for t in network.thresholds]

    def sign(self, sums, layer):
        limits = self.thresholds[layer]
        return sums.sub_(limits[:, None, None] if sums.dim() == 4 else limits).sign_()

    def hidden(self, x, layer):
        functional = self.torch.nn.functional
        sums = functional.conv2d(x, self.conv[layer], padding=2)
        return self.sign(functional.max_pool2d(sums, 2), layer)

    def passes(self, x, masks=None):
        """Mean probabilities; draws its masks unless they are given."""
        functional, dropout = self.torch.nn.functional, self.torch.nn.functional.dropout
        with self.torch.inference_mode():
            first = self.hidden(x, 0)
            total = self.torch.zeros(len(x), 10)
            for t in range(PASSES):
                if masks is None:
                    y = self.hidden(functional.dropout2d(first, 0.25), 1)
                    z = self.sign(functional.linear(dropout(y.flatten(1), 0.25), self.fc[0]), 2)
                    z = dropout(z, 0.25)
                else:
                    y = self.hidden(first * masks[0][:, t], 1)
                    z = self.sign(functional.linear(y.flatten(1) * masks[1][:, t], self.fc[0]), 2)
                    z = z * masks[2][:, t]
                total += functional.softmax(SCALE * functional.linear(z, self.fc[1]), dim=1)
            return total / PASSES


def torch_masks(torch, masks):
    """Masks of `draw_masks` as fp32 factors (n, T, ...), channels first."""
    channels, bits1, bits2 = masks
    parts = [(unpack_signs(words, c) + 1) // 2 for words, c in ((channels, 32), (bits1, 64), (bits2, 512))]
    parts = [
        part.transpose(0, 3, 1, 2).reshape(-1, PASSES, *part.shape[3:], *part.shape[1:3]) for part in parts
    ]
    shapes = (parts[0].shape, (*parts[1].shape[:2], -1), (*parts[2].shape[:2], -1))
    return [
        torch.from_numpy(np.ascontiguousarray(p)).float().reshape(s)
        for p, s in zip(parts, shapes, strict=True)
    ]


def cpu_seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


@pytest.fixture(scope="module")
def setting():
    rng = np.random.default_rng(0)
    images = random_signs(rng, IMAGES, 28, 28, 1)
    return Network(rng), images, pack_signs(images)


def run_dropout(network, x, rng):
    for start in range(0, len(x), BATCH):
        dropout_passes(network, x[start : start + BATCH], draw_masks(rng, BATCH * PASSES))


def run_scale(network, x, rng):
    for start in range(0, len(x), BATCH):
        dropped = rng.random((BATCH, PASSES, 3), np.float32) < P_SCALE
        scale_passes(network, x[start : start + BATCH], dropped)


@pytest.mark.parametrize("run", [run_dropout, run_scale])
def test_lenet(benchmark, setting, run):
    network, _, x = setting
    rng = np.random.Generator(np.random.SFC64(1))
    benchmark.pedantic(run, (network, x, rng), rounds=5, warmup_rounds=1)
    best = min(cpu_seconds(lambda: run(network, x, rng)) for _ in range(ROUNDS))
    print(f"\n{run.__name__}: {IMAGES * PASSES / best:,.0f} image-passes per core-second (best of {ROUNDS})")


def test_sharing_changes_no_value(setting):
    network, _, x = setting
    dropped = np.random.default_rng(2).random((8, PASSES, 3)) < 0.5
    shared = scale_passes(network, x[:8], dropped)
    alone = [scale_passes(network, np.repeat(x[i : i + 1], PASSES, 0), d[:, None].repeat(PASSES, 1)).mean(0)
             for i, d in enumerate(dropped)]  # fmt: skip
    np.testing.assert_allclose(shared, alone, rtol=1e-12)


def test_lenet_against_torch(setting):
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    network, images, x = setting
    theirs = TorchNetwork(torch, network)
    pixels = (
        torch.from_numpy(images.transpose(0, 3, 1, 2)).float().contiguous(memory_format=torch.channels_last)
    )
    rng = np.random.Generator(np.random.SFC64(1))

    masks = draw_masks(rng, BATCH * PASSES)
    expected = theirs.passes(pixels[:BATCH], torch_masks(torch, masks)).numpy()
    np.testing.assert_allclose(dropout_passes(network, x[:BATCH], masks), expected, atol=1e-5)

    rounds = []
    for _ in range(ROUNDS):
        torch_s = cpu_seconds(lambda: theirs.passes(pixels[:BATCH]))
        kernel_s = cpu_seconds(lambda: run_dropout(network, x, rng))
        rounds.append((IMAGES * PASSES / kernel_s, BATCH * PASSES / torch_s))
    torch.set_num_threads(threads)
    ours, peer = np.median(rounds, axis=0)
    ratio = float(np.median([kernel / torch for kernel, torch in rounds]))
    print(f"\nkernels {ours:,.0f}, torch fp32 {peer:,.0f} image-passes per core-second: {ratio:.1f} x")
    assert ratio >= 9
