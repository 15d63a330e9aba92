"""Write a Keras model as LiteRT and ONNX files, float32 and int8, and run them.

Every file takes raw pixels, uint8 (N, 28, 28, 1), and gives probabilities, float32 (N, 10), as the Keras model does.
"""

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError, reason

if TYPE_CHECKING:
    import keras

Answers = Callable[[np.ndarray], np.ndarray]  # pixels, uint8 (N, 28, 28, 1), to probabilities, float32 (N, 10)

FLOAT, INT = "float32", "int8"
INPUT = "pixels"  # the input's name in an ONNX file, as in the Keras model


@dataclass(frozen=True)
class Format:
    """A kind of file: how to write a model as one, and how to run one on a number of threads.

    `write` takes the Keras model, the path, and calibration images, uint8 (N, 28, 28, 1), for int8 or None for float32.
    """

    name: str
    suffix: str
    write: "Callable[[keras.Model, Path, np.ndarray | None], None]"
    load: Callable[[Path, int], Answers]


def write_litert(model: "keras.Model", path: Path, calibration: np.ndarray | None) -> None:
    """Write a `.tflite` file."""
    options = {}
    if calibration is not None:
        import tensorflow as tf

        options = {
            "optimizations": [tf.lite.Optimize.DEFAULT],
            "representative_dataset": lambda: ([image] for image in calibration[:, np.newaxis]),
        }
    model.export(path, format="litert", verbose=False, **options)


def load_litert(path: Path, threads: int) -> Answers:
    """Run a `.tflite` file with TensorFlow's interpreter."""
    import tensorflow as tf

    with warnings.catch_warnings(action="ignore"):  # it will move to another package in a later TensorFlow
        interpreter = tf.lite.Interpreter(str(path), num_threads=threads)
    (pixels,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
    shape = None

    def answer(images: np.ndarray) -> np.ndarray:
        nonlocal shape
        if images.shape != shape:
            interpreter.resize_tensor_input(pixels["index"], images.shape)
            interpreter.allocate_tensors()
            shape = images.shape
        interpreter.set_tensor(pixels["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(output["index"])

    return answer


def write_onnx(model: "keras.Model", path: Path, calibration: np.ndarray | None) -> None:
    """Write an `.onnx` file."""
    if calibration is None:
        model.export(path, format="onnx", verbose=False)
        return
    from onnxruntime.quantization import CalibrationDataReader, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.images = iter(calibration[:, np.newaxis])

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(({INPUT: image} for image in self.images), None)

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=".tmp") as folder:
        plain, prepared = f"{folder}/plain.onnx", f"{folder}/prepared.onnx"
        write_onnx(model, Path(plain), None)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(prepared, path, Reader(), per_channel=True)


def load_onnx(path: Path, threads: int) -> Answers:
    """Run an `.onnx` file with ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {INPUT: images})[0]


FORMATS = (
    Format("LiteRT", ".tflite", write_litert, load_litert),
    Format("ONNX", ".onnx", write_onnx, load_onnx),
)


@contextmanager
def working_on(path: Path) -> Iterator[None]:
    """Hide what libraries print to stderr; PipelineError, naming the file, for whatever error they raise."""
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with tempfile.TemporaryFile() as notices:
            os.dup2(notices.fileno(), 2)
            yield
    except (OSError, PipelineError):
        raise
    except Exception as error:  # of any type: four libraries convert
        raise PipelineError(f"{path.name}: cannot be written or run ({reason(error)})") from error
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
