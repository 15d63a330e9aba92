"""`champion.json`, which git keeps: the run that was promoted and the one before it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from pipeline.config.schema import Positive, Share, StrictModel
from pipeline.core.errors import PipelineError
from pipeline.core.paths import ROOT
from pipeline.formats.tables import write_json

PATH = ROOT / "champion.json"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Promotion(StrictModel):
    """One run as it was when it was promoted; `promoted` is a UTC time, `model_sha256` the digest of its model.keras.

    `training_id` names the very training, `input_key` every training of the same inputs.
    """

    run: str
    training_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    input_key: Digest
    data_digest: Digest
    validation_images: Positive
    val_accuracy: Share
    parameters: Positive
    model_sha256: Digest
    promoted: str

    def same_model(self, other: "Promotion") -> bool:
        """Whether both are the same bytes, trained from the same inputs."""
        return (self.input_key, self.model_sha256) == (other.input_key, other.model_sha256)

    def comparable(self, other: "Promotion") -> bool:
        """Whether both were validated on the same images of the same data."""
        return (self.data_digest, self.validation_images) == (other.data_digest, other.validation_images)


class Champion(StrictModel):
    """The promoted run, and the one that it replaced."""

    champion: Promotion
    previous: Promotion | None


def load_champion_file(path: Path = PATH) -> Champion | None:
    """What was promoted, None if nothing was; PipelineError if the file is damaged."""
    if not path.exists():
        return None
    try:
        return Champion.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise PipelineError(f"{path.name}: {place}: {first['msg']}; restore it with `git checkout`") from None


def save_champion_file(champion: Champion, path: Path = PATH) -> None:
    """Write it whole or not at all."""
    write_json(path, champion.model_dump())
