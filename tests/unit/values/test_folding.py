"""Chains behind a MAC as integer thresholds: what folds, the order of states, and that no tie is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.mapping.folding import fold
from cimsim.mapping.program import Pool
from cimsim.workload import build_graph

SMALLEST, LARGEST = np.iinfo(np.int32).min, np.iinfo(np.int32).max


def build(nodes, arrays, shape=(4,), bits=1, **fed):
    spec = {
        "format": "cimsim-workload/1",
        "name": "chain",
        "task": "classification",
        "input": {"shape": list(shape), "bits": bits, **fed},
        "nodes": nodes,
        "output": nodes[-1]["name"],
    }
    return build_graph(spec, arrays)


def node(name, op, source, **settings):
    return {"name": name, "op": op, "inputs": [source], **settings}


def dense(*chain, n_in=4, n_out=2, arrays=None, **fed):
    """fc -> chain -> out, all of them fed by the one before."""
    nodes = [node("fc", "linear", "input")]
    for name, op, *rest in chain:
        nodes.append(node(name, op, nodes[-1]["name"], **(rest[0] if rest else {})))
    nodes.append(node("out", "linear", nodes[-1]["name"]))
    weights = {
        "fc.weight": np.ones((n_out, n_in), np.int8),
        "out.weight": np.ones((2, n_out), np.int8),
    }
    return build(nodes, {**weights, **(arrays or {})}, shape=(n_in,), **fed)


def decide(folded, state, sums):
    """Bits of sums (n, c_out) in one state, position class 0."""
    return (sums >= folded.thresholds[state, 0]) ^ folded.pre_flip[state] ^ folded.post_flip[state]


def test_sign_alone_is_a_threshold_at_zero():
    folded = fold(dense(("act", "sign")))["fc"]
    assert folded.chain == ("act",) and folded.dropouts == () and folded.pool is None
    assert folded.output == "act"
    assert folded.thresholds.dtype == np.int32 and folded.thresholds.shape == (1, 1, 2)
    np.testing.assert_array_equal(folded.thresholds, 0)
    assert not folded.pre_flip.any() and not folded.post_flip.any()


def test_negative_gamma_reverses_and_zero_gamma_is_constant():
    arrays = {
        "bn.gamma": np.array([1.0, -1.0, 0.0, 0.0]),
        "bn.beta": np.array([0.0, 0.0, 0.5, -0.5]),
        "bn.mean": np.array([2.0, 2.0, 0.0, 0.0]),
        "bn.var": np.ones(4),
    }
    folded = fold(dense(("bn", "batchnorm"), ("act", "sign"), n_out=4, arrays=arrays))["fc"]
    np.testing.assert_array_equal(folded.thresholds[0, 0], [2, 3, SMALLEST, LARGEST])
    np.testing.assert_array_equal(folded.pre_flip[0], [False, True, False, False])


def test_dropped_state_may_point_the_other_way():
    arrays = {
        "bn.gamma": np.array([-0.5, 0.5]),
        "bn.beta": np.zeros(2),
        "bn.mean": np.array([1.0, 1.0]),
        "bn.var": np.ones(2),
    }
    dropout = {"kind": "scale", "p": 0.5}
    folded = fold(dense(("bn", "batchnorm", {"dropout": dropout}), ("act", "sign"), arrays=arrays))["fc"]
    assert folded.dropouts == ("bn",)
    np.testing.assert_array_equal(folded.pre_flip, [[True, False], [False, False]])
    np.testing.assert_array_equal(folded.thresholds[:, 0], [[2, 1], [1, 1]])


def test_state_index_counts_the_first_dropout_fastest():
    arrays = {
        "first.gamma": np.array([2.0, 2.0]),
        "first.beta": np.array([3.0, 3.0]),
        "second.alpha": np.array([-1.0, -1.0]),
        "act.threshold": np.array([1.0, 1.0]),
    }
    chain = (
        ("first", "affine", {"dropout": {"kind": "affine", "p": 0.5}}),
        ("second", "scale", {"dropout": {"kind": "scale", "p": 0.5}}),
        ("act", "threshold"),
    )
    folded = fold(dense(*chain, arrays=arrays))["fc"]
    assert folded.dropouts == ("first", "second")
    sums = np.repeat(np.arange(-4, 5)[:, None], 2, axis=1)
    for alpha_dropped in (0, 1):
        for affine in range(4):
            gamma, beta = 1.0 if affine & 1 else 2.0, 0.0 if affine & 2 else 3.0
            value = (1.0 if alpha_dropped else -1.0) * (gamma * sums + beta)
            np.testing.assert_array_equal(decide(folded, affine + 4 * alpha_dropped, sums), value >= 1.0)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.floats(-4, 4, allow_nan=False),
    st.floats(-8, 8),
    st.floats(-3, 3),
    st.sampled_from([0.01, 0.3, 1.0, 7.0]),
    st.integers(-40, 40),
    st.sampled_from([1.0, 1 / 3, 1 / 128]),
)
def test_no_rounding_disagrees_with_the_float_expression(gamma, mean, beta, var, tie, scale):
    """The beta is also moved so that the expression comes out at a tie of one integer."""
    d = np.arange(-60, 61, dtype=np.float64)
    for shift in (beta, -((gamma * (scale * tie - mean)) / np.sqrt(var + 1e-5))):
        arrays = {
            "bn.gamma": np.full(2, gamma),
            "bn.beta": np.full(2, shift),
            "bn.mean": np.full(2, mean),
            "bn.var": np.full(2, var),
        }
        graph = dense(
            ("bn", "batchnorm"), ("act", "sign"), n_in=4, bits=4, signed=True, scale=scale, arrays=arrays
        )
        folded = fold(graph)["fc"]
        value = ((gamma * (scale * d - mean)) / np.sqrt(var + 1e-5)) + shift
        within = np.abs(d) <= 32  # four taps of -8..7
        found = decide(folded, 0, np.repeat(d[:, None], 2, axis=1))[within, 0]
        np.testing.assert_array_equal(found, (value >= 0.0)[within])


def test_closed_form_threshold_would_lose_a_tie():
    """Why bisection: the expression is 0 at d = 1, but mean - beta*deviation/gamma rounds to above 1."""
    gamma, mean, var = 0.3, 0.1, 0.2
    deviation = np.sqrt(var + 1e-5)
    beta = -((gamma * (1.0 - mean)) / deviation)
    assert np.ceil(mean - beta * deviation / gamma) == 2.0
    arrays = {
        "bn.gamma": np.full(2, gamma),
        "bn.beta": np.full(2, beta),
        "bn.mean": np.full(2, mean),
        "bn.var": np.full(2, var),
    }
    folded = fold(dense(("bn", "batchnorm"), ("act", "sign"), arrays=arrays))["fc"]
    assert folded.thresholds[0, 0].tolist() == [1, 1]


def convolution(*chain, arrays=None, fed=None, channels=2, **attrs):
    nodes = [node("conv", "conv2d", "input", **attrs)]
    for name, op, *rest in chain:
        nodes.append(node(name, op, nodes[-1]["name"], **(rest[0] if rest else {})))
    nodes += [node("flat", "flatten", nodes[-1]["name"]), node("out", "linear", "flat")]
    weight = np.ones((channels, 1, 3, 3), np.int8)
    weight[0, 0, 0] = -1
    graph_arrays = {"conv.weight": weight, **(arrays or {})}
    n_flat = channels * 36 if not any(op == "maxpool2d" for _, op, *_ in chain) else channels * 9
    graph_arrays["out.weight"] = np.ones((2, n_flat), np.int8)
    return build(nodes, graph_arrays, shape=(1, 6, 6), **(fed or {"bits": 8}))


POOL = ("pool", "maxpool2d", {"kernel": [2, 2]})


def test_pool_behind_a_reversing_node_is_an_or_before_it_an_and():
    arrays = {"scale.alpha": np.array([-1.0, 1.0])}
    behind = fold(convolution(("scale", "scale"), POOL, ("act", "sign"), arrays=arrays, padding=[1, 1]))[
        "conv"
    ]
    before = fold(convolution(POOL, ("scale", "scale"), ("act", "sign"), arrays=arrays, padding=[1, 1]))[
        "conv"
    ]
    after_sign = fold(convolution(("scale", "scale"), ("act", "sign"), POOL, arrays=arrays, padding=[1, 1]))[
        "conv"
    ]
    for folded in (behind, before, after_sign):
        assert folded.pool == Pool((2, 2), (2, 2), (0, 0))
        np.testing.assert_array_equal(folded.thresholds[0, 0], [1, 0])
    assert behind.pre_flip.tolist() == after_sign.pre_flip.tolist() == [[True, False]]
    assert behind.post_flip.tolist() == after_sign.post_flip.tolist() == [[False, False]]
    assert before.pre_flip.tolist() == [[False, False]]
    assert before.post_flip.tolist() == [[True, False]]
    assert after_sign.output == "pool"


def test_offset_and_padding_make_border_classes():
    fed = {"bits": 8, "scale": 0.5, "offset": -2.0}
    folded = fold(convolution(("act", "sign"), fed=fed, padding=[1, 1], pad_value=0.25))["conv"]
    assert folded.thresholds.shape == (1, 9, 2)
    assert len(np.unique(folded.position_class)) == 9
    assert np.bincount(folded.position_class.ravel())[folded.position_class[2, 2]] == 16
    corner, middle = folded.position_class[0, 0], folded.position_class[3, 3]
    # channel 1, all weights +1: 0.5 d - 2 * (taps inside) + 0.25 * (taps outside) >= 0
    assert folded.thresholds[0, middle, 1] == 36
    assert folded.thresholds[0, corner, 1] == np.ceil((2.0 * 4 - 0.25 * 5) / 0.5)


def test_padding_with_zero_needs_one_class():
    folded = fold(convolution(("act", "sign"), padding=[1, 1]))["conv"]
    assert folded.thresholds.shape[1] == 1 and not folded.position_class.any()


UNIT = {"mid.alpha": np.ones(2)}


@pytest.mark.parametrize(
    "chain, arrays",
    [
        ((("act", "identity", {"dropout": {"kind": "element", "p": 0.5}}), ("sign", "sign")), {}),
        (
            (("mid", "scale", {"dropout": {"kind": "gaussian_scale"}}), ("sign", "sign")),
            {**UNIT, "mid.alpha_std": np.ones(2)},
        ),
    ],
    ids=["zeroed before the decision", "drawn real factor"],
)
def test_what_does_not_fold_keeps_its_sums(chain, arrays):
    assert fold(dense(*chain, arrays=arrays)) == {}


def test_several_readers_keep_the_sums():
    nodes = [
        node("fc", "linear", "input"),
        node("act", "sign", "fc"),
        {"name": "sum", "op": "add", "inputs": ["act", "fc"]},
    ]
    graph = build(nodes, {"fc.weight": np.ones((2, 4), np.int8)})
    assert fold(graph) == {}


def test_dropout_on_the_last_node_stays_outside_the_fold():
    chain = (("act", "sign", {"dropout": {"kind": "element", "p": 0.5}}),)
    folded = fold(dense(*chain))["fc"]
    assert folded.chain == ("act",) and folded.dropouts == () and len(folded.thresholds) == 1


def test_pool_behind_dropped_signs_stays_outside_the_fold():
    dropped = ("act", "sign", {"dropout": {"kind": "spatial", "p": 0.5}})
    folded = fold(convolution(dropped, POOL, padding=[1, 1]))["conv"]
    assert folded.chain == ("act",) and folded.pool is None


def test_members_of_the_weights_are_states_of_the_fold():
    nodes = [
        node("fc", "linear", "input", dropout={"kind": "instances"}),
        node("bn", "scale", "fc", dropout={"kind": "scale", "p": 0.5}),
        node("act", "sign", "bn"),
        node("out", "linear", "act"),
    ]
    arrays = {
        "fc.weight": np.ones((3, 2, 4), np.int8),
        "bn.alpha": -np.ones(2),
        "out.weight": np.ones((2, 2), np.int8),
    }
    folded = fold(build(nodes, arrays))["fc"]
    assert folded.dropouts == ("fc", "bn")
    assert folded.pre_flip[:, 0].tolist() == [True, True, True, False, False, False]
