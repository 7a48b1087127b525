"""F1 of annotations whose ends are nearly the same: a quotation mark and a full stop may be in or out."""

from annotations.agreement.f1 import f1_counts, f1_figure
from annotations.agreement.passes import Passes
from annotations.agreement.spans import Segments
from annotations.agreement.statistic import Counts, People, Statistic

#: How many characters each end may lie away from the other's.
TOLERANCE = 2


def nearly_same(one: Segments, other: Segments) -> float:
    """Return 0 where segments are not as many or an end lies further away, and more the nearer they are."""
    if len(one) != len(other):
        return 0.0
    away = [
        abs(own - their)
        for span, opposite in zip(one, other, strict=True)
        for own, their in zip(span, opposite, strict=True)
    ]
    return 1 / (1 + sum(away)) if max(away) <= TOLERANCE else 0.0


def _counts(passes: Passes) -> Counts:
    return f1_counts(passes, len(passes.matched(nearly_same, reach=TOLERANCE)))


STATISTIC = Statistic(
    name="f1_tolerant",
    title=f"F1, ends within {TOLERANCE} characters",
    means="Of what two people annotated, the share that both did with no end more than "
    f"{TOLERANCE} characters away from the other's.",
    undefined="Nobody annotated anything.",
    source="Hripcsak and Rothschild 2005",
    people=People.PAIRS,
    counts=_counts,
    figure=f1_figure,
)
