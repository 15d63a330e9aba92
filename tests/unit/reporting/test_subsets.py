"""Runs that were scored on different test images are compared on the images that they have in common."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.reporting import html, mistakes, pictures, tables
from pipeline.reporting.comparisons import compare
from pipeline.reporting.markdown import markdown_report, sentences
from pipeline.reporting.results import common_images, load
from tests.support import study
from tests.support.reported import analyze_runs, write_report

FIRST = {2: (1, 1), 3: (0, 0), 5: (5, 6), 7: (4, 4), 8: (9, 4)}  # image: digit, answer; 5 and 8 are wrong
SECOND = {7: (4, 9), 3: (0, 0), 8: (9, 9), 5: (5, 1), 9: (2, 2), 4: (6, 6), 6: (8, 8), 1: (3, 3)}  # 7 and 5 are wrong


@pytest.fixture
def folder(tmp_path):
    """Two runs scored on five and eight test images, with 3, 5, 7 and 8 in common."""
    runs = {"lenet-dropout": FIRST, "vgg-dropout": SECOND}
    for run, answers in runs.items():
        path = study.write_run(tmp_path, run, images=10, errors=2, test_index=answers)
        lines = [f"{image},{digit},{answer}" for image, (digit, answer) in answers.items()]
        (path / "predictions.csv").write_text("\n".join(["image,actual,predicted", *lines, ""]))
        probabilities = np.full((len(answers), 10), 0.05, np.float32)
        sure = 0.9 if run == "lenet-dropout" else 0.6
        probabilities[np.arange(len(answers)), [answer for _, answer in answers.values()]] = sure
        np.save(path / "probabilities.npy", probabilities)
    return tmp_path


@pytest.fixture
def both(folder):
    return analyze_runs(folder, "lenet-dropout", "vgg-dropout")


def test_common_images_and_their_rows(both):
    first, second = both.results
    assert first.test_index.tolist() == [2, 3, 5, 7, 8]
    images = common_images([first, second])
    assert images.tolist() == [3, 5, 7, 8]
    assert (first.rows(images).tolist(), second.rows(images).tolist()) == ([1, 2, 3, 4], [1, 3, 0, 2])


def test_row_number_is_the_image_in_older_results(tmp_path):
    study.write_run(tmp_path, "lenet-plain", images=6, errors=1)
    study.write_run(tmp_path, "vgg-plain", images=6, errors=1, test_index=[5, 0])
    old, new = load(["lenet-plain", "vgg-plain"], tmp_path)[0]
    assert old.test_index.tolist() == [0, 1, 2, 3, 4, 5]
    assert new.test_index.tolist() == [5, 0]
    assert new.labels.tolist() == old.labels[[5, 0]].tolist()


def test_runs_without_common_images_are_an_error(tmp_path):
    study.write_run(tmp_path, "lenet-dropout", images=6, errors=1, test_index=[0, 1, 2])
    study.write_run(tmp_path, "vgg-dropout", images=6, errors=1, test_index=[3, 4, 5])
    with pytest.raises(PipelineError, match="results/runs: vgg-dropout, lenet-dropout have no test image in common"):
        analyze_runs(tmp_path, "lenet-dropout", "vgg-dropout")


def test_comparison_on_common_images(both):
    pair = compare(*both.groups)  # both right: 3; only the first: 7; only the second: 8; neither: 5
    assert (pair.only_first, pair.only_second, pair.difference.value) == (1, 1, 0)
    assert (pair.p, pair.test) == (1, "McNemar, exact, on the same 4 images")


def test_hardest_examples_on_common_images(both):
    hard, total, images = mistakes.hardest_examples(both.results)
    assert (total, images) == (1, 4)
    assert [(example.image, example.digit, example.answers) for example in hard] == [(5, 5, [6, 1])]


def test_ensemble_on_common_images(both):
    *_, ensemble = both.rows  # the first network is surer: 3 and 7 are right, 5 and 8 wrong
    assert (ensemble["test_errors"], ensemble["test_images"], ensemble["test_accuracy"].value) == (2, 4, 0.5)
    assert ensemble["variant"] == "mean of 2"
    of_label = [(0.9 + 0.6) / 2, 0.05, (0.9 + 0.05) / 2, (0.05 + 0.6) / 2]
    assert ensemble["test_loss"] == pytest.approx(-np.log(of_label).mean(), rel=1e-6)


def test_of_runs_that_validate_equally_well_the_first_by_name_is_chosen(both):
    assert [row["best"] for row in both.rows[:2]] == [True, False]


def test_number_of_test_images_is_told(both):
    text, page = markdown_report(both), html.render_html(both, {}, None)
    assert "it gets 2 of 5 test images wrong" in sentences(both)[0]
    assert "; the ensemble (mean of 2) 2 of 4." in sentences(both)[0]
    for content in (text, page):
        assert [cell in content for cell in ("2 of 5", "2 of 8", "2 of 4")] == [True] * 3
    assert "Errors: of the 10,000 test images where no other number is given." in text
    assert "Bold: chosen on validation data." in text
    assert '<span data-key="hard_total">1</span> of the <span data-key="common_images">4</span> test images' in page


def test_number_of_test_images_is_not_told_if_it_is_10_000_for_all(tmp_path):
    study.write_run(tmp_path, "lenet-plain", errors=77)
    (row,) = analyze_runs(tmp_path, "lenet-plain").rows
    (column,) = [column for column in tables.COLUMNS if column.key == "test_errors"]
    assert column.text(row) == "77"
    assert column.text(row | {"show_test_images": True}) == "77 of 10,000"


def test_digits_are_pictures_of_the_official_test_set(both):
    images = np.zeros((10, 28, 28, 1), np.uint8)
    assert 'aria-label="test image 5" style="background-position:0px 0px"' in html.render_html(both, {}, images)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (np.zeros((4, 10), np.float32), r"of shape \(4, 10\), expected finite float32 of shape \(5, 10\)"),
        (np.full((5, 10), np.nan, np.float32), "expected finite float32"),
        (b"", "No data left in file"),
        (b"\x93NUMPY\x01\x00v\x00", "EOF"),
    ],
)
def test_damaged_probabilities_are_one_clear_error(content, problem, folder):
    path = folder / "lenet-dropout/probabilities.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    with pytest.raises(PipelineError, match=f"results/runs/lenet-dropout/probabilities.npy: .*{problem}"):
        analyze_runs(folder, "lenet-dropout", "vgg-dropout")


def test_a_run_named_ensemble_is_not_the_ensemble(tmp_path, monkeypatch):
    study.write_run(tmp_path / "runs", "ensemble", errors=300, architecture="lenet", flags=(True, True, False))
    study.write_run(tmp_path / "runs", "vgg-plain", errors=50, validation=(0.95, 0.985, 0.993))
    analysis = analyze_runs(tmp_path / "runs", "ensemble", "vgg-plain")
    shown = [pictures.score(group, analysis).seeds for group in analysis.groups]
    assert np.allclose(shown, [[3.0], [0.5]])  # per cent
    page, text = write_report(tmp_path, monkeypatch, ["ensemble", "vgg-plain"])
    assert '<tr data-run="ensemble">' in page
    assert '<tr data-run="(ensemble)" class="ensemble">' in page
    assert "| ensemble " in text
    assert "| (ensemble) " in text
