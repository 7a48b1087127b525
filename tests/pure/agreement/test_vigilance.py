"""Who accepts what is wrong, and whose scores promise too much: the statistics of the report."""

import random
from math import exp, log

import pytest

from annotations.agreement.design_effect import design_effect
from annotations.agreement.fisher_exact import fisher_exact
from annotations.agreement.holm import holm
from annotations.agreement.lapses import Case, compare_people
from annotations.agreement.pace import LEAST_ACTS, paces
from annotations.agreement.reliability import compare_pipelines, reliability_of
from annotations.agreement.score_test import Scored, score_test
from annotations.agreement.wilson import wilson

# -- published examples --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "total", "printed"),
    [(81, 263, ".2553 .3662"), (15, 148, ".0624 .1605"), (0, 20, ".0000 .1611"), (1, 29, ".0061 .1718")],
)
def test_newcombe_1998_has_wilsons_interval(hits: int, total: int, printed: str) -> None:
    """Table I, method 3."""
    found = wilson(hits, total)
    assert found
    assert " ".join(f"{end:.4f}"[1:] for end in found) == printed


def test_fisher_1935_on_a_lady_tasting_tea() -> None:
    """Of eight cups four; three right or better come by chance 17 times in 70, all four once."""
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(1 / 70)


def test_rao_and_scott_1992_on_weils_rats() -> None:
    """Table 1: the pups of 16 litters without a treatment and of 16 with one; 1.232 and 3.953."""
    untreated = "13/13 12/12 9/9 9/9 8/8 8/8 12/13 11/12 9/10 9/10 8/9 11/13 4/5 5/7 7/10 7/10"
    treated = "12/12 11/11 10/10 9/9 10/11 9/10 9/10 8/9 8/9 4/5 7/9 4/7 5/10 3/6 3/10 0/7"
    litters = [
        [(int(hits), int(total)) for hits, _, total in (litter.partition("/") for litter in group.split())]
        for group in (untreated, treated)
    ]
    assert [f"{design_effect([group]):.3f}" for group in litters] == ["1.232", "3.953"]
    assert 1.232 < design_effect(litters) < 3.953


def test_holm_steps_down() -> None:
    """With four tests .01 and .005 stay below .05; .03 does not, and what is above it neither."""
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


def test_what_cannot_be_told_is_none() -> None:
    assert wilson(0, 0) is None
    assert fisher_exact(0, 0, 1, 4) is None
    assert score_test([[(0.5, True)]]) is None
    assert reliability_of([]).brier is None
    assert compare_people({}) == {}
    assert compare_people({"kind": {}}) == {"kind": {}}
    alone = compare_people({"kind": {"ada": [(1, True)]}})["kind"]["ada"]
    assert (alone.share, alone.others, alone.chance, alone.named) == (1.0, None, None, False)


# -- people --------------------------------------------------------------------------------------------------


def cases(lapses: int, total: int, *, first: int = 0) -> list[Case]:
    """Return one case an article, of which the first so many are lapses."""
    return [(first + number, number < lapses) for number in range(total)]


def test_the_one_who_lets_pass_most_is_named_and_nobody_else() -> None:
    people = {name: cases(4, 100) for name in ("ada", "ben", "cem", "dev")} | {"vera": cases(24, 100)}
    found = compare_people({"accepted": people})["accepted"]
    assert [name for name, lapses in found.items() if lapses.named] == ["vera"]
    vera = found["vera"]
    assert (vera.share, vera.others) == (0.24, 0.04)
    assert vera.low and vera.high and vera.low < 0.24 < vera.high
    assert vera.chance and vera.chance < 0.001


def test_a_difference_too_small_to_matter_names_nobody() -> None:
    people = {"ada": cases(20, 1_000), "ben": cases(20, 1_000), "vera": cases(60, 1_000)}
    vera = compare_people({"accepted": people})["accepted"]["vera"]
    assert vera.chance and vera.chance < 0.01, "it is no chance"
    assert not vera.named


def test_what_happened_in_one_article_counts_for_less() -> None:
    apart = {"ada": cases(4, 60), "vera": cases(16, 60)}
    together: dict[str, list[Case]] = {
        "ada": cases(4, 60),
        # The same 16 of 60, in two articles of eight, and in others of four.
        "vera": [("a", True)] * 8 + [("b", True)] * 8 + [(number % 11, False) for number in range(44)],
    }
    assert compare_people({"accepted": apart})["accepted"]["vera"].named
    assert not compare_people({"accepted": together})["accepted"]["vera"].named


def test_the_more_is_asked_the_more_it_takes() -> None:
    pair = {"ada": cases(2, 60), "vera": cases(12, 60)}
    alone = compare_people({"accepted": pair})["accepted"]["vera"]
    many = compare_people(dict.fromkeys(range(20), pair))[7]["vera"]
    assert alone.chance and many.chance == pytest.approx(min(20 * alone.chance, 1))
    assert alone.named and not many.named


def test_a_pace_far_from_everybodys_is_remarked_on() -> None:
    chance = random.Random(1)
    usual = {name: exp(log(12) + 0.05 * number) for number, name in enumerate("abcde")} | {
        "f": 2.0,
        "s": 70.0,
    }
    times = {
        name: [seconds * exp(chance.gauss(0, 0.4)) for _ in range(60)] + [5_000.0]
        for name, seconds in usual.items()
    }
    times["new"] = [0.5] * (LEAST_ACTS - 1)
    found = paces(times)
    assert {name: pace.remark for name, pace in found.items() if pace.remark} == {"f": "fast", "s": "slow"}
    assert found["a"].acts == 60, "the pause is left out"
    assert found["new"].score is None
    few = paces({name: times[name] for name in "abf"})
    assert few["f"].score is None, "too few to say what is usual"
    assert paces({name: [3.0] * 60 for name in "abcde"})["a"].score is None, "nobody differs"


# -- pipelines -----------------------------------------------------------------------------------------------


def articles(chance: random.Random, off: float, number: int = 120) -> list[list[Scored]]:
    """Return articles of one to six suggestions, of which so many less are right than their scores say."""
    return [
        [
            (score, chance.random() < score - off)
            for score in chance.choices((0.55, 0.65, 0.75, 0.85, 0.95), k=chance.randint(1, 6))
        ]
        for _ in range(number)
    ]


def test_murphys_parts_are_the_brier_score() -> None:
    found = reliability_of(articles(random.Random(2), 0.1))
    assert found.reliability is not None and found.resolution is not None and found.uncertainty is not None
    assert found.brier == pytest.approx(found.reliability - found.resolution + found.uncertainty)
    by_hand = reliability_of([[(0.9, True), (0.9, False)], [(0.1, False), (0.1, False)]])
    assert by_hand.brier == pytest.approx((0.01 + 0.81 + 0.01 + 0.01) / 4)
    assert by_hand.reliability == pytest.approx((2 * 0.16 + 2 * 0.01) / 4)
    assert by_hand.resolution == pytest.approx(0.0625)
    assert by_hand.uncertainty == pytest.approx(0.1875)


def test_scores_that_promise_too_much_are_found_and_the_others_are_not() -> None:
    chance = random.Random(3)
    found = compare_pipelines(
        {"sound": articles(chance, 0), "boastful": articles(chance, 0.2), "new": articles(chance, 0.2, 10)}
    )
    assert {name: each.miscalibrated for name, each in found.items()} == {
        "sound": False, "boastful": True, "new": None,
    }  # fmt: skip
    boastful = found["boastful"]
    assert boastful.direction == "high"
    assert boastful.low and boastful.gap and boastful.high
    assert 0.05 < boastful.low < boastful.gap < boastful.high
    assert boastful.low < 0.2 < boastful.high
    assert sum(each.suggestions for each in boastful.bins) == boastful.suggestions


def test_scores_that_are_only_too_sure_are_found_too() -> None:
    """As many are right as the scores say, but not those: the gap alone would not tell."""
    chance = random.Random(4)
    extreme = [[(score, chance.random() < 0.5) for score in (0.2, 0.8)] for _ in range(150)]
    found = compare_pipelines({"sure": extreme})["sure"]
    assert found.miscalibrated
    assert found.direction == "extreme"


def test_articles_and_not_suggestions_make_it_sure() -> None:
    """The same suggestion forty times over in one article is no more than one."""
    chance = random.Random(5)
    same = [[(0.8, right)] * 40 for right in (chance.random() < 0.68 for _ in range(50))]
    apart = [[pair] for article in same for pair in article]
    assert reliability_of(apart).chance == pytest.approx(0, abs=1e-9)
    assert (reliability_of(same).chance or 0) > 0.01


def test_a_coin_is_held_to_be_fair_by_the_textbook() -> None:
    """60 heads in 100 throws: chi-squared is 4. Written down four times each, they are still 100 throws."""
    throws = [[(0.5, number < 60)] for number in range(100)]
    once, again = score_test(throws), score_test([throw * 4 for throw in throws])
    assert once and once.statistic == pytest.approx(4)
    assert again and again.statistic == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize(
    ("number", "off", "least", "most"), [(25, 0.0, 0, 8), (100, 0.0, 0, 8), (100, 0.2, 95, 100)]
)
def test_chance_raises_no_more_alarms_than_it_says(number: int, off: float, least: int, most: int) -> None:
    """And the control: what is off is found."""
    chance = random.Random(number)
    tests = [score_test(articles(chance, off, number)) for _ in range(100)]
    assert least <= sum(test is not None and test.chance <= 0.05 for test in tests) <= most
