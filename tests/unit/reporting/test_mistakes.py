"""Misclassified test images: the hardest ones, and how they are drawn."""

import numpy as np

from pipeline.reporting import data_uris, mistakes
from tests.support import study
from tests.support.reported import analyze_runs


def test_hardest_images_with_the_answer_of_every_network(tmp_path):
    for run in ("lenet-plain", "vgg-plain", "custom-plain"):
        study.write_run(tmp_path, run, images=50, errors=10)
    results = analyze_runs(tmp_path, "lenet-plain", "vgg-plain", "custom-plain").results
    hard, total, images = mistakes.hardest_examples(results)
    wrong = sum(~result.correct for result in results)
    assert (total, images) == ((wrong >= 2).sum(), 50)
    assert [example.wrong for example in hard] == sorted(wrong[wrong >= 2], reverse=True)
    for example in hard:
        assert example.answers == [result.predicted[example.image] for result in results]


def test_sprite_of_digits_in_dark_ink_on_white():
    images = np.zeros((3, 28, 28, 1), np.uint8)
    images[2] = 255
    sprite = data_uris.digit_sprite(images, [2, 0, 2])
    assert sprite.places == {0: (0, 0), 2: (1, 0)}
    assert sprite.uri.startswith("data:image/png;base64,")
    assert data_uris.digit_sprite(None, [1]) is None
