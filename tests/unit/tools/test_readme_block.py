"""The README shows the results of the report, docs/studies.md those of the studies."""

import argparse
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from tools import readme
from tools.study import pages

REPORT = "# Results\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\n\npicture\n"
README = "# Title\n\n<!-- results -->\n| old \\1 |\n<!-- /results -->\nend\n"
STUDIES = "# Studies\n<!-- studies --><!-- /studies -->\nend\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "overview", lambda: "| runs |")
    paths = {}
    for name, text in (("README", README), ("REPORT", REPORT), ("STUDIES", STUDIES)):
        paths[name] = tmp_path / f"{name.lower()}.md"
        paths[name].write_text(text)
        monkeypatch.setattr(readme, name, paths[name])
    return paths


def test_what_is_between_the_markers_is_replaced_and_nothing_else(files: dict[str, Path]) -> None:
    for _ in range(2):
        readme.main(argparse.Namespace(check=False))
        assert files["README"].read_text() == "# Title\n\n<!-- results -->\n\n| new |\n\n<!-- /results -->\nend\n"
        assert files["STUDIES"].read_text() == "# Studies\n<!-- studies -->\n\n| runs |\n\n<!-- /studies -->\nend\n"


@pytest.mark.parametrize(("name", "mark"), [("README", "results"), ("REPORT", "results"), ("STUDIES", "studies")])
def test_a_file_without_markers_is_an_error(files: dict[str, Path], name: str, mark: str) -> None:
    files[name].write_text("# Title\n")
    message = rf"^{name.lower()}.md: found 0 blocks from <!-- {mark} --> to <!-- /{mark} -->, expected one"
    with pytest.raises(PipelineError, match=message):
        readme.main(argparse.Namespace(check=False))


def test_a_missing_file_is_an_error(files: dict[str, Path]) -> None:
    files["REPORT"].unlink()
    with pytest.raises(PipelineError, match="^report.md: not found; run `make repro`"):
        readme.main(argparse.Namespace(check=False))


@pytest.mark.parametrize("stale", ["README", "STUDIES"])
def test_check_changes_nothing_and_fails_until_both_are_up_to_date(files: dict[str, Path], stale: str) -> None:
    readme.main(argparse.Namespace(check=False))
    readme.main(argparse.Namespace(check=True))
    old = {"README": README, "STUDIES": STUDIES}[stale]
    files[stale].write_text(old)
    with pytest.raises(PipelineError, match=r"run `python -m tools.readme`"):
        readme.main(argparse.Namespace(check=True))
    assert files[stale].read_text() == old
