"""The `.keras` file of a trained model; equal weights give equal bytes."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.constants import INPUT_SHAPE, NUM_CLASSES
from pipeline.core import messages
from pipeline.core.errors import reason
from pipeline.core.files import atomic

if TYPE_CHECKING:
    import keras

VOLATILE_KEYS = {"date_saved", "shared_object_id"}
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip member can have
SHAPES = ((None, *INPUT_SHAPE), (None, NUM_CLASSES))  # of the input and the output of every model here


def save_model(model: "keras.Model", path: Path) -> None:
    """Write `model` completely or not at all, without the date and memory addresses that Keras adds.

    Raises ValueError if the model is compiled, since Keras would save its optimizer too.
    """
    if model.compiled:
        raise ValueError(f"{path.name}: the model is compiled; save an uncompiled copy with its weights")
    with atomic(path) as stream, tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=".tmp") as folder:
        saved = Path(folder) / "model.keras"
        model.save(saved)
        with zipfile.ZipFile(saved) as source, zipfile.ZipFile(stream, "w") as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name.endswith(".json"):
                    content = json.dumps(_without_volatile_keys(json.loads(content))).encode()
                target.writestr(zipfile.ZipInfo(name, ZIP_TIME), content)


def _without_volatile_keys(value: Any) -> Any:
    """A JSON value without the keys whose values differ at every save."""
    if isinstance(value, dict):
        return {key: _without_volatile_keys(inner) for key, inner in value.items() if key not in VOLATILE_KEYS}
    return [_without_volatile_keys(inner) for inner in value] if isinstance(value, list) else value


def load_model(path: Path, precision: str = "float32") -> "keras.Model":
    """Load the model in `path`, computing in `precision`; nothing in the file is executed.

    Every layer except the output computes in `precision`; the weights stay float32. PipelineError for a file that is no
    intact model of this project, whatever Keras raises for it.
    """
    import keras

    with path.open("rb"):  # a missing or unreadable file is not a damaged one
        pass
    try:
        _require_intact(path)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
        for layer in model.layers:
            if layer.name != "output":
                layer.dtype_policy = keras.dtype_policies.get(precision)
        shapes = (model.input_shape, model.output_shape)
        if shapes != SHAPES:
            raise ValueError(f"found a model from {shapes[0]} to {shapes[1]}, expected from {SHAPES[0]} to {SHAPES[1]}")
    except Exception as error:  # of any type, for a malformed or malicious file
        raise messages.damaged_model(path, reason(error)) from None
    return model


def _require_intact(path: Path) -> None:
    """ValueError unless every member of the archive matches its checksum, and none expands beyond the file's size."""
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
            raise ValueError("its members are larger than the file")
        if damaged := archive.testzip():
            raise ValueError(damaged)
