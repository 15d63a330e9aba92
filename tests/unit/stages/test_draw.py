"""Which digits the figures show."""

import numpy as np

from pipeline import draw, report
from pipeline.figures import digit_grid, style


def capture(monkeypatch):
    """Replaces drawing and saving; returns the list of what would be drawn and where it would be saved."""
    found = []
    monkeypatch.setattr(digit_grid, "draw_digits", lambda *arguments: arguments)
    monkeypatch.setattr(style, "save", lambda drawing, path: found.append((path, *drawing)))
    return found


def test_the_most_confident_mistakes_are_drawn_first(tmp_path, monkeypatch):
    found = capture(monkeypatch)
    images = np.zeros((4, 28, 28, 1), np.uint8)
    images[:, 0, 0, 0] = [10, 11, 12, 13]
    probabilities = np.zeros((4, 10), np.float32)
    probabilities[0, [1, 7]] = 0.625, 0.375
    probabilities[1, 2] = 1
    probabilities[2, [3, 5]] = 0.875, 0.125
    probabilities[3, [4, 9]] = 0.75, 0.25
    draw.draw_mistakes(tmp_path / "mistakes.png", "lenet-plain", images, np.array([7, 2, 5, 4]), probabilities)
    [(path, shown, captions, title)] = found
    assert path == tmp_path / "mistakes.png"
    assert shown[:, 0, 0, 0].tolist() == [12, 10]
    assert captions == ["5 seen as 3\n87.5% sure", "7 seen as 1\n62.5% sure"]
    assert title == "lenet-plain: the most confident of 2 mistakes"


def test_ten_training_images_of_each_digit_are_drawn(tmp_path, monkeypatch):
    found = capture(monkeypatch)
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(10, dtype=np.uint8), 12))
    images = np.zeros((120, 28, 28, 1), np.uint8)
    images[:, 0, 0, 0] = labels
    monkeypatch.setattr(report, "load_split", lambda split: (images, labels))
    monkeypatch.setattr(report, "PROCESSED", tmp_path)
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    report.draw_samples()
    assert found == []  # without the prepared data
    (tmp_path / "train.npz").touch()
    report.draw_samples()
    [(path, shown, captions, title, columns)] = found
    assert path == tmp_path / "digits.png"
    assert captions == [str(digit) for digit in range(10) for _ in range(10)]
    assert [str(digit) for digit in shown[:, 0, 0, 0]] == captions
    assert (columns, title) == (10, "Training images")
