"""The trained artefact: one `.keras` file, the same bytes for the same weights."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import files
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    import keras

CHANGING = {"date_saved", "shared_object_id"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip member can have


def save(model: "keras.Model", path: Path) -> None:
    """Write `model` whole or not at all, without the date and the addresses that Keras puts into the file.

    ValueError if the model is compiled, since Keras would put its optimizer into the file too.
    """
    if model.compiled:
        raise ValueError(f"{path.name}: the model is compiled; save one that is built anew and has its weights")
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.keras"
        model.save(saved)
        with zipfile.ZipFile(saved) as source, files.atomic(path) as stream, zipfile.ZipFile(stream, "w") as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name.endswith(".json"):
                    content = json.dumps(_lasting(json.loads(content))).encode()
                target.writestr(zipfile.ZipInfo(name, EPOCH), content)


def _lasting(value: Any) -> Any:
    """A JSON value without what is another one each time: the date, and addresses in memory."""
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items() if key not in CHANGING}
    return [_lasting(inner) for inner in value] if isinstance(value, list) else value


def load(path: Path, precision: str = "float32") -> "keras.Model":
    """The model in `path`, computing in `precision`; nothing in the file is executed.

    Every layer but the output follows `precision`; the weights stay float32. PipelineError for a damaged file.
    """
    import keras

    _require_sound(path)
    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    for layer in model.layers:
        if layer.name != "output":
            layer.dtype_policy = keras.dtype_policies.get(precision)
    return model


def _require_sound(path: Path) -> None:
    """PipelineError unless every member of the archive has its checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except zipfile.BadZipFile as error:
        bad = str(error)
    if bad:
        remedy = f"remove it, then run `dvc checkout`, or `dvc repro --force train@{path.parent.name}`"
        raise PipelineError(f"{path}: damaged ({bad}); {remedy}")
