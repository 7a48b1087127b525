"""Fleiss' kappa: agreement beyond chance of any number of people, the same number for everything.

Joseph L. Fleiss (1971): Measuring Nominal Scale Agreement Among Many Raters. Psychological Bulletin 76(5),
378-382.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts, People, Statistic

#: What is counted: subjects by their number of people, pairs of people who agree, and who said what.
SUBJECTS, AGREEING, SAID = "subjects", "agreeing", "said"


def fleiss_kappa(subjects: Iterable[Mapping[Hashable, int]]) -> float | None:
    """Return kappa, given how many people put each subject into each category.

    None where the numbers of people differ or are less than two, or where only one category was ever used.
    """
    return _figure(_summed((subject, 1) for subject in subjects))


def _summed(subjects: Iterable[tuple[Mapping[Hashable, int], int]]) -> Counts:
    """Return the sums over subjects, each given with how often it comes."""
    sums: defaultdict[tuple[Hashable, ...], float] = defaultdict(float)
    for said, times in subjects:
        sums[SUBJECTS, sum(said.values())] += times
        for value, people in said.items():
            sums[AGREEING,] += times * people * (people - 1)
            sums[SAID, value] += times * people
    return sums


def _counts(passes: Passes) -> Counts:
    """Take each character for a subject, which each person has marked or not."""
    people = passes.people
    return _summed(
        ({True: who.bit_count(), False: people - who.bit_count()}, characters)
        for who, characters in passes.covered.items()
    )


def _figure(sums: Counts) -> float | None:
    numbers = [(key[1], times) for key, times in sums.items() if key[0] == SUBJECTS and times]
    if len(numbers) != 1:
        return None
    [(people, subjects)] = numbers
    if not isinstance(people, int) or people < 2:
        return None
    said = people * subjects
    by_chance = sum(count * count for key, count in sums.items() if key[0] == SAID)
    if by_chance == said * said:
        return None
    agreeing = sums[AGREEING,] / (people - 1)
    return (agreeing * said - by_chance) / (said * said - by_chance)


STATISTIC = Statistic(
    name="fleiss_kappa",
    title="Fleiss' kappa",
    means="Is this character marked? How far everybody agrees on that beyond chance, by which all would have "
    "marked as much, but anywhere.",
    undefined="It needs as many passes over each article, and marked characters and others.",
    source="Fleiss 1971",
    people=People.ALL,
    counts=_counts,
    figure=_figure,
)
