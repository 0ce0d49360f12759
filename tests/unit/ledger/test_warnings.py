"""What the summary warns of."""

import numpy as np

import cimsim


def test_copies_that_a_layer_has_no_positions_for():
    arch = cimsim.load_arch("arch_configs/stt_mram.yaml", ["chip.replicas={conv1: 2, fc1: 4}"])
    images = np.zeros((1, 1, 28, 28), np.uint8)
    graph = cimsim.load_workload("workloads/lenet.npz")
    result = cimsim.simulate(arch, graph, x=images, y=np.zeros(1, np.int64), n_mc_samples=1)
    assert result.summary["warnings"] == [
        "chip.replicas.fc1 asks for 4 copies, 1 placed: the layer has 1 output position"
    ]


def test_copies_of_a_layer_that_has_no_subarrays():
    arch = cimsim.load_arch(
        "arch_configs/stt_mram.yaml", ["chip.replicas={conv1: 2}", "chip.first_layer=digital"]
    )
    images = np.zeros((1, 1, 28, 28), np.uint8)
    graph = cimsim.load_workload("workloads/lenet.npz")
    result = cimsim.simulate(arch, graph, x=images, y=np.zeros(1, np.int64), n_mc_samples=1)
    assert result.summary["warnings"] == [
        "chip.replicas.conv1 asks for 2 copies, 1 placed: the layer runs on digital lanes"
    ]
