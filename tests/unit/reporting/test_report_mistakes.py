"""What the report says of mistakes, worked out again from the stored predictions without the report's code."""

from collections import Counter

from tests.support.report_page import names


def test_the_hardest_digits_and_where_two_networks_differ(report):
    runs = report[2]
    found = names(report)
    wrong = sum((~runs.right(run)).astype(int) for run in found)
    total = [text for key, _, text, _ in report[0].found if key == "hard_total"]
    assert total == [str(int((wrong > len(found) / 2).sum()))] or not total
    answers = {}
    for key, around, text, table in report[0].found:
        if table == "hard":
            image = int(around["data-image"])
            if key == "answer":
                answers.setdefault(image, []).append(text)
            else:
                assert text == str({"digit": runs.pairs(found[0])[image, 0], "wrong": wrong[image]}[key])
        elif table == "pair":
            one, other = runs.right(around["data-first"]), runs.right(around["data-second"])
            counts = Counter(zip(one.tolist(), other.tolist(), strict=True))
            kinds = {"both": (True, True), "only_first": (True, False), "only_second": (False, True)}
            assert text == f"{counts[kinds.get(key, (False, False))]:,}"
    for image, texts in answers.items():
        expected = [(runs.pairs(run)[image], runs.right(run)[image]) for run in found]
        assert texts == [f"{pair[1]}{' ✓' if right else ''}" for pair, right in expected]
