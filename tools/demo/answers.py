"""What each network says of a picture."""

import io
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from models.constants import INPUT_SHAPE
from pipeline.config.params import load_params
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256
from pipeline.core.paths import run_dir
from pipeline.runtime import model_file
from pipeline.tracking.champion import champion_model, load_champion
from tools import digit_image

LARGE = 10_000_000  # parameters; a larger network answers only while nothing is drawn


@dataclass(frozen=True)
class Network:
    """A loaded model, its name on the page, whether it is the champion, whether it is slow."""

    name: str
    model: Any
    champion: bool
    slow: bool


@dataclass(frozen=True)
class Change:
    """How a prepared digit is spoilt: rotation in degrees, noise as a standard deviation of 255, shift in pixels."""

    rotation: float = 0
    noise: float = 0
    shift: float = 0

    def apply(self, digit: np.ndarray) -> np.ndarray:
        """The digit, uint8 (28, 28, 1), changed; the noise is always the same."""
        values = ndimage.rotate(digit[..., 0].astype(float), self.rotation, reshape=False, order=1)
        values = ndimage.shift(values, (0, self.shift), order=1)
        values += np.random.default_rng(0).normal(0, 1, values.shape) * self.noise
        return values.clip(0, 255).round().astype(np.uint8)[..., np.newaxis]


def load_networks() -> list[Network]:
    """The champion, verified, and every run of params.yaml whose model is there; small ones first."""
    best = champion_model()
    promotion = load_champion().champion
    files = {name: run_dir(name) / "model.keras" for name in load_params().runs}
    files = {name: path for name, path in files.items() if _there(path)}
    same = next((name for name, path in files.items() if sha256(path) == promotion.model_sha256), None)
    if same is None:
        files = {f"{promotion.run} (champion)": best} | files
    champion = same or next(iter(files))
    networks = [_network(name, best if name == champion else path, name == champion) for name, path in files.items()]
    return sorted(networks, key=lambda network: network.slow)


def _there(path: Path) -> bool:
    if not path.is_file():
        print(f"{path.parent.name}: no model here; `dvc checkout` or `make repro` brings it", file=sys.stderr)
    return path.is_file()


def _network(name: str, path: Path, champion: bool) -> Network:
    model = model_file.load_model(path)
    model.predict_on_batch(np.zeros((1, *INPUT_SHAPE), np.uint8))  # compiles it
    return Network(name, model, champion, model.count_params() > LARGE)


class Reader:
    """Answers of all networks, one picture at a time."""

    def __init__(self, networks: list[Network]) -> None:
        self.networks = networks
        self._lock = threading.Lock()

    def read(self, picture: bytes, change: Change, slow: bool) -> dict[str, Any]:
        """What the networks see and say of a picture, for the page; `error` where it has not one digit.

        Args:
            picture: The content of a picture file.
            change: Applied to the prepared digit.
            slow: Ask the large networks instead of the small ones.
        """
        start = time.perf_counter()
        try:
            digits = digit_image.prepare_all(io.BytesIO(picture), "picture")
            if len(digits) > 1:
                raise PipelineError(f"picture: {len(digits)} digits; draw one")
        except PipelineError as error:
            return {"error": str(error).removeprefix("picture: ")}
        seen = change.apply(digits[0])
        with self._lock:
            rows = {
                network.name: network.model.predict_on_batch(seen[np.newaxis])[0].round(4).tolist()
                for network in self.networks
                if network.slow == slow
            }
        milliseconds = round(1000 * (time.perf_counter() - start))
        return {"pixels": seen.ravel().tolist(), "rows": rows, "milliseconds": milliseconds}
