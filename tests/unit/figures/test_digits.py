"""The confusion matrix, and grids of digits with captions."""

import numpy as np
import pytest

from pipeline.figures import confusion, digit_grid


def test_confusion_matrix_has_actual_digits_in_rows_and_colours_only_errors():
    matrix = np.diag([5] * 10)
    matrix[4, 9] = 7
    axes = confusion.draw_confusion(matrix, "errors").axes[0]
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert len(texts) == 100
    assert (texts[9, 4], texts[4, 9], texts[0, 0]) == ("7", "0", "5")  # a position is (predicted, actual)
    coloured = axes.images[1].get_array()
    assert coloured.count() == 1
    assert coloured[4, 9] == 7
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted digit", "actual digit")


def test_digits_are_drawn_in_rows_with_captions():
    images = np.zeros((5, 28, 28, 1), np.uint8)
    captions = ["0", "1", "", "3", "4"]
    (axes,) = digit_grid.draw_digits(images, captions, "five", columns=3).axes
    assert axes.get_title() == "five"
    assert [text.get_text() for text in axes.texts] == ["0", "1", "3", "4"]
    tops = [image.get_extent()[3] for image in axes.images]
    assert len(tops) == 5
    assert tops[0] == tops[1] == tops[2] < tops[3] == tops[4]


def test_missing_caption_is_an_error():
    with pytest.raises(ValueError, match="shorter"):
        digit_grid.draw_digits(np.zeros((2, 28, 28, 1), np.uint8), ["one"], "two", columns=3)
