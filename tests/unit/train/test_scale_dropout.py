"""What each placement of the scale computes, and that evaluation survives scales far from 1."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'cimsim[train]'")

from cimsim.train.norm import EPS  # noqa: E402
from cimsim.train.recipes import PLACEMENTS  # noqa: E402
from cimsim.train.scale_dropout import ScaleDropBatchNorm  # noqa: E402

N_CHANNELS = 6


def sums(seed=0, n=512):
    generator = np.random.default_rng(seed)
    return torch.tensor(generator.integers(-40, 60, (n, N_CHANNELS)) * 2.0 + 7.0, dtype=torch.float32)


def trained(placement, scale, n_batches=150):
    """A layer whose running statistics have seen passes of both kinds."""
    norm = ScaleDropBatchNorm(torch.as_tensor(scale, dtype=torch.float32), placement)
    with torch.no_grad():
        for batch in range(n_batches):
            norm(sums(), int(batch % 2 == 1))
    return norm


def normalise(x, by, eps=EPS):
    return (x - by.mean(dim=0)) / torch.sqrt(by.var(dim=0, correction=0) + eps)


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_forward_is_the_formula_of_its_placement(placement, drop):
    scale = torch.tensor([0.05, 0.5, 1.0, 2.0, -0.7, 1.6])
    norm = ScaleDropBatchNorm(scale, placement)
    with torch.no_grad():
        norm.shift.copy_(torch.linspace(-1, 1, N_CHANNELS))
        norm.gain.copy_(torch.linspace(0.5, 1.5, N_CHANNELS) if placement != "inside" else norm.gain)
        z = sums()
        got = norm(z, int(drop))
        expected = {
            "inside": (1.0 if drop else scale) * normalise(z, z),
            "undropped": norm.gain * normalise(z if drop else scale * z, scale * z),
            "literal": norm.gain * (normalise(z, z) if drop else normalise(scale * z, scale * z)),
        }[placement]
    torch.testing.assert_close(got, expected + norm.shift, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("scale", [[0.04, 0.05, 0.06, 0.07, 0.08, 0.1], [0.3, 2.5, -0.8, 1.7, 0.6, 3.0]])
def test_scales_far_from_one_do_not_wreck_evaluation(placement, scale):
    norm = trained(placement, scale)
    for drop in (False, True):
        with torch.no_grad():
            in_training = norm.train()(sums(), int(drop))
            in_evaluation = norm.eval()(sums(), int(drop))
        torch.testing.assert_close(in_evaluation, in_training, rtol=1e-4, atol=1e-4)


def test_statistics_shared_by_both_kinds_of_passes_would_wreck_it():
    """The trap the layer avoids: one set of statistics leaves almost nothing of a kept pass."""
    scale, z = 0.05, sums()
    blend_var = (scale**2 * z.var(dim=0) + z.var(dim=0)) / 2
    kept = scale * (z - z.mean(dim=0)) / torch.sqrt(blend_var)
    assert float(kept.std()) < 0.1
    norm = trained("literal", [scale] * N_CHANNELS).eval()
    with torch.no_grad():
        assert float(norm(z, 0).std()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_with_scale_one_a_drop_changes_nothing(placement):
    norm = trained(placement, [1.0] * N_CHANNELS).eval()
    with torch.no_grad():
        assert torch.equal(norm(sums(3), 1), norm(sums(3), 0))


def test_a_dropped_pass_equals_a_kept_one_of_scale_one():
    norm, ones = (
        trained("inside", [0.5, 2.0, 1.5, -0.3, 0.9, 1.1]).eval(),
        trained("inside", [1.0] * N_CHANNELS),
    )
    with torch.no_grad():
        assert torch.equal(norm(sums(3), 1), ones.eval()(sums(3), 0))


@pytest.mark.parametrize(("placement", "learns"), [("inside", True), ("undropped", True), ("literal", False)])
def test_the_gradient_reaches_the_scale_except_where_normalisation_divides_it_out(placement, learns):
    norm = ScaleDropBatchNorm(torch.full((N_CHANNELS,), 0.8), placement)
    target = torch.linspace(-2, 2, N_CHANNELS)
    outputs = [norm(sums(), drop) for drop in (0, 1)]
    sum((y.tanh() - target).pow(2).mean() for y in outputs).backward()
    largest = float(norm.scale.grad.abs().max())
    assert largest > 1e-2 if learns else largest < 1e-4


def test_an_unknown_placement_is_refused():
    with pytest.raises(
        ValueError, match=r"^placement must be one of inside, undropped, literal \(got 'before'\)$"
    ):
        ScaleDropBatchNorm(torch.ones(2), "before")
