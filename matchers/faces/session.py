"""One ONNX network on one thread."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort

from matchers.faces.contract import Vectors


class Network:
    """A network with one input; called with float32 arrays, it gives its outputs.

    One thread: a server's many requests, not one request's many threads, fill the cores.
    """

    def __init__(self, model: bytes) -> None:
        """Open a serialised ONNX model; ValueError when it is none."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ValueError("this is no ONNX network that can be run") from error
        self._input = self._session.get_inputs()[0]

    @property
    def shape(self) -> tuple[int | str | None, ...]:
        """Declared shape of the input; names and None stand for any size."""
        return tuple(self._input.shape)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in the network's order."""
        return tuple(output.name for output in self._session.get_outputs())

    def __call__(self, planes: Vectors) -> Vectors:
        """The first output for `planes` float32 [n, channels, height, width]."""
        return self.all(planes)[0]

    def all(self, planes: Vectors) -> list[Vectors]:
        """Every output, in order."""
        given = {self._input.name: np.ascontiguousarray(planes, np.float32)}
        return list(self._session.run(None, given))
