"""A training stopped after any step, of training or of validation, resumes there and ends in the same numbers."""

from pathlib import Path

import keras
import numpy as np
import pytest

from models.layers import Dense, Dropout, Flatten
from pipeline.config import params
from pipeline.core.errors import Interrupted
from pipeline.dataset import batches
from pipeline.resume.interruption import InterruptHandler
from pipeline.training import callbacks, optimizers
from pipeline.training.state import TrainingState
from pipeline.training.trainer import Trainer
from tests.support import small_network

EPOCHS, STEPS, VALIDATIONS = 2, 3, 2
CALLS = STEPS + VALIDATIONS + 1  # of stop_reason in an epoch; the last is after the epoch's checkpoint
IDENTITY = {"replicas": 1}
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")


class StopAt(InterruptHandler):
    """Gives a reason to stop at the `number`-th call; never for 0."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def stop_reason(self) -> str | None:
        """A reason if this is the call."""
        self.left -= 1
        return "a test" if self.left == 0 else None


def make_trainer(folder: Path, interrupts: InterruptHandler) -> Trainer:
    """A trainer of a small network with dropout and batch normalisation, new or resumed from `folder`."""
    folder.mkdir(exist_ok=True)
    changes = {"epochs": EPOCHS, "batch_size": 8, "training_images": 20}
    config = params.load_params().run("lenet-dropout").train.model_copy(update=changes)
    keras.utils.set_random_seed(1)
    model = small_network.small_model((Flatten(), Dense(4), Dropout(0.5)), pooling=False, batch_norm=True)
    optimizers.compile_model(model, config)
    rng = np.random.default_rng(0)
    data = {
        split: (rng.integers(0, 256, (count, 28, 28, 1), np.uint8), rng.integers(0, 10, count, np.uint8))
        for split, count in (("train", config.training_images), ("validation", batches.VALIDATION_BATCH_SIZE + 1))
    }
    return Trainer(model, config, data, folder, IDENTITY, interrupts.stop_reason)


def final_numbers(trainer: Trainer) -> tuple[list, list]:
    """All numbers that a training ended with."""
    progress = trainer.progress
    files = progress.history, progress.weights, progress.histograms
    return files, [array.tolist() for array in trainer.state.arrays()]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[list, list]:
    """The numbers that a training without interruption ends with."""
    never = StopAt(0)
    trainer = make_trainer(tmp_path_factory.mktemp("training") / "uninterrupted", never)
    trainer.run(lambda: None)
    assert never.left == -EPOCHS * CALLS
    return final_numbers(trainer)


def test_recorded_accuracies_are_counts_divided_by_images(uninterrupted):
    """Keras rounds them to float32, in which 3 / 20 is 0.15000000596."""
    for row in uninterrupted[0][0]:
        for name, images in (("train_accuracy", 20), ("val_accuracy", batches.VALIDATION_BATCH_SIZE + 1)):
            assert row[name] in [count / images for count in range(images + 1)]


def test_kernels_are_recorded_from_the_initial_ones_on(uninterrupted):
    _, weights, histograms = uninterrupted[0]
    recorded = [(row["epoch"], row["change"] == 0) for row in weights if row["layer"] == "dense1"]
    assert recorded == [(0, True), (1, False), (2, False)]
    assert [len(histograms["dense1"][key]) for key in ("counts", "below", "above")] == [3, 3, 3]


def interrupt(folder: Path, number: int) -> None:
    """Train, or resume, until the `number`-th call of stop_reason."""
    with pytest.raises(Interrupted, match="a test"):
        make_trainer(folder, StopAt(number)).run(lambda: None)


FIRST_STEP, LAST_STEP, VALIDATING, AFTER_EPOCH = 1, STEPS, STEPS + 1, CALLS


@pytest.mark.parametrize("number", [FIRST_STEP, LAST_STEP, VALIDATING, AFTER_EPOCH, CALLS + 2, 2 * CALLS])
def test_an_interrupted_training_resumes_and_ends_in_the_same_numbers(number, tmp_path, uninterrupted):
    interrupt(tmp_path / "run", number)
    epoch, calls = divmod(number, CALLS)
    resumed = make_trainer(tmp_path / "run", StopAt(0))
    assert (resumed.progress.epoch, resumed.progress.step) == (epoch, min(calls, STEPS))
    assert (resumed.progress.trained is not None) == (calls >= STEPS)
    resumed.run(lambda: None)
    assert final_numbers(resumed) == uninterrupted


def test_without_the_dropout_seeds_it_ends_in_other_numbers(tmp_path, monkeypatch, uninterrupted):
    """Shows that the comparison above can fail."""
    variables = TrainingState.variables
    monkeypatch.setattr(
        TrainingState,
        "variables",
        lambda state: [variable for variable in variables(state) if "seed" not in getattr(variable, "path", "")],
    )
    interrupt(tmp_path / "run", 1)
    resumed = make_trainer(tmp_path / "run", StopAt(0))
    resumed.run(lambda: None)
    assert resumed.progress.history != uninterrupted[0][0]


def test_a_validation_resumes_without_training(tmp_path):
    interrupt(tmp_path / "run", STEPS + 1)
    resumed = make_trainer(tmp_path / "run", StopAt(VALIDATIONS + 1))
    with pytest.raises(Interrupted):
        resumed.run(lambda: None)
    assert resumed.progress.epoch == 1


def test_a_long_epoch_logs_its_progress(tmp_path, monkeypatch, capsys):
    """The loss is that of the epoch so far, so after all steps it is the epoch's."""
    monkeypatch.setattr(callbacks, "CHECKPOINT_SECONDS", -1)
    trainer = make_trainer(tmp_path, InterruptHandler())
    trainer.run(lambda: None)
    lines = [line for line in capsys.readouterr().out.splitlines() if ": step" in line]
    assert len(lines) == EPOCHS * (STEPS + VALIDATIONS)
    for step in (1, 2, 3):
        assert lines[step - 1].startswith(f"epoch 1: step {step} of 3, loss ")
    assert lines[-1] == f"epoch 2: step 3 of 3, loss {trainer.progress.history[1]['train_loss']:.4f}"


def test_the_recorded_learning_rate_is_of_the_optimizers_last_step(tmp_path):
    """With float16, the optimizer skips steps whose gradients overflow."""
    trainer = make_trainer(tmp_path, InterruptHandler())
    trainer.run(lambda: None)
    rate = optimizers.make_learning_rate(trainer.config)
    last, second = float(rate(EPOCHS * STEPS - 1)), float(rate(1))
    assert trainer.progress.history[-1]["learning_rate"] == pytest.approx(last)
    trainer.model.optimizer.iterations.assign(2)
    assert trainer._learning_rate() == pytest.approx(second)
    assert second != pytest.approx(last)
