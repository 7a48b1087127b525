"""Intervals: of the same seed, of articles, and none where there is too little to draw from."""

import random

import pytest

from annotations.agreement import f1_overlap
from annotations.agreement.bootstrap import GROUPS, LEAST_ARTICLES, Figure, Tally
from annotations.agreement.statistic import Counts


def article(common: int, both_have: int) -> list[Counts]:
    return [{("common",): common, ("all",): both_have}]


def tally_of(articles: list[list[Counts]]) -> Tally:
    tally = Tally(f1_overlap.STATISTIC)
    for counts in articles:
        tally.add(counts)
    return tally


def by_chance(number: int, seed: int = 0, agree: float = 0.8) -> list[list[Counts]]:
    chance = random.Random(seed)
    return [article(sum(chance.random() < agree for _ in range(10)), 20) for _ in range(number)]


def width(figure: Figure) -> float:
    assert figure.low is not None and figure.high is not None and figure.value is not None
    assert figure.low <= figure.value <= figure.high
    return figure.high - figure.low


def test_the_same_seed_gives_the_same_interval() -> None:
    articles = by_chance(150)
    tally = tally_of(articles)
    assert tally.figure(seed=3) == tally.figure(seed=3) == tally_of(articles).figure(seed=3)
    assert len({tally.figure(seed=seed) for seed in range(9)}) > 1


def test_articles_that_are_all_alike_leave_no_doubt() -> None:
    assert tally_of([article(8, 20)] * 30).figure() == Figure(value=0.8, low=0.8, high=0.8, articles=30)


def test_more_articles_narrow_the_interval() -> None:
    """By the root of their number, also beyond the number of groups."""
    few, many = (width(tally_of(by_chance(number)).figure()) for number in (50, 50 * 16))
    assert GROUPS < 50 * 16
    assert few / many == pytest.approx(4, rel=0.35)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of a hundred corpora drawn where people agree on 80 %, some 95 have it in their interval."""
    held = 0
    for seed in range(100):
        found = tally_of(by_chance(60, seed)).figure(seed=seed)
        assert found.low is not None and found.high is not None
        held += found.low <= 0.8 <= found.high
    assert 86 <= held <= 100


def test_annotations_of_one_article_are_drawn_together() -> None:
    """The same counts in ever fewer articles say less."""
    single = [article(int(number % 5 > 0), 2) for number in range(500)]
    together = [[part for counts in single[n : n + 25] for part in counts] for n in range(0, 500, 25)]
    alike = [article(25, 50)] * 16 + [article(0, 50)] * 4
    assert width(tally_of(alike).figure()) > 3 * width(tally_of(single).figure())
    assert tally_of(together).value() == tally_of(single).value() == tally_of(alike).value()


def test_few_articles_give_a_figure_and_no_interval() -> None:
    few = tally_of(by_chance(LEAST_ARTICLES - 1)).figure()
    assert few.value is not None and (few.low, few.high) == (None, None)
    assert tally_of(by_chance(LEAST_ARTICLES)).figure().low is not None


def test_what_is_undefined_has_neither_figure_nor_interval() -> None:
    assert tally_of([article(0, 0)] * 30).figure() == Figure(value=None, articles=30)


def test_what_most_draws_leave_undefined_has_no_interval() -> None:
    """One article of thirty has anything: a third of all draws miss it."""
    rare = tally_of([article(1, 2), *[article(0, 0)] * 29]).figure()
    assert (rare.value, rare.low, rare.high) == (1, None, None)
