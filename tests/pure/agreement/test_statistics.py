"""What counts as agreement, in small cases that can be counted by hand."""

import pytest

from annotations.agreement import (
    cohen_kappa,
    f1_exact,
    f1_overlap,
    f1_tolerant,
    fleiss_kappa,
    nominal_alpha,
    unitizing_alpha,
)
from annotations.agreement.roles import attribute_alpha, attribute_role, relation_role
from tests.pure.agreement.marking import figure, marked, quote, said

EXACT, TOLERANT, OVERLAP = (module.STATISTIC for module in (f1_exact, f1_tolerant, f1_overlap))
SOURCE, TYPE, TYPE_ALPHA = relation_role("source"), attribute_role("type"), attribute_alpha("type")


@pytest.mark.parametrize(
    ("ada", "ben", "exact", "tolerant", "overlapping"),
    [
        ([(10, 20)], [(10, 20)], 1, 1, 1),
        ([(10, 20)], [(8, 22)], 0, 1, 1),
        ([(10, 20)], [(7, 20)], 0, 0, 1),
        ([(10, 20)], [(15, 25)], 0, 0, 0),  # 5 of 15 characters
        ([(10, 20)], [(10, 30)], 0, 0, 1),  # 10 of 20: just half
        ([(10, 20)], [(10, 31)], 0, 0, 0),
        ([(10, 12)], [(12, 14)], 0, 1, 0),  # next to each other, each end two away
        ([(10, 20), (30, 40)], [(10, 20)], 2 / 3, 2 / 3, 2 / 3),
        ([(10, 20)], [], 0, 0, 0),
        ([(0, 10), (10, 20)], [(0, 20)], 0, 0, 2 / 3),  # one of the two halves
    ],
)
def test_f1(ada: list, ben: list, exact: float, tolerant: float, overlapping: float) -> None:
    passes = marked(50, ada=ada, ben=ben)
    found = [figure(statistic, passes) for statistic in (EXACT, TOLERANT, OVERLAP)]
    assert found == [exact, tolerant, overlapping]


def test_a_broken_quote_is_one_thing() -> None:
    whole = said(50, ada=[quote("a", (0, 10), (20, 30))], ben=[quote("b", (0, 10), (20, 30))])
    half = said(50, ada=[quote("a", (0, 10), (20, 30))], ben=[quote("b", (0, 10))])
    assert [figure(EXACT, whole), figure(EXACT, half)] == [1, 0]
    assert [figure(TOLERANT, whole), figure(TOLERANT, half)] == [1, 0]
    assert [figure(OVERLAP, whole), figure(OVERLAP, half)] == [1, 1]


def test_pairs_of_three_people_are_added_up() -> None:
    """Ada and Ben have both quotes, Cy one of them: 2 + 1 + 1 in common of 4 + 3 + 3."""
    both = [(0, 10), (20, 30)]
    passes = marked(50, ada=both, ben=both, cy=[(0, 10)])
    assert figure(OVERLAP, passes) == pytest.approx(2 * 4 / 10)


def test_characters_that_one_person_marks_twice_count_once() -> None:
    passes = marked(10, ada=[(0, 4), (2, 6)], ben=[(0, 6)])
    assert passes.covered == {0b00: 4, 0b11: 6}
    assert figure(cohen_kappa.STATISTIC, passes) == 1


def test_units_that_touch_are_two_and_yet_their_characters_agree() -> None:
    passes = marked(20, ada=[(0, 5), (5, 10)], ben=[(0, 10)])
    assert figure(unitizing_alpha.STATISTIC, passes) == 1
    assert figure(EXACT, passes) == 0


def test_where_everything_is_marked_nothing_varies() -> None:
    passes = marked(10, ada=[(0, 10)], ben=[(0, 10)])
    for module in (cohen_kappa, fleiss_kappa, nominal_alpha, unitizing_alpha):
        assert figure(module.STATISTIC, passes) is None
    assert figure(EXACT, passes) == 1


def test_fleiss_asks_for_one_number_of_people_and_alpha_does_not() -> None:
    two = marked(10, ada=[(0, 5)], ben=[(0, 5)])
    three = marked(10, ada=[(0, 5)], ben=[(0, 5)], cy=[(0, 5)])
    assert figure(fleiss_kappa.STATISTIC, two) == 1
    assert figure(fleiss_kappa.STATISTIC, two, three) is None
    assert figure(nominal_alpha.STATISTIC, two, three) == 1


def test_kappa_is_of_two_people() -> None:
    three = marked(10, ada=[(0, 5)], ben=[(0, 5)], cy=[(0, 5)])
    assert figure(cohen_kappa.STATISTIC, three) is None


@pytest.mark.parametrize(
    ("ada", "ben", "agreed"),
    [
        ({"source": (20, 30)}, {"source": (20, 30)}, 1),
        ({"source": (20, 30)}, {"source": (20, 34)}, 1),  # 10 of 14 characters
        ({"source": (20, 30)}, {"source": (40, 50)}, 0),
        ({"source": (20, 30)}, {}, 0),
        ({}, {}, None),  # neither says that there is one
    ],
)
def test_a_role_is_agreed_on_where_both_lead_to_the_same_words(
    ada: dict, ben: dict, agreed: int | None
) -> None:
    passes = said(60, ada=[quote("a", (0, 10), **ada)], ben=[quote("b", (0, 9), **ben)])
    assert figure(SOURCE, passes) == agreed


def test_a_role_is_only_compared_where_both_have_the_annotation() -> None:
    ada = [quote("a", (0, 10), type="direct"), quote("b", (20, 30), type="direct")]
    ben = [quote("c", (0, 10), type="direct"), quote("d", (40, 50), type="mixed")]
    passes = said(60, ada=ada, ben=ben)
    assert figure(TYPE, passes) == 1
    assert figure(TYPE_ALPHA, passes) is None


def test_agreement_on_a_rare_type_is_worth_more_than_its_share() -> None:
    """Nine of ten agree, all but one on the same type: alpha is hardly more than chance."""
    kinds = ["direct"] * 9 + ["mixed"]
    places = [(20 * number, 20 * number + 9) for number in range(10)]
    ada = [quote(f"a{n}", place, type=kinds[n]) for n, place in enumerate(places)]
    ben = [quote(f"b{n}", place, type="direct") for n, place in enumerate(places)]
    passes = said(300, ada=ada, ben=ben)
    assert figure(TYPE, passes) == 0.9
    assert figure(TYPE_ALPHA, passes) == pytest.approx(0, abs=0.06)
