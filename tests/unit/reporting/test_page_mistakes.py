"""The page's misclassified images, computed again from the stored predictions without the report's code."""

from tests.support.report_page import names


def test_hardest_images(report):
    runs = report[2]
    networks = names(report)
    images = runs.common(*networks)
    wrong = dict(zip(images, sum((~runs.correct(run, images)).astype(int) for run in networks), strict=True))
    cells = {key: text for key, _, text, _ in report[0].cells if key in ("hard_total", "common_images")}
    hard = sum(count > len(networks) / 2 for count in wrong.values())
    assert cells == ({"hard_total": str(hard), "common_images": f"{len(images):,}"} if hard else {})
    answers = {}
    for key, around, text, table in report[0].cells:
        if table == "hard":
            image = int(around["data-image"])
            if key == "answer":
                answers.setdefault(image, []).append(text)
            else:
                digit = runs.pairs(networks[0])[runs.rows(networks[0], [image])[0], 0]
                assert text == str({"digit": digit, "wrong": wrong[image]}[key])
    for image, texts in answers.items():
        pairs = [runs.pairs(run)[runs.rows(run, [image])[0]] for run in networks]
        assert texts == [f"{predicted}{' ✓' if predicted == actual else ''}" for actual, predicted in pairs]
