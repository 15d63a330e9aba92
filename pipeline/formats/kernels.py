"""Read the kernels of a `.keras` file without TensorFlow."""

import zipfile
from pathlib import Path

import h5py
import numpy as np

from pipeline.core import messages
from pipeline.core.errors import reason

WEIGHTS = "model.weights.h5"  # inside a .keras file


def read_kernels(path: Path) -> dict[str, np.ndarray]:
    """Layer name to kernel, float32, in no particular order; PipelineError if the file is not a Keras model."""
    kernels = {}
    try:
        with zipfile.ZipFile(path) as archive, archive.open(WEIGHTS) as stream, h5py.File(stream, "r") as stored:
            for layer in stored["layers"].values():
                if "0" in layer["vars"] and layer["vars/0"].ndim > 1:  # biases and moving averages have one axis
                    kernels[str(layer["vars"].attrs["name"])] = layer["vars/0"][:]
    except Exception as error:  # of any type, for a malformed file
        raise messages.damaged_model(path, reason(error)) from None
    return kernels
