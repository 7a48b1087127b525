"""Shares and chances in words, for the page of vigilance."""

from django import template

register = template.Library()

#: A chance is said to be no smaller than one in so many.
SMALLEST = 10_000


@register.filter
def percent(share: float | None) -> str:
    """Return a share in hundredths: with a decimal below ten, where it matters."""
    if share is None:
        return "–"
    hundredths = 100 * share
    return f"{hundredths:.{0 if hundredths >= 10 or hundredths < 0.05 else 1}f}"


@register.filter
def by_chance(chance: float) -> str:
    if chance < 1 / SMALLEST:
        return f"in less than 1 of {SMALLEST:,} corpora"
    return f"in 1 of {round(1 / chance):,} corpora"
