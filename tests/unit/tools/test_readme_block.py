"""The README shows the results and verdicts of the reports, docs/studies.md the results of the studies."""

import argparse
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from tools import readme
from tools.study import pages

REPORT = "<!-- verdicts -->\n| 1 |\n<!-- /verdicts -->\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\npicture\n"
README = "# Title\n<!-- verdicts --><!-- /verdicts -->\n<!-- results -->\n| old \\1 |\n<!-- /results -->\nend\n"
NEW = "# Title\n<!-- verdicts -->\n| {} |\n<!-- /verdicts -->\n<!-- results -->\n\n| new |\n\n<!-- /results -->\nend\n"
STUDIES = "# Studies\n<!-- studies --><!-- /studies -->\nend\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "overview", lambda: "| runs |")
    paths = {}
    for name, text in (("README", README), ("REPORT", REPORT), ("OVERVIEW", STUDIES)):
        paths[name] = tmp_path / f"{name.lower()}.md"
        paths[name].write_text(text)
        monkeypatch.setattr(readme, name, paths[name])
    monkeypatch.setattr(readme, "DECISIVE", tmp_path / "decisive.md")
    return paths


def test_what_is_between_the_markers_is_replaced_and_nothing_else(files: dict[str, Path]) -> None:
    for _ in range(2):
        readme.main(argparse.Namespace(check=False))
        assert files["README"].read_text() == NEW.format(1)
        assert files["OVERVIEW"].read_text() == "# Studies\n<!-- studies -->\n\n| runs |\n\n<!-- /studies -->\nend\n"


def test_the_study_of_the_conclusions_has_the_verdicts_once_it_was_trained(files: dict[str, Path]) -> None:
    files["README"].with_name("decisive.md").write_text("<!-- verdicts -->\n| 2 |\n<!-- /verdicts -->")
    readme.main(argparse.Namespace(check=False))
    assert files["README"].read_text() == NEW.format(2)


@pytest.mark.parametrize(("name", "mark"), [("README", "verdicts"), ("REPORT", "results"), ("OVERVIEW", "studies")])
def test_a_file_without_markers_is_an_error(files: dict[str, Path], name: str, mark: str) -> None:
    files[name].write_text("# Title\n")
    message = rf"^{name.lower()}.md: found 0 blocks from <!-- {mark} --> to <!-- /{mark} -->, expected one"
    with pytest.raises(PipelineError, match=message):
        readme.main(argparse.Namespace(check=False))


def test_a_missing_file_is_an_error(files: dict[str, Path]) -> None:
    files["REPORT"].unlink()
    with pytest.raises(PipelineError, match="^report.md: not found; run `make repro`"):
        readme.main(argparse.Namespace(check=False))


@pytest.mark.parametrize("stale", ["README", "OVERVIEW"])
def test_check_changes_nothing_and_fails_until_both_are_up_to_date(files: dict[str, Path], stale: str) -> None:
    readme.main(argparse.Namespace(check=False))
    readme.main(argparse.Namespace(check=True))
    old = {"README": README, "OVERVIEW": STUDIES}[stale]
    files[stale].write_text(old)
    with pytest.raises(PipelineError, match=r"run `python -m tools.readme`"):
        readme.main(argparse.Namespace(check=True))
    assert files[stale].read_text() == old
