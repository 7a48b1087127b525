"""Who decides much faster or much more slowly than the others; that alone says nothing against anybody.

Boris Iglewicz and David C. Hoaglin (1993): How to Detect and Handle Outliers, ASQC Quality Press: the
modified z-score, 0.6745 times the distance from the median over the median absolute deviation, beyond 3.5.
It is of the logarithm of each person's median, since times are skewed.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)

#: A longer time between two acts is a pause.
LONGEST = 300.0
#: Fewer acts tell no pace, and fewer people with one tell not what is usual.
LEAST_ACTS, LEAST_PEOPLE = 30, 5
FAR = 3.5
#: A pace must be so many times that of the others, or the others that of it.
LEAST_RATIO = 2.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast one person decides.

    Attributes:
        acts: how many times were measured.
        seconds: the median time of an act; None without any.
        usual: the median of all people's; None where they are too few.
        score: how far this one is from that, as Iglewicz and Hoaglin have it; below 0 is faster.
    """

    acts: int
    seconds: float | None
    usual: float | None = None
    score: float | None = None

    @property
    def remark(self) -> str:
        """Return `fast` or `slow` where the pace lies far out, and nothing otherwise."""
        if self.score is None or not self.seconds or not self.usual or abs(self.score) <= FAR:
            return ""
        ratio = self.seconds / self.usual
        if max(ratio, 1 / ratio) < LEAST_RATIO:
            return ""
        return "fast" if ratio < 1 else "slow"


def paces(times: Mapping[Person, Sequence[float]]) -> dict[Person, Pace]:
    """Return each person's pace, given the seconds between their acts; pauses are left out."""
    kept = {person: [each for each in own if 0 < each <= LONGEST] for person, own in times.items()}
    seconds = {person: median(own) for person, own in kept.items() if own}
    known = {person: log(seconds[person]) for person, own in kept.items() if len(own) >= LEAST_ACTS}
    usual = spread = 0.0
    if len(known) >= LEAST_PEOPLE:
        usual = median(known.values())
        spread = median(abs(each - usual) for each in known.values())
    return {
        person: Pace(
            acts=len(own),
            seconds=seconds.get(person),
            usual=exp(usual) if spread else None,
            score=0.6745 * (known[person] - usual) / spread if spread and person in known else None,
        )
        for person, own in kept.items()
    }
