"""From weights to a network that onnxruntime serves: the same computation as an ONNX graph, in eight bits.

The matrices of the encoder are quantised by column, with seven of the eight bits, which is exact on every
processor; what they are multiplied with is quantised as it comes. Words are kept in eight bits with a scale
each.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from annotations.extraction.neural.encoder import Shape
from annotations.extraction.neural.network import NEW, POINTER, WORDS, Weights
from annotations.extraction.neural.targets import TAGS
from annotations.extraction.neural.windows import CHANNEL_COUNT

_OPSET = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
#: what ONNX files of these operators are written as
_IR_VERSION = 9
_ATTENTION = "com.microsoft"
#: small matrices, of which whatever is found depends
_EXACT = {name for name in NEW if name.endswith(".weight")}


class _Graph:
    """Nodes and constants in the making; each method returns the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", name: str = "", **attributes: Any) -> str:
        output = name or f"{kind}_{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [output], name=output, domain=domain, **attributes)
        self.nodes.append(node)
        return output


def export(weights: Weights, shape: Shape) -> bytes:
    """Return the network as the bytes of an ONNX file, quantised.

    It takes the `pieces` and `marks` of one window, and gives the scores of `tags` and `sources`.
    """
    with tempfile.TemporaryDirectory() as folder:
        model = _model({name: weight.float().numpy() for name, weight in weights.items()}, shape)
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole,
            small,
            nodes_to_exclude=[node.name for node in model.graph.node if set(node.input) & _EXACT],
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )
        return small.read_bytes()


def _model(weights: dict[str, Any], shape: Shape) -> Any:
    graph = _Graph()
    value = _embedded(graph, weights, shape)
    for number in range(shape.layers):
        value = _layer(graph, weights, shape, value, f"encoder.layer.{number}")
    _linear(graph, weights, value, "tags", output="tag_scores")
    seeks, sought = (_linear(graph, weights, value, name) for name in ("seeks", "sought"))
    turned = graph.node("Transpose", sought, perm=[0, 2, 1])
    product = graph.node("MatMul", seeks, turned)
    scale = graph.constant("pointer_scale", np.float32(1 / POINTER**0.5))
    graph.node("Mul", product, scale, name="source_scores")
    length = "length"
    made = helper.make_graph(
        graph.nodes,
        "tagger",
        [
            helper.make_tensor_value_info("pieces", TensorProto.INT64, [1, length]),
            helper.make_tensor_value_info("marks", TensorProto.INT64, [1, length, CHANNEL_COUNT]),
        ],
        [
            helper.make_tensor_value_info("tag_scores", TensorProto.FLOAT, [1, length, len(TAGS)]),
            helper.make_tensor_value_info("source_scores", TensorProto.FLOAT, [1, length, length]),
        ],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=_OPSET, ir_version=_IR_VERSION, producer_name="attest")
    onnx.checker.check_model(model)
    return model


def _embedded(graph: _Graph, weights: dict[str, Any], shape: Shape) -> str:
    words = weights[WORDS]
    scales = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-9) / 127
    table = graph.constant("words", np.round(words / scales).astype(np.int8))
    scale = graph.constant("word_scales", scales.astype(np.float32))
    small = graph.node("Cast", graph.node("Gather", table, "pieces"), to=TensorProto.FLOAT)
    value = graph.node("Mul", small, graph.node("Gather", scale, "pieces"))
    positions = graph.constant("positions", weights["embeddings.position_embeddings.weight"][None])
    zero, one = (graph.constant(f"axis_{number}", np.array([number], dtype=np.int64)) for number in (0, 1))
    length = graph.node("Slice", graph.node("Shape", "pieces"), one, graph.constant("two", np.array([2])))
    value = graph.node("Add", value, graph.node("Slice", positions, zero, length, one))
    marks = graph.node("Gather", graph.constant("marks_table", weights["marks"]), "marks")
    axes = graph.constant("channels", np.array([2], dtype=np.int64))
    value = graph.node("Add", value, graph.node("ReduceSum", marks, axes, keepdims=0))
    return _norm(graph, weights, shape, value, "embeddings.LayerNorm")


def _layer(graph: _Graph, weights: dict[str, Any], shape: Shape, value: str, layer: str) -> str:
    parts = [
        _linear(graph, weights, value, f"{layer}.attention.self.{part}") for part in ("query", "key", "value")
    ]
    attended = graph.node("MultiHeadAttention", *parts, domain=_ATTENTION, num_heads=shape.heads)
    attended = _linear(graph, weights, attended, f"{layer}.attention.output.dense")
    value = _norm(
        graph, weights, shape, graph.node("Add", value, attended), f"{layer}.attention.output.LayerNorm"
    )
    inner = graph.node("Gelu", _linear(graph, weights, value, f"{layer}.intermediate.dense"))
    outer = _linear(graph, weights, inner, f"{layer}.output.dense")
    return _norm(graph, weights, shape, graph.node("Add", value, outer), f"{layer}.output.LayerNorm")


def _linear(graph: _Graph, weights: dict[str, Any], value: str, name: str, *, output: str = "") -> str:
    matrix = graph.constant(f"{name}.weight", weights[f"{name}.weight"].T)
    shift = graph.constant(f"{name}.bias", weights[f"{name}.bias"])
    return graph.node("Add", graph.node("MatMul", value, matrix), shift, name=output)


def _norm(graph: _Graph, weights: dict[str, Any], shape: Shape, value: str, name: str) -> str:
    scale = graph.constant(f"{name}.weight", weights[f"{name}.weight"])
    shift = graph.constant(f"{name}.bias", weights[f"{name}.bias"])
    return graph.node("LayerNormalization", value, scale, shift, axis=-1, epsilon=shape.epsilon)
