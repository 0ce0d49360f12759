"""The values pass with everything it computes and every mask it draws written down."""

import numpy as np
from naive.interpreter import interpret

from cimsim.mapping.folding import fold
from cimsim.mapping.states import scalar_nodes
from cimsim.sim.chunk import Chunk
from cimsim.sim.element_masks import ElementMasks
from cimsim.sim.network import Network


class Recorded(ElementMasks):
    """Element masks that remember what they gave, by name of the node or of the reading MAC."""

    def __init__(self, graph, seed):
        super().__init__(graph, seed)
        self.flags, self.redraws, self.normals = {}, {}, {}

    def kept(self, node, n_rows, raster):
        self.flags[node.name] = (super().kept(node, n_rows, raster), raster[2])
        return self.flags[node.name][0]

    def redrawn(self, reader, layer, n_rows):
        found = super().redrawn(reader, layer, n_rows)
        if found is not None:
            self.redraws[reader.name] = found
        return found

    def alphas(self, node, n_rows):
        self.normals[node.name] = super().alphas(node, n_rows)
        return self.normals[node.name]


class Watched(Chunk):
    """A chunk that keeps every tensor it materialises."""

    def __init__(self, network, codes, masks):
        super().__init__(network, codes, masks)
        self.seen = {}

    def _drop(self, node, tensor):
        found = super()._drop(node, tensor)
        self.seen[node.name] = (found, self._table_behind(node.name))
        return found


def unpack(words, channels):
    """(..., words) to booleans (..., channels)."""
    bits = (words[..., :, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    return bits.reshape(*words.shape[:-1], -1)[..., :channels].astype(bool)


def keeps_of_pass(graph, recorded, row):
    """Keep masks of one (image, pass) as the interpreter wants them; masks with p of 0 or 1 included."""
    keeps = {}
    for node in graph.nodes:
        if node.dropout is None or node.dropout.kind not in ("element", "element_redraw", "spatial"):
            continue
        shape = graph.shapes[node.name]
        if node.dropout.kind == "element_redraw":
            keeps[node.name] = {
                mac.name: redraw_of_pass(graph, recorded, mac, row, node) for mac in readers(graph, node)
            }
        elif node.dropout.p in (0.0, 1.0):
            keeps[node.name] = np.full(
                shape[:1] if node.dropout.kind == "spatial" else shape, node.dropout.p == 0.0
            )
        else:
            flags, channels = recorded.flags[node.name]
            found = unpack(flags[row], channels).transpose(2, 0, 1)
            keeps[node.name] = found.ravel() if node.dropout.kind == "spatial" else found.reshape(shape)
    return keeps


def readers(graph, node):
    found = []
    for consumer in graph.consumers(node.name):
        found += [consumer] if consumer.is_mac else readers(graph, consumer)
    return found


def redraw_of_pass(graph, recorded, mac, row, node):
    channels, *_ = graph.shapes[mac.inputs[0]]
    if mac.op == "linear":
        if node.dropout.p in (0.0, 1.0):
            return np.full(channels, node.dropout.p == 0.0)
        flags = recorded.redraws[mac.name]
        h, w = flags.shape[3:5]
        return unpack(flags[row][0, 0], channels // (h * w)).transpose(2, 0, 1).ravel()
    if node.dropout.p in (0.0, 1.0):
        size = (*graph.shapes[mac.name][1:], channels, *mac.params["weight"].shape[-2:])
        return np.full(size, node.dropout.p == 0.0)
    flags = recorded.redraws[mac.name]
    return unpack(flags[row], channels).transpose(0, 1, 4, 2, 3)


def check_against_interpreter(graph, x, masks, seed=0):
    """Every tensor of every image and pass equals the interpreter's, bit for bit; returns its outputs."""
    network = Network(graph, fold(graph), seed)
    network.element_masks = recorded = Recorded(graph, seed)
    watched = Watched(network, x, masks)
    watched.run()
    n_images, n_passes = masks.shape[:2]
    names = [node.name for node in scalar_nodes(graph)]
    outputs = np.empty((n_images, n_passes, *graph.shapes[graph.output]))
    for image in range(n_images):
        for t in range(n_passes):
            row = image * n_passes + t
            alphas = {name: drawn[row] for name, drawn in recorded.normals.items()}
            states = dict(zip(names, masks[image, t].tolist(), strict=True))
            keeps = keeps_of_pass(graph, recorded, row)
            expected = interpret(graph, x[image], states, keeps, alphas)
            for name, (tensor, table) in watched.seen.items():
                found = tensor.take(table.row_of[image, t : t + 1]).real()[0]
                np.testing.assert_array_equal(found, expected[name], err_msg=name)
            outputs[image, t] = expected[graph.output]
    return outputs
