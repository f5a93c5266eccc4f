"""dlib's face recogniser, re-expressed as ONNX from its own weights file.

The network is the ResNet of dlib's `dnn_face_recognition_ex` (29 convolutions, input 150 x 150,
128 numbers out). A .dat file is the layers one after another, input side first; of each we need
the parameter tensor only. Affine layers are folded into the convolution before them. Where a
residual branch and its shortcut differ in size, dlib pads the smaller with zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from matchers.faces.contract import WeightsDamaged

SIDE = 150
DIM = 128
_MEAN_RGB = (122.782, 117.001, 104.298)
_STEM = (3, 32, 7)
# (channels in, channels out, halves the picture) of the fourteen residual blocks, in order
_BLOCKS: tuple[tuple[int, int, bool], ...] = (
    *[(32, 32, False)] * 3,
    (32, 64, True),
    *[(64, 64, False)] * 3,
    (64, 128, True),
    *[(128, 128, False)] * 2,
    (128, 256, True),
    *[(256, 256, False)] * 2,
    (256, 256, True),
)


def tensor_lengths() -> tuple[int, ...]:
    """Values in each parameter tensor, in file order: 29 times filters and affine, then dense."""
    convolutions = [_STEM]
    for inward, outward, _ in _BLOCKS:
        convolutions += [(inward, outward, 3), (outward, outward, 3)]
    pairs = [(i * o * k * k + o, 2 * o) for i, o, k in convolutions]
    return (*(n for pair in pairs for n in pair), _BLOCKS[-1][1] * DIM)


def read_tensors(data: bytes) -> list[NDArray[np.float32]]:
    """The parameter tensors of a dlib .dat file of this network, float32 [n] each.

    A tensor is serialised as version 2, four sizes as length-prefixed integers, then the values,
    little-endian. WeightsDamaged when the file holds another network.
    """
    tensors, position = [], 0
    for length in tensor_lengths():
        start = _find_tensor(data, position, length)
        tensors.append(np.frombuffer(data, "<f4", length, start))
        position = start + 4 * length
    if not all(np.isfinite(t).all() for t in tensors):
        raise WeightsDamaged("the weights hold values that are no numbers")
    return tensors


def _find_tensor(data: bytes, position: int, length: int) -> int:
    """Offset of the values of the next tensor with `length` values."""
    while (position := data.find(b"\x01\x02", position)) >= 0:
        sizes: list[int] = []
        cursor = position + 2
        while len(sizes) < 4 and cursor < len(data) and 0 < data[cursor] <= 8:
            width = data[cursor]
            sizes.append(int.from_bytes(data[cursor + 1 : cursor + 1 + width], "little"))
            cursor += 1 + width
        if len(sizes) == 4 and np.prod(sizes) == length and cursor + 4 * length <= len(data):
            return cursor
        position += 1
    raise WeightsDamaged("the weights are not those of dlib's face recogniser")


@dataclass(slots=True)
class _Graph:
    """An ONNX graph under construction."""

    tensors: Iterator[NDArray[np.float32]]
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def convolution(self, x: str, inward: int, outward: int, kernel: int, stride: int) -> str:
        """Convolution with the affine layer after it folded in; dlib pads at stride 1 only."""
        parameters, affine = next(self.tensors), next(self.tensors)
        filters = parameters[:-outward].reshape(outward, inward, kernel, kernel)
        gain, shift = affine[:outward], affine[outward:]
        weight = self.constant(filters * gain[:, None, None, None])
        bias = self.constant(parameters[-outward:] * gain + shift)
        pad = kernel // 2 if stride == 1 else 0
        return self.node(
            "Conv", x, weight, bias,
            kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
        )  # fmt: skip

    def padded(self, x: str, channels: int, pixels: int) -> str:
        """`x` with zero channels and zero rows and columns appended."""
        if channels == pixels == 0:
            return x
        pads = self.constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64))
        return self.node("Pad", x, pads, self.constant(np.zeros((), np.float32)), mode="constant")

    def residual(self, x: str, inward: int, outward: int, side: int, *, halve: bool) -> str:
        """One residual block on a picture of `side` pixels."""
        branch = self.convolution(x, inward, outward, 3, 2 if halve else 1)
        branch = self.convolution(self.node("Relu", branch), outward, outward, 3, 1)
        shortcut = x
        if halve:
            shortcut = self.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            ours, theirs = (side - 3) // 2 + 1, side // 2
            branch = self.padded(branch, 0, max(0, theirs - ours))
            shortcut = self.padded(shortcut, outward - inward, max(0, ours - theirs))
        return self.node("Relu", self.node("Add", branch, shortcut))


def as_onnx(tensors: list[NDArray[np.float32]]) -> bytes:
    """The network as a serialised ONNX model.

    Input `chips` float32 [n, 3, 150, 150], RGB 0–255; output `prints` float32 [n, 128], not of
    unit length, equal to dlib's own to about 4e-7.
    """
    graph = _Graph(iter(tensors))
    mean = graph.constant(np.array(_MEAN_RGB, np.float32).reshape(1, 3, 1, 1))
    x = graph.node("Sub", "chips", mean)
    x = graph.node("Mul", x, graph.constant(np.array([1 / 256], np.float32)))
    x = graph.node("Relu", graph.convolution(x, *_STEM, 2))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    side = 35
    for inward, outward, halve in _BLOCKS:
        x = graph.residual(x, inward, outward, side, halve=halve)
        side = max((side - 3) // 2 + 1, side // 2) if halve else side
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    dense = graph.constant(next(graph.tensors).reshape(-1, DIM))
    graph.nodes.append(helper.make_node("MatMul", [x, dense], ["prints"]))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "dlib-resnet-v1",
            [helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("prints", TensorProto.FLOAT, ["n", DIM])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
