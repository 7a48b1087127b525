"""What counts as one thing in two passes, and how it differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.agreement import Case, Unit, compare
from corpus.text.spans import Span


def unit(name: str, *segments: tuple[int, int], label: str = "quote", line: str = "", **more: object) -> Unit:
    spans = tuple(Span(*segment) for segment in segments)
    return Unit(id=name, line=line or name, label=label, segments=spans, **more)  # type: ignore[arg-type]


def found(*passes: list[Unit]) -> list[tuple[list[str], list[str]]]:
    """Return the ids of each case, - for none, with its differences."""
    return [
        ([held.id if held else "-" for held in case.units], sorted(case.differences))
        for case in compare(passes)
    ]


def source(*spans: tuple[int, int]) -> dict[str, frozenset[tuple[Span, ...]]]:
    return {"source": frozenset({(Span(*span),) for span in spans})}


def test_equal_words_agree_whatever_rows_they_are() -> None:
    assert found([unit("a", (0, 9))], [unit("b", (0, 9))]) == [(["a", "b"], [])]


@pytest.mark.parametrize(
    ("other", "differences"),
    [
        (unit("b", (0, 8), line="s"), ["content"]),
        (unit("b", (0, 9), line="s", label="claim"), ["label"]),
        (unit("b", (0, 9), line="s", attributes={"type": "mixed"}), ["type"]),
        (unit("b", (0, 9), line="s", links=source((20, 25))), ["source"]),
        (unit("b", (0, 4), (6, 9), line="s", label="claim"), ["content", "label"]),
    ],
)
def test_a_difference_has_its_type(other: Unit, differences: list[str]) -> None:
    assert found([unit("a", (0, 9), line="s")], [other]) == [(["a", "b"], differences)]


def test_what_one_pass_has_not_is_missing() -> None:
    assert found([unit("a", (0, 9))], []) == [(["a", "-"], ["missing"])]


def test_the_same_source_by_its_words_is_the_same() -> None:
    one, other = unit("a", (0, 9), links=source((20, 25))), unit("b", (0, 9), links=source((20, 25)))
    assert found([one], [other]) == [(["a", "b"], [])]


def test_one_line_is_one_thing_however_far_its_ends_have_moved() -> None:
    assert found([unit("a", (0, 9), line="s")], [unit("b", (30, 39), line="s")]) == [
        (["a", "b"], ["content"])
    ]


def test_what_was_added_meets_what_was_suggested() -> None:
    """One accepted a suggestion, the other rejected it and put in a better one: one dispute, not two."""
    assert found([unit("a", (0, 9), line="s")], [unit("b", (2, 9))]) == [(["a", "b"], ["content"])]


def test_the_best_overlap_comes_first_and_nobody_is_paired_twice() -> None:
    mine = [unit("a", (0, 10)), unit("b", (8, 30))]
    theirs = [unit("c", (0, 29))]
    assert found(mine, theirs) == [(["a", "-"], ["missing"]), (["b", "c"], ["content"])]


def test_two_labels_are_one_thing_from_half_on() -> None:
    assert found([unit("a", (0, 10))], [unit("b", (0, 6), label="claim")]) == [
        (["a", "b"], ["content", "label"])
    ]
    assert found([unit("a", (0, 10))], [unit("b", (0, 4), label="claim")]) == [
        (["-", "b"], ["missing"]),
        (["a", "-"], ["missing"]),
    ]


def test_one_label_goes_before_two() -> None:
    mine = [unit("a", (0, 10)), unit("b", (0, 10), label="claim")]
    theirs = [unit("c", (0, 9), label="claim"), unit("d", (0, 4))]
    assert found(mine, theirs) == [(["a", "d"], ["content"]), (["b", "c"], ["content"])]


def test_three_passes_meet() -> None:
    one = [unit("a", (0, 9), line="s")]
    assert found(one, [unit("b", (0, 9), line="s")], [unit("c", (1, 9))]) == [(["a", "b", "c"], ["content"])]


UNITS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12), st.sampled_from(["quote", "claim"]), st.integers(0, 5)),
    max_size=8,
    unique_by=lambda made: made[3],
).map(
    lambda made: [
        unit(f"{start}-{length}-{label}-{line}", (start, start + length), label=label, line=f"line-{line}")
        for start, length, label, line in made
    ]
)


@given(st.lists(UNITS, min_size=1, max_size=4))
def test_every_unit_is_in_one_case_and_each_case_takes_one_of_a_pass(passes: list[list[Unit]]) -> None:
    cases = compare(passes)
    for number, units in enumerate(passes):
        held = [case.units[number] for case in cases if case.units[number]]
        assert sorted(one.id for one in held if one) == sorted(one.id for one in units)
    assert all(any(case.units) for case in cases)


@given(UNITS, UNITS)
def test_the_order_of_the_passes_changes_nothing(one: list[Unit], other: list[Unit]) -> None:
    def ids(case: Case) -> list[str | None]:
        return [unit.id if unit else None for unit in case.units]

    straight = {(*ids(case), case.differences) for case in compare([one, other])}
    turned = {(*ids(case)[::-1], case.differences) for case in compare([other, one])}
    assert straight == turned


@given(UNITS)
def test_a_pass_agrees_with_itself(units: list[Unit]) -> None:
    assert all(case.agreed for case in compare([units, units]))
