"""The README shows the results of the report."""

import argparse
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from tools import readme

REPORT = "# Results\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\npicture\n"


def test_readme_takes_the_block_between_the_markers_and_nothing_else():
    old = "# Title\n\n<!-- results -->\n| old \\1 |\n<!-- /results -->\n\nend\n"
    new = "# Title\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\nend\n"
    assert readme.updated(old, REPORT) == new
    assert readme.updated(new, REPORT) == new


def test_readme_without_markers_is_an_error():
    with pytest.raises(PipelineError, match=r"README.md: found 0 blocks from <!-- results --> to <!-- /results -->"):
        readme.updated("# Title\n", REPORT)


def test_readme_check_changes_nothing_and_fails_until_current(tmp_path, monkeypatch):
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "REPORT", tmp_path / "report.md")
    old = "<!-- results -->old<!-- /results -->"
    Path(tmp_path / "README.md").write_text(old)
    Path(tmp_path / "report.md").write_text(REPORT)
    with pytest.raises(PipelineError, match=r"run `python -m tools.readme`"):
        readme.main(argparse.Namespace(check=True))
    assert (tmp_path / "README.md").read_text() == old
    readme.main(argparse.Namespace(check=False))
    readme.main(argparse.Namespace(check=True))
    assert (tmp_path / "README.md").read_text() == "<!-- results -->\n\n| new |\n\n<!-- /results -->"
