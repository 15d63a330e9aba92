"""How numbers and lists are written, and how text is escaped for Markdown."""

import html
import math
import re

from pipeline.reporting.statistics import Interval

MARKDOWN = re.compile(r"[\\`*\[\]|]")  # characters that could start a code span, emphasis, a link or a table cell


def per_cent(fraction: float) -> str:
    """A fraction in per cent, with two decimals."""
    return f"{100 * fraction:.2f} %"


def interval(value: Interval) -> str:
    """A fraction in per cent with its interval."""
    return f"{per_cent(value.value)} ({100 * value.low:.2f}–{100 * value.high:.2f})"


def signed(fraction: float) -> str:
    """A difference of fractions in percentage points, with its sign."""
    return decimal(100 * fraction, sign="+")


def decimal(value: float, digits: int = 2, sign: str = "") -> str:
    """A number with `digits` decimals and a true minus sign; with `sign` "+" always a sign; never minus zero."""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}".replace("-", "−")


def ratio(logarithm: float) -> str:
    """A ratio, given its natural logarithm; within a tenth of 1 with a third decimal."""
    return f"×{math.exp(logarithm):.{3 if abs(math.expm1(logarithm)) < 0.1 else 2}f}"


def flops(value: float) -> str:
    """Floating-point operations, in 10¹²."""
    return f"{value / 1e12:,.2f}" if value >= 1e10 else f"{value / 1e12:.2g}"


def p_value(p: float) -> str:
    """A p-value with three decimals, or "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(number: int, noun: str) -> str:
    """A number with a noun, in its regular plural where needed."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def shortened(names: list[str], most: int = 12) -> str:
    """Names with commas; of more than `most`, the first ones and the number of the others."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def listed(words: list[str]) -> str:
    """Words with commas, and "and" before the last."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def markdown_text(text: str) -> str:
    """Text on one line, escaped so that Markdown shows it as it is: no HTML, link, emphasis or table cell."""
    return MARKDOWN.sub(r"\\\g<0>", html.escape(" ".join(text.split()), quote=False))
