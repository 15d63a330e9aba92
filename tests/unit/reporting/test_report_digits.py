"""The digits in the report: the hardest ones, those on which two networks differ, and how they are drawn."""

import numpy as np

from pipeline.reporting import mistakes
from tests.support import study
from tests.support.reported import analysed, ten_runs


def test_the_hardest_digits_with_every_network_s_answer(tmp_path):
    for run in ("lenet-plain", "vgg-plain", "custom-plain"):
        study.write_run(tmp_path, run, images=50, errors=10)
    whole = analysed(tmp_path, "lenet-plain", "vgg-plain", "custom-plain")
    hard, total = mistakes.hardest_examples(whole.found)
    wrong = sum(~run.right for run in whole.found)
    assert total == (wrong >= 2).sum()
    assert [one.wrong for one in hard] == sorted(wrong[wrong >= 2], reverse=True)
    for one in hard:
        assert [answer for answer, _ in one.answers] == [str(run.predicted[one.image]) for run in whole.found]
        assert [right for _, right in one.answers] == [run.predicted[one.image] == one.digit for run in whole.found]


def test_two_networks_differ_where_only_one_is_right(tmp_path):
    whole, _ = ten_runs(tmp_path)
    pairs = {(one.first, one.second): one for one in mistakes.differences(whole.groups)}
    one = pairs["lenet-dropout", "vgg-dropout"]
    first, second = (next(run for run in whole.found if run.run == name) for name in (one.first, one.second))
    assert one.only_first == (first.right & ~second.right).sum()
    assert one.both + one.only_first + one.only_second + one.neither == study.IMAGES
    assert len(one.shown_first) == 8


def test_a_sheet_of_digits_shows_dark_ink_on_white():
    images = np.zeros((3, 28, 28, 1), np.uint8)
    images[2] = 255
    sheet = images.sheet(images, [2, 0, 2])
    assert sheet.places == {0: (0, 0), 2: (1, 0)}
    assert sheet.uri.startswith("data:image/png;base64,")
    assert images.sheet(None, [1]) is None
