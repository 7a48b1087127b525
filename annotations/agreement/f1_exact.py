"""F1 of annotations whose segments are the same to the character."""

from annotations.agreement.f1 import f1_counts, f1_figure
from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts, People, Statistic


def _counts(passes: Passes) -> Counts:
    return f1_counts(passes, sum(one.segments == other.segments for one, other in passes.same))


STATISTIC = Statistic(
    name="f1_exact",
    title="F1, exact",
    means="Of what two people annotated, the share that both did with the same ends, to the character.",
    undefined="Nobody annotated anything.",
    source="Hripcsak and Rothschild 2005",
    people=People.PAIRS,
    counts=_counts,
    figure=f1_figure,
)
