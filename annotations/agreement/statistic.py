"""What a statistic is: what to count in one text, and the figure that the sums come to.

Because every one is a function of sums, articles can be read once, in any order, and drawn again for an
interval without being read again.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from annotations.agreement.passes import Passes

#: Sums of what a statistic counts, by what it calls them.
Counts: TypeAlias = Mapping[tuple[Hashable, ...], float]


class People(StrEnum):
    """Whose passes a statistic takes at a time."""

    ALL = "all"  #: of everybody who went through the text
    PAIRS = "pairs"  #: of two people; the counts of all pairs are added up
    TWO = "two"  #: of two people, who are the same two in every text


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """A published measure of agreement.

    Attributes:
        means: what the figure says, in a sentence for the people who read it.
        undefined: when there is none, likewise.
        source: where it was published.
        counts: what one text adds to the sums.
        figure: what sums come to; None where that is not defined.
    """

    name: str
    title: str
    means: str
    undefined: str
    source: str
    people: People
    counts: Callable[[Passes], Counts]
    figure: Callable[[Counts], float | None]
