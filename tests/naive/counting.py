"""What one MAC node does on the arrays in one image and pass, cell by cell."""

import numpy as np


def count_activity(graph, node, value):
    """(matches, cell reads, driven word lines) for the value that the node reads; signs are not rescaled."""
    spec, is_input = graph.input, graph.domains[node.inputs[0]] == "input"
    weight = node.params["weight"]
    if node.op == "linear":
        value, weight = value.reshape(-1, 1, 1), weight[:, :, None, None]
    driven = np.ones(value.shape, dtype=bool)
    if not is_input:
        planes, driven = [np.sign(value)], value != 0
    else:
        codes = np.rint((value - spec.offset) / spec.scale).astype(int)
        planes = [codes] if spec.bits == 1 else [2 * (codes >> b & 1) - 1 for b in range(spec.bits)]
    pad_value = 0 if is_input else node.attrs.get("pad_value", 0)
    counts = [count_plane(node, weight, plane, driven, pad_value) for plane in planes]
    return tuple(np.sum(counts, axis=0))


def count_plane(node, weight, signs, driven, pad_value):
    (pad_y, pad_x), (stride_y, stride_x) = node.attrs.get("padding", (0, 0)), node.attrs.get("stride", (1, 1))
    border = ((0, 0), (pad_y, pad_y), (pad_x, pad_x))
    signs = np.pad(signs, border, constant_values=pad_value)
    driven = np.pad(driven, border, constant_values=pad_value != 0)
    c_out, width, k_h, k_w = weight.shape
    groups = node.attrs.get("groups", 1)
    matches = reads = rows = 0
    for y in range(0, signs.shape[1] - k_h + 1, stride_y):
        for x in range(0, signs.shape[2] - k_w + 1, stride_x):
            for g in range(groups):
                at = np.s_[g * width : (g + 1) * width, y : y + k_h, x : x + k_w]
                rows += int(driven[at].sum())
                for c in range(g * c_out // groups, (g + 1) * c_out // groups):
                    reads += int(driven[at].sum())
                    matches += int((driven[at] & (signs[at] == weight[c])).sum())
    return matches, reads, rows
