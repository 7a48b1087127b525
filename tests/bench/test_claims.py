"""What the benchmark of claims promises of its parts and its interval; its baseline needs an installation."""

from annotations.extraction.learned.claims import Case
from bench.claims import debates, difference, speeches, turns

CASES = [Case(f"sentence {number}", number % 2 == 0, number // 10) for number in range(60)]


def test_no_article_is_both_learned_from_and_unseen():
    split = list(turns(CASES, 4))
    assert sorted(case for _, unseen in split for case in unseen) == sorted(CASES)
    for known, unseen in split:
        assert {case.article for case in known}.isdisjoint(case.article for case in unseen)


def test_the_records_of_both_sets_are_read():
    rows = [{"id": "1999", "text": "a", "label": 1}, {"id": "2000", "text": "b", "label": 0}]
    assert debates(rows) == [Case("a", True, 1), Case("b", False, 2)]
    rows = [{"doc": "B", "text": "a", "label": 1}, {"doc": "A", "text": "b", "label": 0}]
    assert speeches(rows) == [Case("a", True, 1), Case("b", False, 0)]


def test_a_better_ranking_is_better_in_every_draw():
    right = [float(case.is_claim) for case in CASES]
    wrong = [1 - score for score in right]
    gain, low, high = difference(CASES, right, wrong, draws=20)
    assert low > 0
    assert high >= low
    assert gain > 0
    assert difference(CASES, right, right, draws=20) == (0, 0, 0)
