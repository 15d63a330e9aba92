"""The champion: `champion/model.keras`, its card, and `champion/champion.json`, which says what it is; kept in git."""

from pathlib import Path

from pydantic import ValidationError

from pipeline.config.schema import Positive, Share, StrictModel
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256, write_bytes
from pipeline.core.paths import CHAMPION
from pipeline.formats.result_files import Digest, TrainingId
from pipeline.formats.tables import write_json

RECORD, MODEL, CARD = "champion.json", "model.keras", "card.md"
MAX_MODEL_BYTES = 50_000_000  # git hosts warn of larger files or refuse them


class Promotion(StrictModel):
    """A run as it was when it was promoted; `promoted` is a UTC time, `model_sha256` the digest of its model.keras.

    `training_id` names one training, `input_key` all trainings of the same inputs. Two promotions are of the same model
    if their `model_sha256` is the same.
    """

    run: str
    training_id: TrainingId
    input_key: Digest
    data_digest: Digest
    validation_images: Positive
    val_accuracy: Share
    parameters: Positive
    model_sha256: Digest
    promoted: str

    def comparable(self, other: "Promotion") -> bool:
        """Whether both were validated on the same images of the same data."""
        return (self.data_digest, self.validation_images) == (other.data_digest, other.validation_images)


class Champion(StrictModel):
    """The content of champion.json: the promoted run and the one that it replaced."""

    champion: Promotion
    previous: Promotion | None


def load_champion(folder: Path = CHAMPION) -> Champion | None:
    """The content of champion.json, None if there is no such file; PipelineError if it is damaged."""
    path = folder / RECORD
    if not path.exists():
        return None
    try:
        return Champion.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise PipelineError(f"{_name(path)}: {place}: {first['msg']}; restore it with `git checkout`") from None


def verify_model(promotion: Promotion, folder: Path = CHAMPION) -> Path:
    """The champion's model file; PipelineError unless its SHA-256 is that of `promotion`."""
    path = folder / MODEL
    remedy = f"run `git checkout {folder.name}`, or `make promote`"
    if not path.is_file():
        raise PipelineError(f"{_name(path)}: not found, but {RECORD} names it ({promotion.run}); {remedy}")
    if (found := sha256(path)) != promotion.model_sha256:
        digests = f"its SHA-256 is {found[:12]}…, but {RECORD} names {promotion.model_sha256[:12]}…"
        raise PipelineError(f"{_name(path)}: {digests}; {remedy}")
    return path


def champion_model(folder: Path = CHAMPION) -> Path:
    """The champion's model file, verified by its SHA-256; PipelineError if there is none, or another file."""
    champion = load_champion(folder)
    if champion is None:
        raise PipelineError(f"{_name(folder / RECORD)}: not found; run `make promote` to choose one")
    return verify_model(champion.champion, folder)


def champion_card(folder: Path = CHAMPION) -> Path | None:
    """The champion's model card; None if there is none, as beside a champion of an older version."""
    return folder / CARD if (folder / CARD).is_file() else None


def save_champion(champion: Champion, source: Path, folder: Path = CHAMPION) -> None:
    """Copy the model and the card in `source`, a run's folder, to champion/, then write champion.json.

    In this order, an interruption leaves a model that champion.json does not name, never a name without a model.
    """
    for name in (MODEL, CARD):
        write_bytes(folder / name, (source / name).read_bytes())
    write_json(folder / RECORD, champion.model_dump())


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
