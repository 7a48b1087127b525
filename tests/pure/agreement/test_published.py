"""The statistics give what their publications print for their own examples, to the printed digits."""

from collections import Counter
from collections.abc import Hashable, Sequence

import pytest

from annotations.agreement import cohen_kappa, nominal_alpha
from annotations.agreement.cohen_kappa import cohen_kappa as kappa
from annotations.agreement.fleiss_kappa import fleiss_kappa
from annotations.agreement.nominal_alpha import nominal_alpha as alpha
from annotations.agreement.passes import Passes
from annotations.agreement.unitizing_alpha import unitizing_alpha
from corpus.text.spans import Span
from tests.pure.agreement.marking import figure, marked


def test_cohen_1960_on_two_clinicians() -> None:
    """P. 45: two clinicians and 200 patients; κ = .492."""
    table: dict[tuple[Hashable, ...], float] = {
        (1, 1): 88, (1, 2): 14, (1, 3): 18,
        (2, 1): 10, (2, 2): 40, (2, 3): 10,
        (3, 1): 2, (3, 2): 6, (3, 3): 12,
    }  # fmt: skip
    assert f"{kappa(table):.3f}" == "0.492"


def test_fleiss_1971_on_six_psychiatrists() -> None:
    """Table 1: six psychiatrists put each of 30 patients into one of five categories; κ = .430."""
    rows = (
        "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444", "555555",
        "144444", "124444", "222333", "144444", "224445", "333335", "111455", "111112", "224444", "133555",
        "555555", "244444", "224555", "114444", "144445", "222224", "111155", "224444", "133333", "555555",
    )  # fmt: skip
    assert f"{fleiss_kappa([Counter(row) for row in rows]):.3f}" == "0.430"


@pytest.mark.parametrize(
    ("observers", "printed"),
    [
        (["0100000010", "1110010000"], "0.095"),  # section A
        (["aabbdcccedda", "babbbccceddd"], "0.692"),  # section B
        (["123321412...", "1233224125.3", ".3332342251.", "12332441251."], "0.743"),  # section C
    ],
)
def test_krippendorff_2011_on_nominal_data(observers: Sequence[str], printed: str) -> None:
    """A point stands for no value."""
    units = [Counter(value for value in unit if value != ".") for unit in zip(*observers, strict=True)]
    assert f"{alpha(units):.3f}" == printed


@pytest.fixture
def bertha_and_bill() -> Passes:
    """What two people marked of 24 characters, in Krippendorff 1995."""
    return marked(24, bertha=[(2, 10), (14, 20)], bill=[(4, 8), (15, 17)])


def test_krippendorff_1995_takes_characters_for_units(bertha_and_bill: Passes) -> None:
    """Cohen's kappa of the single characters is .385, alpha .329."""
    assert f"{figure(cohen_kappa.STATISTIC, bertha_and_bill):.3f}" == "0.385"
    assert f"{figure(nominal_alpha.STATISTIC, bertha_and_bill):.3f}" == "0.329"


def test_krippendorff_2019_on_three_unitizations() -> None:
    """Figure 12.11: what three people marked of a continuum of 60; uα = .510."""
    alex = {(0, 7): 1, (7, 13): 2, (30, 32): 5, (32, 37): 6, (37, 44): 6, (44, 60): 7}
    paul = {(0, 7): 1, (7, 13): 3, (13, 21): 5, (32, 44): 6}
    suzan = {(0, 7): 1, (7, 13): 4, (13, 21): 5, (32, 37): 6, (37, 41): 6, (41, 44): 6}
    people = [{Span(*span): value for span, value in units.items()} for units in (alex, paul, suzan)]
    assert f"{unitizing_alpha(60, people):.3f}" == "0.510"
