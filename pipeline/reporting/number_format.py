"""How numbers are written."""

from pipeline.reporting.statistics import Interval


def per_cent(share: float) -> str:
    """A share in per cent."""
    return f"{100 * share:.2f} %"


def interval(value: Interval) -> str:
    """A share in per cent with its interval."""
    return f"{per_cent(value.value)} ({100 * value.low:.2f}–{100 * value.high:.2f})"


def with_interval(value: Interval) -> str:
    """The same in a sentence that stands alone."""
    return interval(value).replace("(", "(95 % interval ")


def signed(share: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return decimal(100 * share, sign="+")


def decimal(value: float, digits: int = 2, sign: str = "") -> str:
    """A number with so many decimals and a true minus sign, or both signs for `sign` "+"; nothing is minus zero."""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}".replace("-", "−")


def flops(value: float) -> str:
    """Floating-point operations, in 10¹²."""
    return f"{value / 1e12:,.2f}" if value >= 1e10 else f"{value / 1e12:.2g}"


def p_value(p: float) -> str:
    """A p-value in three decimals, or below 0.001."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(number: int, noun: str) -> str:
    """So many of something, with the noun's regular plural."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(words: list[str]) -> str:
    """Words with commas, and "and" before the last."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
