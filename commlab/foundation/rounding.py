"""Shares and p-values as text whose rounding never says more than is so."""

__all__ = ["SIGNIFICANT", "p_text", "percent"]

SIGNIFICANT = 0.05  # a p-value at most this one is told apart from its null
MOST_DIGITS = 9


def percent(share: float) -> str:
    """A share as a whole percentage, which is 0 % or 100 % only where the share is 0 or 1."""
    if 0.995 <= share < 1:
        return "over 99 %"
    return "under 1 %" if 0 < share <= 0.005 else f"{100 * share:z.0f} %"


def p_text(p: float | None, digits: int = 3) -> str:
    """A p-value with `digits` decimals, more where fewer would show it as 0, as 1, or beyond SIGNIFICANT's wrong side.

    0.0504 is 0.0504 and not 0.050, which would be significant; nothing is a dash.
    """
    if p is None:
        return "–"
    if 0 < p < 0.5 * 10**-digits:
        return f"{p:.1g}"
    texts = (f"{p:.{places}f}" for places in range(digits, MOST_DIGITS))
    return next((text for text in texts if same_side(float(text), p)), f"{p:.17g}")


def same_side(rounded: float, p: float) -> bool:
    """Whether a rounded p-value says of the null what the p-value says, and is 1 only if it is 1."""
    return (rounded <= SIGNIFICANT) == (p <= SIGNIFICANT) and (rounded < 1 or p >= 1)
