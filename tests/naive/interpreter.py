"""A slow float64 interpreter of a workload, one image at a time, written from the format's text alone.

It shares no code with the simulator: every operation is spelled out again in the reference order.
"""

import numpy as np


def interpret(graph, x, states=None, keeps=None, alphas=None):
    """Values of every node for one image and one pass.

    Parameters
    ----------
    graph : WorkloadGraph
    x : integers in the input's encoding, shape ``graph.input.shape``
    states : node name -> drawn state: ``scale`` 0 kept, 1 dropped; ``affine`` bit 0 drops gamma, bit 1 beta;
        ``instances`` and ``ensemble`` the member
    keeps : node name -> 0/1 per element (``element``: the node's shape, ``spatial``: (channels,)); for
        ``element_redraw``: reader -> (rows, columns, channels, k_h, k_w) or, for ``linear``, the node's shape
    alphas : node name -> alpha drawn by ``gaussian_scale``

    Returns
    -------
    dict of float64 arrays, node name -> value after its dropout
    """
    states, keeps, alphas = states or {}, keeps or {}, alphas or {}
    x = np.asarray(x, dtype=np.int64)
    spec = graph.input
    values = {"input": spec.scale * x.astype(np.float64) + spec.offset}
    integers = {"input": x}  # q of input-like tensors, -1/0/+1 of sign-like ones, None of real ones
    divisors = {"input": 1.0}  # integers stand for integer / divisor
    redrawn = {}
    for node in graph.nodes:
        params = effective_params(node, states.get(node.name, 0), alphas.get(node.name))
        source = node.inputs[0]
        sources = [integers[name] for name in node.inputs]
        below = [divisors[name] for name in node.inputs]
        if node.op in ("conv2d", "linear"):
            is_input = graph.domains[source] == "input"
            value = mac(node, params, spec, sources[0], 1.0 / below[0], is_input, redrawn.get(source))
            integer, divisor = None, 1.0
        else:
            value = OPS[node.op](node, params, [values[name] for name in node.inputs])
            integer, divisor = codes(node, value, sources, below)
        redraw = carried(node, redrawn)
        if node.dropout is not None and node.dropout.kind in ("element", "element_redraw", "spatial"):
            keep = keeps[node.name]
            if node.dropout.kind == "element_redraw":
                keep, redraw = np.ones(value.shape), keep
            if node.dropout.kind == "spatial":
                keep = np.asarray(keep).reshape(-1, *[1] * (value.ndim - 1))
            kept_share = 1.0 - node.dropout.p if node.dropout.rescale else 1.0
            value = np.where(np.asarray(keep, bool), value, 0.0) / kept_share
            if integer is not None:
                integer, divisor = np.where(np.asarray(keep, bool), integer, 0), divisor * kept_share
                if graph.domains[node.name] == "sign":
                    value = integer * (1.0 / divisor)
                elif graph.domains[node.name] == "input":
                    value = (spec.scale * (1.0 / divisor)) * integer
        values[node.name], integers[node.name], divisors[node.name] = value, integer, divisor
        redrawn[node.name] = redraw
    return values


def carried(node, redrawn):
    """A redrawn word line reaches its MAC through nodes that change nothing."""
    return redrawn.get(node.inputs[0]) if node.op in ("flatten", "identity") else None


def effective_params(node, state, alpha):
    params = dict(node.params)
    kind = node.dropout.kind if node.dropout else None
    if kind == "scale" and state == 1:
        key = "alpha" if node.op == "scale" else "gamma"
        params[key] = params.get("dropped_alpha", np.ones_like(params[key]))
    if kind == "affine" and state & 1:
        params["gamma"] = np.ones_like(params["gamma"])
    if kind == "affine" and state & 2:
        params["beta"] = np.zeros_like(params["beta"])
    if kind == "instances":
        params["weight"] = params["weight"][state]
    if kind == "ensemble":
        params = {key: array[state] for key, array in params.items()}
    if kind == "gaussian_scale":
        params["alpha"] = alpha
    return params


def codes(node, value, integers, divisors):
    """The integers a MAC behind this node would see, and what they are divided by."""
    if node.op in ("sign", "threshold"):
        return value.astype(np.int64), 1.0
    if node.op == "hardtanh":
        return integers[0], 1.0
    if node.op in ("identity", "maxpool2d", "upsample2d", "flatten", "concat"):
        if any(i is None for i in integers) or len(set(divisors)) > 1:
            return None, 1.0
        moved = [i.astype(np.float64) for i in integers]
        return OPS[node.op](node, {}, moved).astype(np.int64), divisors[0]
    return None, 1.0


def mac(node, params, spec, integers, gain, is_input, redraw):
    """Integer sums, then the reference float expression."""
    weight = params["weight"].astype(np.int64)
    if node.op == "linear":
        keep = (
            np.ones(integers.shape, dtype=np.int64)
            if redraw is None
            else np.asarray(redraw[node.name], np.int64)
        )
        d = weight @ (integers * keep)
        w_in, w_pad = weight.sum(axis=1), np.zeros(len(weight), dtype=np.int64)
    else:
        keep = None if redraw is None else np.asarray(redraw[node.name], dtype=np.int64)
        d, w_in, w_pad = convolve(node, weight, integers, keep, is_input)
    if is_input:
        pad_value = float(node.attrs.get("pad_value", 0))
        d, w_in, w_pad = (total.astype(np.float64) for total in (d, w_in, w_pad))
        x = (((spec.scale * gain) * d) + spec.offset * w_in) + pad_value * w_pad
    else:
        x = gain * d.astype(np.float64)
    if "bias" in params:
        x = x + per_channel(params["bias"], x)
    return x


def convolve(node, weight, integers, keep, is_input):
    """d, and the sums of the weights on in-bounds and on padded taps, each (c_out, rows, columns)."""
    c_out, c_group, k_h, k_w = weight.shape
    (stride_y, stride_x), (pad_y, pad_x) = node.attrs["stride"], node.attrs["padding"]
    channels, height, width = integers.shape
    out_h = (height + 2 * pad_y - k_h) // stride_y + 1
    out_w = (width + 2 * pad_x - k_w) // stride_x + 1
    outside = 0 if is_input else int(node.attrs.get("pad_value", 0))
    padded = np.full((channels, height + 2 * pad_y, width + 2 * pad_x), outside, dtype=np.int64)
    inside = np.zeros(padded.shape, dtype=np.int64)
    padded[:, pad_y : pad_y + height, pad_x : pad_x + width] = integers
    inside[:, pad_y : pad_y + height, pad_x : pad_x + width] = 1
    d, w_in, w_pad = (np.zeros((c_out, out_h, out_w), dtype=np.int64) for _ in range(3))
    per_group = c_out // node.attrs.get("groups", 1)
    for y in range(out_h):
        for x in range(out_w):
            at = np.s_[:, y * stride_y : y * stride_y + k_h, x * stride_x : x * stride_x + k_w]
            taps, here = padded[at], inside[at]
            if keep is not None:
                taps = taps * keep[y, x]
            for c in range(c_out):
                g = np.s_[(c // per_group) * c_group : (c // per_group + 1) * c_group]
                d[c, y, x] = (weight[c] * taps[g]).sum()
                if not is_input:
                    continue
                w_in[c, y, x] = (weight[c] * here[g]).sum()
                w_pad[c, y, x] = (weight[c] * (1 - here[g])).sum()
    return d, w_in, w_pad


def per_channel(param, x):
    return param.reshape(-1, *[1] * (x.ndim - 1))


def batchnorm(node, params, inputs):
    x = inputs[0]
    gamma, mean, var, beta = (per_channel(params[key], x) for key in ("gamma", "mean", "var", "beta"))
    return ((gamma * (x - mean)) / np.sqrt(var + node.attrs.get("eps", 1e-5))) + beta


def instancenorm(node, params, inputs):
    if node.attrs.get("across_channels"):
        whole = type(node)(node.name, node.op, node.inputs, {"eps": node.attrs["eps"]})
        return instancenorm(whole, params, [inputs[0].reshape(1, -1)]).reshape(inputs[0].shape)
    out = np.empty_like(inputs[0])
    for c, plane in enumerate(inputs[0]):
        centered = plane - sum_in_order(plane) / plane.size
        out[c] = centered / np.sqrt(
            sum_in_order(centered * centered) / plane.size + node.attrs.get("eps", 1e-5)
        )
    return out


def sum_in_order(plane):
    total = 0.0
    for value in plane.ravel():
        total = total + value
    return total


def affine(node, params, inputs):
    return per_channel(params["gamma"], inputs[0]) * inputs[0] + per_channel(params["beta"], inputs[0])


def scale(node, params, inputs):
    return per_channel(params["alpha"], inputs[0]) * inputs[0]


def sign(node, params, inputs):
    return np.where(inputs[0] >= 0, 1.0, -1.0)


def threshold(node, params, inputs):
    x = inputs[0]
    t = per_channel(params["threshold"], x)
    direction = per_channel(params.get("direction", np.ones(len(params["threshold"]), dtype=np.int8)), x)
    return np.where(np.where(direction == 1, x >= t, x <= t), 1.0, -1.0)


def pool(node, x, combine, outside):
    (k_h, k_w), (stride_y, stride_x), (pad_y, pad_x) = (
        node.attrs[k] for k in ("kernel", "stride", "padding")
    )
    channels, height, width = x.shape
    padded = np.full((channels, height + 2 * pad_y, width + 2 * pad_x), outside)
    padded[:, pad_y : pad_y + height, pad_x : pad_x + width] = x
    out_h = (height + 2 * pad_y - k_h) // stride_y + 1
    out_w = (width + 2 * pad_x - k_w) // stride_x + 1
    out = np.empty((channels, out_h, out_w))
    for c in range(channels):
        for y in range(out_h):
            for x0 in range(out_w):
                top, left = y * stride_y, x0 * stride_x
                out[c, y, x0] = combine(padded[c, top : top + k_h, left : left + k_w])
    return out


def maxpool2d(node, params, inputs):
    return pool(node, inputs[0], np.max, -np.inf)


def avgpool2d(node, params, inputs):
    return pool(node, inputs[0], lambda window: sum_in_order(window) / window.size, 0.0)


def add(node, params, inputs):
    total = inputs[0]
    for x in inputs[1:]:
        total = total + x
    return total


def upsample2d(node, params, inputs):
    x, factor = inputs[0], node.attrs["factor"]
    channels, height, width = x.shape
    out = np.empty((channels, height * factor, width * factor))
    for y in range(height * factor):
        for x0 in range(width * factor):
            out[:, y, x0] = x[:, y // factor, x0 // factor]
    return out


OPS = {
    "batchnorm": batchnorm,
    "instancenorm": instancenorm,
    "affine": affine,
    "scale": scale,
    "sign": sign,
    "threshold": threshold,
    "maxpool2d": maxpool2d,
    "avgpool2d": avgpool2d,
    "add": add,
    "concat": lambda node, params, inputs: np.concatenate(inputs, axis=0),
    "upsample2d": upsample2d,
    "flatten": lambda node, params, inputs: inputs[0].reshape(-1),
    "hardtanh": lambda node, params, inputs: np.minimum(np.maximum(inputs[0], -1.0), 1.0),
    "identity": lambda node, params, inputs: inputs[0],
}
