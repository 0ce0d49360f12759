"""Random small networks of every operation, encoding and kind of dropout, with exact ties on purpose."""

import numpy as np

from cimsim.workload import build_graph

SCALAR = ("scale", "affine", "instances", "ensemble")
ELEMENTWISE = ("element", "element_redraw", "spatial")


class Builder:
    """Grows a spec node by node; the wanted kinds of dropout and their probabilities are options."""

    def __init__(self, rng, kinds=(*SCALAR, *ELEMENTWISE, "gaussian_scale"), probabilities=(0.3, 0.5, 0.8)):
        self.rng, self.kinds, self.probabilities = rng, kinds, probabilities
        self.nodes, self.arrays = [], {}
        self.n_members = int(rng.integers(2, 4))

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def chance(self, p):
        return self.rng.random() < p

    def add(self, op, inputs, arrays=None, dropout=None, **attrs):
        name = f"{op}{len(self.nodes)}"
        node = {"name": name, "op": op, "inputs": list(inputs), **attrs}
        if dropout is not None:
            node["dropout"] = dropout
        self.nodes.append(node)
        self.arrays.update({f"{name}.{key}": array for key, array in (arrays or {}).items()})
        return name

    def numbers(self, n):
        """Halves around zero (ties are then common), zeros included, or anything."""
        if self.chance(0.6):
            return self.rng.integers(-3, 4, n) / 2
        return self.rng.normal(size=n) * self.pick([0.1, 1.0, 10.0])

    def signs(self, *shape):
        return self.rng.choice(np.array([-1, 1], dtype=np.int8), shape)

    def dropout(self, allowed, share=0.35):
        options = [kind for kind in allowed if kind in self.kinds]
        if not options or not self.chance(share):
            return None
        kind = self.pick(options)
        found = {"kind": kind}
        if kind in ("scale", "affine", *ELEMENTWISE):
            found["p"] = self.pick(self.probabilities)
        if kind in ELEMENTWISE and found["p"] < 1 and self.chance(0.4):
            found["rescale"] = True
        return found

    def stacked(self, arrays, dropout, keys=None):
        """Give parameters a leading member axis where the dropout asks for one."""
        kind = dropout["kind"] if dropout else None
        if kind == "ensemble" or (kind == "instances" and keys):
            for key in keys or arrays:
                count = self.n_members
                arrays[key] = np.stack(
                    [arrays[key]] + [self.rng.permuted(arrays[key]) for _ in range(count - 1)]
                )
        return arrays

    def normalization(self, source, channels, allowed=SCALAR):
        """One monotone node on real values."""
        op = self.pick(["batchnorm", "batchnorm", "scale", "affine", "hardtanh", "identity"])
        if op in ("hardtanh", "identity"):
            return self.add(op, [source])
        dropout = self.dropout(
            [
                k
                for k in allowed
                if k
                in {
                    "batchnorm": ("scale", "affine", "ensemble"),
                    "scale": ("scale", "ensemble", "gaussian_scale"),
                    "affine": ("affine", "ensemble"),
                }[op]
            ]
        )
        attrs, arrays = {}, {}
        if op == "batchnorm":
            is_plain = self.chance(0.5)
            attrs["eps"] = 0.0 if is_plain else 1e-5
            var = np.full(channels, 4.0) if is_plain else self.rng.uniform(0.1, 3.0, channels)
            arrays = {
                "gamma": self.numbers(channels),
                "beta": self.numbers(channels),
                "mean": self.numbers(channels),
                "var": var,
            }
        elif op == "scale":
            arrays = {"alpha": self.numbers(channels)}
        else:
            arrays = {"gamma": self.numbers(channels), "beta": self.numbers(channels)}
        if dropout and dropout["kind"] == "scale" and self.chance(0.4):
            arrays["dropped_alpha"] = self.numbers(channels)
        if dropout and dropout["kind"] == "gaussian_scale":
            arrays["alpha_std"] = np.abs(self.numbers(channels))
        return self.add(op, [source], self.stacked(arrays, dropout), dropout, **attrs)

    def pool(self, op, source, shape, dropout=None):
        kernel = [int(self.rng.integers(1, min(3, side) + 1)) for side in shape[1:]]
        padding = [int(self.rng.integers(0, k // 2 + 1)) for k in kernel]
        stride = [int(self.rng.integers(1, 3)) for _ in kernel]
        out = tuple(
            (s + 2 * p - k) // t + 1 for s, p, k, t in zip(shape[1:], padding, kernel, stride, strict=True)
        )
        name = self.add(op, [source], None, dropout, kernel=kernel, stride=stride, padding=padding)
        return name, (shape[0], *out)

    def mac(self, source, shape, kind):
        """A convolution or a linear layer; the result is real."""
        if len(shape) == 1:
            weight, attrs = self.signs(int(self.rng.integers(2, 6)), shape[0]), {}
            out = weight.shape[:1]
            op = "linear"
        else:
            groups = self.pick([g for g in (1, 1, 1, 2, 3) if shape[0] % g == 0])
            c_out = groups * int(self.rng.integers(1, 4))
            padding = [int(p) for p in self.rng.integers(0, 3, 2)]
            kernel = [
                int(self.rng.integers(1, min(3, s + 2 * p) + 1))
                for s, p in zip(shape[1:], padding, strict=True)
            ]
            stride = [int(s) for s in self.rng.integers(1, 3, 2)]
            pad_value = self.pick([0, -1, 1] if kind == "sign" else [0, -1, 0.3])
            if any(node.get("dropout", {}).get("rescale") for node in self.nodes):
                pad_value = 0
            weight = self.signs(c_out, shape[0] // groups, *kernel)
            attrs = {"padding": padding, "stride": stride, "groups": groups, "pad_value": pad_value}
            out = (
                c_out,
                *(
                    (s + 2 * p - k) // t + 1
                    for s, p, k, t in zip(shape[1:], padding, kernel, stride, strict=True)
                ),
            )
            op = "conv2d"
        dropout = self.dropout(("instances", "ensemble", "element"), 0.25)
        arrays = {"weight": weight}
        if self.chance(0.4):
            arrays["bias"] = self.numbers(out[0])
        is_member = dropout and dropout["kind"] == "instances"
        return self.add(
            op, [source], self.stacked(arrays, dropout, ["weight"] if is_member else None), dropout, **attrs
        ), out

    def decision(self, source, channels, dropout):
        if self.chance(0.5):
            return self.add("sign", [source], None, dropout)
        arrays = {"threshold": self.numbers(channels)}
        if self.chance(0.6):
            arrays["direction"] = self.signs(channels)
        return self.add("threshold", [source], arrays, dropout)

    def signed(self, source, shape, allowed=(*SCALAR, "gaussian_scale")):
        """A chain from real values down to signs, pools before and after the decision."""
        for _ in range(int(self.rng.integers(0, 3))):
            source = self.normalization(source, shape[0], allowed)
        if len(shape) == 3 and self.chance(0.3):
            source, shape = self.pool("maxpool2d", source, shape)
            if self.chance(0.5):
                source = self.normalization(source, shape[0], allowed)
        source = self.decision(source, shape[0], self.dropout(ELEMENTWISE[::2], 0.2))
        if len(shape) == 3 and self.chance(0.3):
            source, shape = self.pool("maxpool2d", source, shape, self.dropout(("element", "spatial"), 0.3))
        return source, shape

    def redrawn(self, source, shape):
        """A word-line mask of its own in front of one MAC."""
        dropout = self.dropout(("element_redraw",), 0.25)
        return self.add("identity", [source], None, dropout) if dropout else source

    def sign_step(self, source, shape):
        """Something that keeps signs signs."""
        op = self.pick(["identity", "hardtanh", "upsample2d", "concat"])
        if op == "upsample2d" and len(shape) == 3 and max(shape[1:]) < 5:
            return self.add(op, [source], None, None, factor=2), (shape[0], 2 * shape[1], 2 * shape[2])
        if op == "concat" and shape[0] < 8:
            return self.add(op, [source, source]), (2 * shape[0], *shape[1:])
        return self.add("identity", [source], None, self.dropout(("element", "spatial"), 0.5)), shape

    def residual(self, source, shape):
        """Real arithmetic between signs: a sum of two branches, an average, a normalisation."""
        left, out = self.mac(source, shape, "sign")
        total = self.add("add", [left, self.normalization(left, out[0])]) if self.chance(0.7) else left
        if len(out) == 3 and self.chance(0.4):
            total, out = self.pool("avgpool2d", total, out)
        if self.chance(0.3):
            across = len(out) == 1 or self.chance(0.5)
            total = self.add("instancenorm", [total], None, None, eps=1e-3, across_channels=across)
        if self.chance(0.3):
            total = self.add("identity", [total], None, self.dropout(("element", "spatial"), 0.5))
        return self.signed(total, out)

    def grow(self, shape):
        source, kind = "input", "input"
        if len(shape) == 3 and self.chance(0.2):
            source, shape = self.add("flatten", [source]), (int(np.prod(shape)),)
        for _ in range(int(self.rng.integers(1, 4))):
            if kind == "sign" and self.chance(0.3):
                source, shape = self.sign_step(source, shape)
            if kind == "sign" and self.chance(0.4):
                source, shape = self.residual(source, shape)
                continue
            name, out = self.mac(self.redrawn(source, shape) if kind == "sign" else source, shape, kind)
            source, shape = self.signed(name, out)
            kind = "sign"
        if len(shape) == 3:
            source, shape = (
                self.add("flatten", [source], None, self.dropout(("element",), 0.2)),
                (int(np.prod(shape)),),
            )
        source = self.redrawn(source, shape)
        output = self.add("linear", [source], {"weight": self.signs(3, shape[0])})
        return self.normalization(output, 3) if self.chance(0.5) else output


def random_spec(seed, **options):
    """Spec and arrays of a random network."""
    rng = np.random.default_rng(seed)
    builder = Builder(rng, **options)
    shape = [int(rng.integers(1, 4)), int(rng.integers(3, 7)), int(rng.integers(3, 7))]
    bits = builder.pick([1, 2, 8])
    fed = {
        "shape": shape,
        "bits": bits,
        "signed": bool(bits > 1 and rng.integers(2)),
        "scale": builder.pick([1.0, 1 / 128, 0.3, -0.5]),
        "offset": builder.pick([0.0, 0.0, 0.1, -3.0]),
    }
    output = builder.grow(tuple(shape))
    spec = {
        "format": "cimsim-workload/1",
        "name": "random",
        "task": "classification",
        "input": fed,
        "nodes": builder.nodes,
        "output": output,
    }
    return spec, builder.arrays


def random_graph(seed, **options):
    """A validated random network."""
    return build_graph(*random_spec(seed, **options))


def random_images(graph, n_images, seed):
    """Encoded inputs (n_images, *shape) int16."""
    rng = np.random.default_rng(seed)
    spec = graph.input
    size = (n_images, *spec.shape)
    if spec.bits == 1:
        return rng.choice(np.array([-1, 1], dtype=np.int16), size)
    low = -(1 << (spec.bits - 1)) if spec.signed else 0
    return rng.integers(low, low + (1 << spec.bits), size, dtype=np.int16)
