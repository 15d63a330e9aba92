"""The gate of `make promote`: the least accuracy, and the comparison with the champion."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.tracking.champion import Promotion
from tools.promote import check_accuracy, compare


def promotion(run="lenet-plain", val_accuracy=0.98, images=5000, data="d"):
    return Promotion(
        run=run,
        training_id="1" * 32,
        input_key="a" * 64,
        data_digest=data * 64,
        validation_images=images,
        val_accuracy=val_accuracy,
        parameters=700,
        model_sha256="b" * 64,
        promoted="2026-01-01T00:00:00+00:00",
    )


def test_the_threshold() -> None:
    check_accuracy(promotion(val_accuracy=0.98), 0.98)
    with pytest.raises(PipelineError, match="lenet-plain: validation accuracy 0.9799 is below 0.98"):
        check_accuracy(promotion(val_accuracy=0.9799), 0.98)


def test_within_the_noise_it_replaces_the_champion(capsys: pytest.CaptureFixture) -> None:
    for accuracy in (0.987, 0.99, 1):
        compare(promotion(val_accuracy=accuracy), promotion("vgg-plain", 0.99), by_name=False)
    assert capsys.readouterr().out == ""


def test_beyond_the_noise_it_is_refused_unless_named(capsys: pytest.CaptureFixture) -> None:
    worse, present = promotion(val_accuracy=0.98), promotion("vgg-plain", 0.99)
    said = (
        "lenet-plain: validation accuracy 0.9800 is below the champion's (vgg-plain, 0.9900)"
        " by more than the noise of 5,000 images (0.0048); "
    )
    with pytest.raises(PipelineError) as error:
        compare(worse, present, by_name=False)
    assert str(error.value) == f"{said}the champion stays; `make promote RUN=lenet-plain` promotes it all the same"
    compare(worse, present, by_name=True)
    assert capsys.readouterr().out == f"{said}promoted all the same, because RUN names it\n"


@pytest.mark.parametrize("other", [{"images": 1000}, {"data": "e"}])
def test_runs_validated_on_other_images_are_not_compared(other: dict, capsys: pytest.CaptureFixture) -> None:
    compare(promotion(val_accuracy=0.9), promotion("vgg-plain", 0.99, **other), by_name=False)
    assert (
        capsys.readouterr().out == "not compared with the champion (vgg-plain), which was validated on other images\n"
    )
