"""The layers of a transformer as one graph that onnxruntime runs, their large products in whole numbers.

Weights are kept in eight bits with one scale a row (`extract/weights.py`); here each vector that meets
them is made whole numbers as well, by a scale of its own ("dynamic quantisation", a token at a time, as in
ZeroQuant, Yao and others, 2022), so that processors multiply bytes. What that costs in accuracy and what
it saves in time stands in docs/decisions/extraction.md, point 80.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Array = NDArray[np.float32]

SCALE = "/scale"  # follows the name of what it scales
EPSILON = 1e-12  # keeps a variance above 0, as in BERT
_STEPS = 127  # of a whole number of eight bits, on either side of zero
_ZERO = 128  # what stands for 0 in a vector's bytes
_LEAST = 1e-9  # the farthest that a vector of zeros is taken to reach
_OURS, _THEIRS = "", "com.microsoft"  # the standard's operators and onnxruntime's own
_OPSETS = (helper.make_opsetid(_OURS, 18), helper.make_opsetid(_THEIRS, 1))
_PROVIDERS = ["CPUExecutionProvider"]
_IR = 10  # of the file format; the first that has everything used here
_CONSTANTS: dict[str, NDArray[Any]] = {
    "last": np.array([-1], np.int64),  # an axis, or a shape of one axis
    "step": np.array(1 / _STEPS, np.float32),
    "zero": np.array(_ZERO, np.uint8),
    "one": np.array(1, np.float32),
    "least": np.array(_LEAST, np.float32),
}
# onnxruntime's fusion of a sum and the norm behind it takes several times as long as the two
_SLOW = ["SkipLayerNormFusion"]


class _Graph:
    """Nodes in the order in which they were added, and the weights that they read."""

    def __init__(self, stored: Mapping[str, NDArray[Any]], heads: int) -> None:
        self.stored, self.heads = stored, heads
        self.nodes: list[NodeProto] = []
        self.weights: dict[str, NDArray[Any]] = {}

    def add(self, operator: str, given: Sequence[str], domain: str = _OURS, **settings: Any) -> str:
        """Add a node with one output; returns that output's name."""
        (name,) = self.add_split(operator, given, 1, domain, **settings)
        return name

    def add_split(
        self, operator: str, given: Sequence[str], outputs: int, domain: str = _OURS, **settings: Any
    ) -> list[str]:
        names = [f"{operator}.{len(self.nodes)}.{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, given, names, domain=domain, **settings))
        return names

    def plain(self, name: str) -> str:
        """A small array of the weights, as it is."""
        self.weights[name] = np.asarray(self.stored[name], np.float32)
        return name

    def multiply(self, x: str, name: str) -> str:
        """Vectors times a large map, without its bias."""
        self.weights[name] = np.ascontiguousarray(np.asarray(self.stored[name], np.int8).T)
        self.weights[name + SCALE] = np.asarray(self.stored[name + SCALE], np.float32)
        ends = [self.add("ReduceMax", [x, "last"]), self.add("Neg", [self.add("ReduceMin", [x, "last"])])]
        step = self.add("Mul", [self.add("Max", [*ends, "least"]), "step"])  # of each vector
        steps = self.add("Reshape", [step, "last"])
        zeros = self.add("Expand", ["zero", self.add("Shape", [steps])])
        whole = self.add("QuantizeLinear", [x, steps, zeros], axis=1)
        product = self.add("MatMulIntegerToFloat", [whole, name, "one", name + SCALE, "zero"], domain=_THEIRS)
        return self.add("Mul", [product, step])

    def add_and_norm(self, x: str, before: str, bias: str, norm: str) -> str:
        whole = self.add("Add", [self.add("Add", [x, self.plain(bias)]), before])
        return self.norm(whole, norm)

    def norm(self, x: str, name: str) -> str:
        given = [x, self.plain(name), self.plain(name + "_bias")]
        return self.add("LayerNormalization", given, epsilon=EPSILON, axis=-1)

    def layer(self, x: str, p: str, near: str | None) -> str:
        """One layer of BERT's shape; its weights' names begin with `p`."""
        parts = self.add_split("Split", [self.multiply(x, p + "mixed")], 3, axis=-1, num_outputs=3)
        given = [*parts, self.plain(p + "mixed_bias"), *(("", near) if near else ())]
        seen = self.add("MultiHeadAttention", given, domain=_THEIRS, num_heads=self.heads)
        x = self.add_and_norm(self.multiply(seen, p + "out"), x, p + "out_bias", p + "norm")
        given = [self.multiply(x, p + "inner"), self.plain(p + "inner_bias")]
        inner = self.add("FastGelu", given, domain=_THEIRS)
        return self.add_and_norm(self.multiply(inner, p + "outer"), x, p + "outer_bias", p + "last_norm")


class Layers:
    """All layers, after a norm: vectors in, as many vectors out.

    Args:
        stored: weights by the names of `extract/weights.py`.
        heads: of each layer's attention.

    Raises:
        KeyError: something is missing.
    """

    def __init__(self, stored: Mapping[str, NDArray[Any]], heads: int) -> None:
        graph = _Graph(stored, heads)
        width = len(stored["norm"])
        near = "near" if "relative" in stored else None
        x = graph.norm("x", "norm")
        layer = 0
        while f"layers.{layer}.mixed" in stored:
            x = graph.layer(x, f"layers.{layer}.", near)
            layer += 1
        given: dict[str, Sequence[int | str]] = {"x": [1, "n", width]}
        if near:
            given[near] = [1, heads, "n", "n"]
        self._session = _session(_model(graph, given, {x: [1, "n", width]}), graph.weights)

    def __call__(self, x: Array, near: Array | None) -> Array:
        """Vectors of shape (n, width), read; `near`, shape (heads, n, n), is added to the attention."""
        given = {"x": x[None]} | ({} if near is None else {"near": near[None]})
        (found,) = self._session.run(None, given)
        return np.asarray(found[0], np.float32)


def _model(
    graph: _Graph, given: Mapping[str, Sequence[int | str]], wanted: Mapping[str, Sequence[int | str]]
) -> ModelProto:
    """The graph as a file without its weights: they are handed over beside it."""
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in named.items()]
        for named in (given, wanted)
    )
    constants = [numpy_helper.from_array(array, name) for name, array in _CONSTANTS.items()]
    constants += [_elsewhere(name, array) for name, array in graph.weights.items()]
    found = helper.make_graph(graph.nodes, "layers", inputs, outputs, constants)
    return helper.make_model(found, opset_imports=_OPSETS, ir_version=_IR)


def _elsewhere(name: str, array: NDArray[Any]) -> TensorProto:
    """Weights of which only name, type and shape are told."""
    told = TensorProto(
        name=name,
        data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
        dims=array.shape,
        data_location=TensorProto.EXTERNAL,
    )
    told.external_data.add(key="location", value=name)
    return told


def _session(model: ModelProto, weights: Mapping[str, NDArray[Any]]) -> onnxruntime.InferenceSession:
    options = _options()
    if not _adds_exactly():
        options.add_session_config_entry("session.x64quantprecision", "1")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, _PROVIDERS, disabled_optimizers=_SLOW
    )


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    # one core: sums come out the same wherever it runs, and whoever has more cores reads texts side by side
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    return options


@cache
def _adds_exactly() -> bool:
    """Whether this processor's products of bytes are exact.

    Old ones (x86 without VNNI) add pairs of them in sixteen bits, which overflow. onnxruntime then knows a
    slower way, but takes three times as long by it on processors that have no need of it.
    """
    highest, length = np.iinfo(np.uint8).max, 64
    weights = np.full((length, length), _STEPS, np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "weights"], ["y"])],
        "probe",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, length])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [1, length])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=_OPSETS, ir_version=_IR)
    probe = onnxruntime.InferenceSession(model.SerializeToString(), _options(), _PROVIDERS)
    (found,) = probe.run(None, {"x": np.full((1, length), highest, np.uint8)})
    return bool((found == highest * _STEPS * length).all())
