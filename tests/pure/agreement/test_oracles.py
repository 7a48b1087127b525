"""The statistics give what others compute in other ways, to twelve digits."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask

from annotations.agreement import f1_exact, f1_overlap, unitizing_alpha
from annotations.agreement.cohen_kappa import cohen_kappa
from annotations.agreement.fleiss_kappa import fleiss_kappa
from annotations.agreement.nominal_alpha import nominal_alpha
from annotations.agreement.passes import Passes
from tests.pure.agreement.marking import figure
from tests.pure.agreement.strategies import several_passes

VALUES = st.sampled_from("abcd")


def of_nltk(units: Sequence[Sequence[str]]) -> AnnotationTask:
    """Return NLTK's reading of units, each of whose values is another person's; a point is no value."""
    said = [
        (f"person {who}", f"unit {number}", value)
        for number, unit in enumerate(units)
        for who, value in enumerate(unit)
        if value != "."
    ]
    return AnnotationTask(said)


def varied(units: Sequence[Sequence[str]]) -> bool:
    return len({value for unit in units for value in unit if value != "."}) > 1


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40).filter(varied))
def test_cohen(units: list[tuple[str, str]]) -> None:
    assert cohen_kappa(Counter(units)) == pytest.approx(of_nltk(units).kappa(), abs=1e-12)


@given(st.integers(2, 6), st.data())
def test_fleiss(people: int, data: st.DataObject) -> None:
    """NLTK calls it pi of many: Siegel and Castellan's K, which is Fleiss' kappa."""
    unit = st.lists(VALUES, min_size=people, max_size=people)
    units = data.draw(st.lists(unit, min_size=1, max_size=30).filter(varied))
    assert fleiss_kappa([Counter(unit) for unit in units]) == pytest.approx(of_nltk(units).pi(), abs=1e-12)


@given(st.lists(st.lists(st.sampled_from("abc."), min_size=4, max_size=4), min_size=1, max_size=30))
def test_alpha_with_values_missing(units: list[list[str]]) -> None:
    pairable = [unit for unit in units if len(unit) - unit.count(".") > 1]
    own = nominal_alpha([Counter(value for value in unit if value != ".") for unit in units])
    if varied(pairable):
        assert own == pytest.approx(of_nltk(pairable).alpha(), abs=1e-12)
    else:
        assert own is None


@given(several_passes())
def test_unitizing_alpha_by_shuffling(passes: Passes) -> None:
    """Character by character: those that meet, and those that could, but for a unit with itself."""
    labels = [
        [next((number for number, span in enumerate(pieces, 1) if span.start <= at < span.end), -at)
         for at in range(passes.length)]
        for pieces in passes.pieces
    ]  # fmt: skip
    everyone = [(who, unit) for who, units in enumerate(labels) for unit in units]
    met = [
        (one[at] > 0) != (other[at] > 0)
        for number, one in enumerate(labels)
        for other in labels[number + 1 :]
        for at in range(passes.length)
    ]
    could = [
        (one[1] > 0) != (other[1] > 0)
        for place, one in enumerate(everyone)
        for again, other in enumerate(everyone)
        if again != place and (one != other or one[1] <= 0)
    ]
    own = figure(unitizing_alpha.STATISTIC, passes)
    if any(could):
        assert own == pytest.approx(1 - (sum(met) / len(met)) / (sum(could) / len(could)), abs=1e-12)
    else:
        assert own is None


@given(several_passes())
def test_overlapping_is_the_greedy_matching(passes: Passes) -> None:
    """Every two that overlap by half, the closest first."""
    common, every = 0, 0
    for pair in passes.pairs.values():
        one, other = ([set(range(*unit.segments[0])) for unit in units] for units in pair.both)
        every += len(one) + len(other)
        close = sorted(
            ((len(a & b) / len(a | b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)),
            reverse=True,
        )
        while close and close[0][0] >= 0.5:
            _, i, j = close[0]
            close = [(share, k, m) for share, k, m in close if k != i and m != j]
            common += 1
    assert figure(f1_overlap.STATISTIC, passes) == (2 * common / every if every else None)


@given(several_passes())
def test_exact_is_what_is_in_both(passes: Passes) -> None:
    common, every = 0, 0
    for pair in passes.pairs.values():
        one, other = (Counter(unit.segments for unit in units) for units in pair.both)
        common += (one & other).total()
        every += one.total() + other.total()
    assert figure(f1_exact.STATISTIC, passes) == (2 * common / every if every else None)
