"""The report's statistics, implemented a second time without its code and libraries."""

import math

Z = 1.959963984540054


def wilson(share, n):
    low, high = wilson_bounds(share, n)
    return f"{100 * share:.2f} %{100 * low:.2f}–{100 * high:.2f}"


def wilson_bounds(share, n):
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return middle - half, middle + half


def mcnemar(a, b):
    tail = sum(math.comb(a + b, k) for k in range(min(a, b) + 1))
    return min(1.0, 2 * tail / 2 ** (a + b))


def holm(ps):
    adjusted, highest = {}, 0.0
    for rank, (name, p) in enumerate(sorted(ps.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(ps) - rank) * p))
        adjusted[name] = highest
    return adjusted


def p_text(p):
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def points(share):
    return f"{round(100 * share, 2) + 0.0:+.2f}".replace("-", "−")  # never minus zero
