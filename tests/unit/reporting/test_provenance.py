"""Settings, machines and commits of the runs, and validation on the test images."""

from pipeline.reporting import markdown, provenance
from tests.support import study
from tests.support.reported import analyze_runs, write_report


def test_validation_on_the_test_images_is_marked(tmp_path, monkeypatch):
    study.write_run(tmp_path / "runs", "lenet-dropout", validation_data="test", validation_images=10_000)
    study.write_run(tmp_path / "runs", "vgg-dropout")
    html, text = write_report(tmp_path, monkeypatch, ["lenet-dropout", "vgg-dropout"])
    for content in (html, text):
        assert "no model may be chosen by them" in content
    assert (text.count(" % †"), text.count("(99.01–99.36) †")) == (1, 1)  # the README's table, and the whole one
    assert "Protocol notebook (lenet-dropout): seed 2018, epochs 3," in text
    assert "Protocol fast (vgg-dropout): " in text


def test_no_mark_without_it(ten):
    analysis, html = ten
    assert "†" not in html + markdown.markdown_report(analysis)


def test_protocol_line_names_what_differs_between_runs(tmp_path):
    study.write_run(tmp_path, "lenet-plain")
    study.write_run(tmp_path, "lenet-dropout", training_images=100, warmup=0.3)
    (line,) = provenance.protocols(analyze_runs(tmp_path, "lenet-plain", "lenet-dropout").results)
    assert line == (
        "Protocol fast: seed 2018, epochs 3, validation data validation, validation images 5000, batch size 64,"
        " optimizer adam, learning rate 0.002, dropout scale 0.3; by run: training images, warmup."
    )


def test_runs_are_grouped_by_their_origin(tmp_path):
    for run, host in (("lenet-plain", "here"), ("lenet-dropout", "elsewhere"), ("vgg-plain", "here")):
        study.write_run(tmp_path, run, environment={"host": host})
    origins = provenance.origins(analyze_runs(tmp_path, "lenet-plain", "lenet-dropout", "vgg-plain").results)
    assert [origin.runs for origin in origins] == [["lenet-plain", "vgg-plain"], ["lenet-dropout"]]
    assert origins[0].machine == "Some CPU, 4 cores, amx_bf16, Some GPU"
    assert origins[0].numerics == "precision float32, threads 2; keras 3.15.1, numpy 2.4.6"


def test_uncommitted_changes_are_mentioned(tmp_path):
    study.write_run(tmp_path, "lenet-plain", environment={"git": {"git_commit": "b" * 40, "git_clean": False}})
    (origin,) = provenance.origins(analyze_runs(tmp_path, "lenet-plain").results)
    assert origin.commit == "bbbbbbbbbbbb, with uncommitted changes"
