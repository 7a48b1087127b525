"""F1 of annotations that are the same thing: at least half of all their characters are in both."""

from annotations.agreement.f1 import f1_counts, f1_figure
from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts, People, Statistic


def _counts(passes: Passes) -> Counts:
    return f1_counts(passes, len(passes.same))


STATISTIC = Statistic(
    name="f1_overlap",
    title="F1, overlapping",
    means="Of what two people annotated, the share that both did, where at least half of the characters that "
    "either marked are marked by both.",
    undefined="Nobody annotated anything.",
    source="Hripcsak and Rothschild 2005",
    people=People.PAIRS,
    counts=_counts,
    figure=f1_figure,
)
