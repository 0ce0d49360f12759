"""Binary forward values, straight-through gradients and clipped shadow weights."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'cimsim[train]'")

from cimsim.train.fit import build_network  # noqa: E402
from cimsim.train.layers import BinaryConv2d, BinaryLinear, binarize  # noqa: E402
from cimsim.train.recipes import RECIPES  # noqa: E402


def test_binarize_is_a_sign_with_a_clipped_gradient():
    x = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0], requires_grad=True)
    y = binarize(x)
    y.backward(torch.arange(1.0, 8.0))
    assert y.tolist() == [-1, -1, -1, 1, 1, 1, 1]
    assert x.grad.tolist() == [0, 2, 3, 4, 5, 6, 0]


def test_binarize_is_exact_without_a_gradient():
    x = torch.tensor([1e-30, -1e-30, 0.3, -0.7], dtype=torch.float64)
    with torch.no_grad():
        assert binarize(x).tolist() == [1, -1, 1, -1]
    assert binarize(x.requires_grad_()).detach().abs().sub(1).abs().max() < 1e-15


def test_sums_are_exact_integers():
    generator = torch.Generator().manual_seed(0)
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 7, 7))
    convolution = BinaryConv2d(2, 4, 3, generator)
    weight = np.where(convolution.weight.detach().numpy() >= 0, 1, -1)
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(2, 3))
    expected = np.einsum("nchwij,ocij->nohw", windows, weight)
    assert np.array_equal(convolution(torch.tensor(images)).detach().numpy(), expected)
    linear = BinaryLinear(2 * 7 * 7, 5, generator)
    weight = np.where(linear.weight.detach().numpy() >= 0, 1, -1)
    assert np.array_equal(linear(torch.tensor(images)).detach().numpy(), images.reshape(3, -1) @ weight.T)


def test_clipping_keeps_shadow_weights_in_reach_of_a_flip():
    network = build_network(RECIPES["digits"], "deterministic", seed=0)
    weight = network.chain[0].mac.weight
    with torch.no_grad():
        weight.mul_(100)
    network.clip()
    assert weight.min() == -1 and weight.max() == 1


def test_one_mask_bit_per_hidden_layer_and_none_for_the_logits():
    network = build_network(RECIPES["lenet"], seed=0)
    assert [block.chance.p for block in network.chain] == [0.2, 0.2, 0.2, 0.0]
    images = torch.zeros(2, 1, 28, 28)
    assert network.eval().all_passes(images).shape == (2**3, 2, 10)


def test_all_passes_orders_masks_by_their_bits():
    network = build_network(RECIPES["lenet"], seed=1).eval()
    images = torch.tensor(np.random.default_rng(0).integers(0, 256, (2, 1, 28, 28)), dtype=torch.float32)
    every = network.all_passes(images)
    for mask in range(8):
        drops = [mask >> bit & 1 for bit in range(3)] + [0]
        with torch.no_grad():
            assert torch.equal(every[mask], network(images, drops))
    assert not torch.equal(every[0], every[7])


def test_a_twin_starts_from_the_same_values():
    one, twin = (build_network(RECIPES["digits"], method, seed=5) for method in ("scale", "deterministic"))
    other = build_network(RECIPES["digits"], seed=6)
    state, twin_state, other_state = one.state_dict(), twin.state_dict(), other.state_dict()
    assert all(torch.equal(state[key], twin_state[key]) for key in state)
    assert not torch.equal(state["blocks.0.mac.weight"], other_state["blocks.0.mac.weight"])
