"""Two networks that are not LeNet: they run and report on the default chip and equal the interpreter."""

import numpy as np
import pytest
from naive.interpreter import interpret
from naive.networks import perceptron, vgg

import cimsim


def inputs(graph, n):
    rng = np.random.default_rng(1)
    if graph.input.bits == 1:
        return rng.choice(np.array([-1, 1]), size=(n, *graph.input.shape))
    return rng.integers(-128, 128, size=(n, *graph.input.shape))


@pytest.mark.parametrize("network", [vgg, perceptron])
def test_runs_on_the_default_chip_and_equals_the_interpreter(network, tmp_path):
    graph = network()
    x = inputs(graph, 3)
    result = cimsim.simulate(
        cimsim.load_arch("arch_configs/stt_mram.yaml"), graph, fidelity="ideal", x=x, y=np.arange(3)
    )
    for image, probabilities in zip(x, result.predictions.probabilities, strict=True):
        logits = interpret(graph, image)["scores"]
        expected = np.exp(logits - logits.max())
        np.testing.assert_allclose(probabilities, expected / expected.sum(), rtol=0, atol=1e-12)
    assert (result.save(tmp_path / "report") / "summary.json").is_file()
