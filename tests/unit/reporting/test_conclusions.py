"""Verdicts follow the results: with the winners swapped they flip."""

from pipeline.reporting.analysis import analyze
from tests.support import study
from tests.support.reported import PUBLISHED, analyze_runs

SLOW, FAST = (0.9, 0.95, 0.97, 0.98, *[0.991] * 8), (0.98, 0.992, *[0.993] * 10)


def verdicts(folder, **runs):
    """The verdicts for the three networks as published, with these arguments each; a network of None is missing."""
    for network, changes in runs.items():
        if changes is not None:
            study.write_run(folder, f"{network}-dropout", **changes)
    analysis = analyze_runs(folder, *(f"{network}-dropout" for network in runs))
    return [conclusion.verdict for conclusion in analysis.conclusions]


def words(folder, **runs):
    return [verdict.word for verdict in verdicts(folder, **runs)]


NOTEBOOK_IS_RIGHT = {
    "lenet": {"errors": 120, "validation": SLOW, "weights": study.normal},
    "vgg": {"errors": 50, "validation": FAST, "weights": study.normal},
    "custom": {"errors": 300, "validation": FAST, "weights": study.normal},
}
NOTEBOOK_IS_WRONG = {
    "lenet": {"errors": 120, "validation": FAST, "weights": study.uniform},
    "vgg": {"errors": 300, "validation": SLOW, "weights": study.uniform},
    "custom": {"errors": 30, "validation": FAST, "weights": study.uniform},
}


def test_results_that_agree_with_the_notebook_support_all_six(tmp_path):
    assert words(tmp_path, **NOTEBOOK_IS_RIGHT) == ["supported"] * 6


def test_with_the_winners_swapped_all_six_are_contradicted(tmp_path):
    assert words(tmp_path, **NOTEBOOK_IS_WRONG) == ["contradicted"] * 6


def test_small_differences_decide_nothing(tmp_path):
    same = {"errors": 100, "validation": (0.95, 0.985, 0.992)}
    six = words(tmp_path, lenet=same, vgg=same, custom=same)
    assert [six[0], six[1], six[2], six[5]] == ["undecided"] * 4


def test_a_win_with_more_training_images_decides_nothing(tmp_path):
    starved = {"custom": NOTEBOOK_IS_RIGHT["custom"] | {"training_images": 1000}}
    first, _, third, *_, fifth, sixth = verdicts(tmp_path, **NOTEBOOK_IS_RIGHT | starved)
    assert first.word == fifth.word == sixth.word == "undecided"
    assert "vgg-dropout beats custom-dropout, but saw 144,000 training images against 12,000" in first.why
    assert third.word == "supported"


def test_a_win_with_fewer_training_images_counts(tmp_path):
    poor = {"vgg": NOTEBOOK_IS_RIGHT["vgg"] | {"training_images": 6000}}
    assert words(tmp_path, **NOTEBOOK_IS_RIGHT | poor)[2] == "supported"


def test_a_network_without_runs_decides_nothing(tmp_path):
    two = {network: changes for network, changes in NOTEBOOK_IS_RIGHT.items() if network != "lenet"}
    found = verdicts(tmp_path, **two)
    assert [verdict.word for verdict in found] == ["undecided"] * 3 + ["supported"] * 2 + ["undecided"]
    assert found[0].why == "lenet and custom do not both have runs"
    assert found[1].why == "vgg and lenet do not both have runs, or both were too slow"
    assert found[2].why == "vgg and lenet do not both have runs"


def test_conclusions_without_any_run():
    conclusions = analyze([], {"lenet-plain": "run.json"}, PUBLISHED).conclusions
    assert [conclusion.verdict.word for conclusion in conclusions] == ["undecided"] * 6
    assert [conclusion.comparisons for conclusion in conclusions] == [[]] * 6


def test_contradictions_within_the_notebook():
    contradictions = [conclusion.contradiction for conclusion in analyze([], {}, PUBLISHED).conclusions]
    assert contradictions == [
        "lenet (0.9924) is below custom (0.9932).",
        "lenet's training loss is below vgg's in 20 of 20 epochs, and its training accuracy above through epoch 4"
        " (each under its own dropout). Its test loss is the lower one too: 0.03021 against 0.03050.",
        None,
        None,
        None,
        "After epoch 2, vgg's training accuracy is 0.9210 and custom's 0.1217.",
    ]
