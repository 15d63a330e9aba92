"""The project's own `params.yaml`: its ten runs, and the notebook's config."""

from pipeline.config import params
from pipeline.core.paths import ROOT


def test_runs():
    found = params.load_params()
    assert found.protocol == "fast"
    flags = {name: tuple(run.model.model_dump().values()) for name, run in found.runs.items()}
    assert flags == {  # architecture, pooling, dropout, batch normalisation
        "lenet-plain": ("lenet", True, False, False),
        "lenet-dropout": ("lenet", True, True, False),
        "lenet-batchnorm": ("lenet", True, True, True),
        "vgg-nopool": ("vgg", False, False, False),
        "vgg-plain": ("vgg", True, False, False),
        "vgg-dropout": ("vgg", True, True, False),
        "vgg-batchnorm": ("vgg", True, True, True),
        "custom-plain": ("custom", True, False, False),
        "custom-dropout": ("custom", True, True, False),
        "custom-batchnorm": ("custom", True, True, True),
    }
    assert {run.train.validation_data for run in found.runs.values()} == {"validation"}


def test_notebook_protocol(tmp_path):
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("protocol: fast", "protocol: notebook"), encoding="utf-8")
    configs = [run.train for run in params.load_params(tmp_path / "params.yaml").runs.values()]
    for config in configs:
        assert (config.batch_size, config.epochs, config.training_images) == (128, 20, 60000)
        assert (config.optimizer, config.learning_rate, config.rho, config.epsilon) == (
            "adadelta",
            1,
            0.95,
            1e-7,
        )
        assert (config.schedule, config.clip_norm, config.initializer) == ("constant", None, "glorot_uniform")
        assert (config.validation_data, config.validation_images) == ("test", 10000)
        assert (config.dropout_scale, config.max_shift, config.precision) == (1.0, 0, "float32")
