"""The sentences about runs that overfit, and about runs that are too sure."""

import numpy as np

from pipeline.reporting import calibration, overfitting
from tests.support import study
from tests.support.reported import analyze_runs


def test_a_run_overfits_if_its_validation_loss_ends_a_tenth_above_its_lowest(tmp_path):
    study.write_run(tmp_path, "lenet-plain", validation=(0.9, 0.96, 0.957))  # losses of 0.06 and 0.0645
    study.write_run(tmp_path, "vgg-plain", validation=(0.9, 0.96, 0.955))  # 0.06 and 0.0675
    lenet, vgg = analyze_runs(tmp_path, "lenet-plain", "vgg-plain").results
    assert overfitting.sentence([lenet]).startswith("No run overfits ")
    assert overfitting.sentence([lenet, vgg]).endswith(" above its lowest value: vgg-plain.")


def test_confidence_beyond_chance_is_named(tmp_path):
    """400 answers, 40 of them wrong, with a confidence of 90, 95 and 85 %; a standard error is 1.5 % at 90 %."""
    for run, confidence in (("lenet-plain", 0.9), ("vgg-plain", 0.95), ("vgg-dropout", 0.85)):
        folder = study.write_run(tmp_path, run, images=400, errors=40)
        (result,) = analyze_runs(tmp_path, run).results
        probabilities = np.full((400, 10), (1 - confidence) / 9, np.float32)
        probabilities[np.arange(400), result.predicted] = confidence
        np.save(folder / "probabilities.npy", probabilities)
    results = analyze_runs(tmp_path, "lenet-plain", "vgg-plain", "vgg-dropout").results
    assert calibration.sentence(results) == (
        "Mean confidence against accuracy: too sure: vgg-plain; not sure enough: vgg-dropout; as sure as right on"
        " average, within chance: lenet-plain."
    )
    for result in results:
        (result.folder / "probabilities.npy").unlink()
    assert calibration.sentence(results) == ""
