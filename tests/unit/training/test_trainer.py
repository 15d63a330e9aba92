"""Asked to stop after any step, of training or of validation, a training goes on there and ends in the same numbers."""

from pathlib import Path

import keras
import numpy as np
import pytest

from models.layers import Dense, Dropout, Flatten
from pipeline.config import params
from pipeline.core.errors import Interrupted
from pipeline.dataset import batches
from pipeline.resume import checkpoint
from pipeline.resume.interruption import InterruptHandler
from pipeline.training import callbacks, optimizers
from pipeline.training.progress import Progress
from pipeline.training.trainer import Trainer
from tests.support import small_network

EPOCHS, STEPS, VALIDATIONS = 2, 3, 2
ASKED = STEPS + VALIDATIONS + 1  # times an epoch that it asks whether to stop: the last is after its checkpoint
IDENTITY = {"replicas": 1}
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")


class StopAt(InterruptHandler):
    """Says yes when it is asked for the `number`-th time."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def reason(self) -> str | None:
        """A reason once the time has come."""
        self.left -= 1
        return "asked to" if self.left == 0 else None


def training(folder: Path, stop: InterruptHandler) -> Trainer:
    """Of a small network with dropout and batch normalisation, as it begins or as its last checkpoint left it."""
    folder.mkdir(exist_ok=True)
    changes = {"epochs": EPOCHS, "batch_size": 8, "training_images": 20}
    protocol = params.load_params().run("lenet-dropout").protocol.model_copy(update=changes)
    keras.utils.set_random_seed(1)
    model = small_network.small_model((Flatten(), Dense(4), Dropout(0.5)), pooling=False, batch_norm=True)
    optimizers.compile_model(model, protocol)
    rng = np.random.default_rng(0)
    images = {
        split: (rng.integers(0, 256, (count, 28, 28, 1), np.uint8), rng.integers(0, 10, count, np.uint8))
        for split, count in (("train", protocol.training_images), ("validation", batches.VALIDATION_BATCH_SIZE + 1))
    }
    progress, arrays = checkpoint.load_checkpoint(folder, IDENTITY) or (Progress(), None)
    return Trainer(model, protocol, images, folder, IDENTITY, progress, stop, arrays)


def ended(one: Trainer) -> tuple[list, list]:
    """All numbers that a training ended with."""
    return one.progress.history, [value.tolist() for value in one.numbers()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list, list]:
    """What it ends with when nobody asks it to stop."""
    one = training(tmp_path_factory.mktemp("training") / "undisturbed", StopAt(0))
    one.run(lambda: None)
    assert one.stop.left == -EPOCHS * ASKED
    return ended(one)


@pytest.mark.parametrize("number", range(1, EPOCHS * ASKED + 1))
def test_asked_to_stop_it_stops_there_and_goes_on_there(number, tmp_path, undisturbed):
    begun = training(tmp_path / "begun", StopAt(number))
    with pytest.raises(Interrupted, match="asked to"):
        begun.run(lambda: None)
    epoch, asked = divmod(number, ASKED)
    resumed = training(tmp_path / "begun", StopAt(0))
    assert (resumed.progress.epoch, resumed.progress.step) == (epoch, min(asked, STEPS))
    assert (resumed.progress.trained is not None) == (asked >= STEPS)
    resumed.run(lambda: None)
    assert ended(resumed) == undisturbed


def test_without_the_seed_generators_it_does_not(tmp_path, monkeypatch, undisturbed):
    """The negative control: the comparison above can fail."""
    whole = Trainer.state

    def without_seeds(one):
        return [each for each in whole(one) if "seed" not in getattr(each, "path", "")]

    monkeypatch.setattr(Trainer, "state", without_seeds)
    begun = training(tmp_path / "begun", StopAt(1))
    with pytest.raises(Interrupted):
        begun.run(lambda: None)
    resumed = training(tmp_path / "begun", StopAt(0))
    resumed.run(lambda: None)
    assert resumed.progress.history != undisturbed[0]


def test_interrupted_in_its_validation_it_validates_without_training(tmp_path):
    begun = training(tmp_path / "begun", StopAt(STEPS + 1))
    with pytest.raises(Interrupted):
        begun.run(lambda: None)
    resumed = training(tmp_path / "begun", StopAt(VALIDATIONS + 1))
    with pytest.raises(Interrupted):
        resumed.run(lambda: None)
    assert resumed.progress.epoch == 1


def test_a_long_epoch_says_in_a_log_how_far_it_is(tmp_path, monkeypatch, capsys):
    """The loss is that of the epoch so far, so after all steps it is the epoch's."""
    monkeypatch.setattr(callbacks, "CHECKPOINT_SECONDS", -1)
    one = training(tmp_path, InterruptHandler())
    one.run(lambda: None)
    said = [line for line in capsys.readouterr().out.splitlines() if ": step" in line]
    assert len(said) == EPOCHS * (STEPS + VALIDATIONS)
    for step in (1, 2, 3):
        assert said[step - 1].startswith(f"epoch 1: step {step} of 3, loss ")
    assert said[-1] == f"epoch 2: step 3 of 3, loss {one.progress.history[1]['train_loss']:.4f}"


def test_the_learning_rate_is_of_the_steps_that_the_optimizer_made(tmp_path):
    """Under float16 it skips those whose gradients overflow."""
    one = training(tmp_path, InterruptHandler())
    one.run(lambda: None)
    assert one.progress.history[-1]["learning_rate"] == pytest.approx(rate(one, EPOCHS * STEPS - 1))
    one.model.optimizer.iterations.assign(2)
    assert one._learning_rate() == pytest.approx(rate(one, 1))
    assert rate(one, 1) != pytest.approx(rate(one, EPOCHS * STEPS - 1))


def rate(one: Trainer, step: int) -> float:
    """Of one step, counted from 0."""
    return float(optimizers.make_learning_rate(one.protocol)(step))
