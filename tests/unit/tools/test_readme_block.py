"""The README shows the results of the report."""

import argparse
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from tools import readme
from tools.study import overview

REPORT = "# Results\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\npicture\n"


STUDIES = "<!-- studies -->\n\n| runs |\n\n<!-- /studies -->\n"


def test_readme_takes_what_is_between_the_markers_and_nothing_else():
    old = "# Title\n\n<!-- results -->\n| old \\1 |\n<!-- /results -->\n\n<!-- studies --><!-- /studies -->\nend\n"
    new = f"# Title\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\n{STUDIES}end\n"
    assert readme.updated(old, REPORT, "| runs |") == new
    assert readme.updated(new, REPORT, "| runs |") == new


@pytest.mark.parametrize(("text", "mark"), [(STUDIES, "results"), (REPORT, "studies")])
def test_readme_without_markers_is_an_error(text, mark):
    with pytest.raises(PipelineError, match=rf"README.md: found 0 blocks from <!-- {mark} --> to <!-- /{mark} -->"):
        readme.updated(text, REPORT, "")


def test_readme_check_changes_nothing_and_fails_until_current(tmp_path, monkeypatch):
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(readme, "REPORT", tmp_path / "report.md")
    monkeypatch.setattr(overview, "text", lambda: "| runs |")
    old = f"<!-- results -->old<!-- /results -->\n{STUDIES}"
    Path(tmp_path / "README.md").write_text(old)
    Path(tmp_path / "report.md").write_text(REPORT)
    with pytest.raises(PipelineError, match=r"run `python -m tools.readme`"):
        readme.main(argparse.Namespace(check=True))
    assert (tmp_path / "README.md").read_text() == old
    readme.main(argparse.Namespace(check=False))
    readme.main(argparse.Namespace(check=True))
    assert (tmp_path / "README.md").read_text() == f"<!-- results -->\n\n| new |\n\n<!-- /results -->\n{STUDIES}"
