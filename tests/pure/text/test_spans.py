import pytest

from corpus.text.spans import Span, SpanError, check_segments, joined_surface

TEXT = "She said “we won” and left."


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ((0, 4), (4, 8), False),
        ((0, 5), (4, 8), True),
        ((4, 8), (0, 5), True),
        ((0, 9), (3, 4), True),
        ((3, 4), (3, 4), True),
    ],
)
def test_touching_spans_do_not_overlap(first, second, overlap):
    assert Span(*first).overlaps(Span(*second)) is overlap


def test_a_span_contains_itself_and_what_lies_within():
    outer = Span(2, 9)
    assert outer.contains(outer)
    assert outer.contains(Span(3, 9))
    assert not outer.contains(Span(1, 9))
    assert not outer.contains(Span(3, 10))


def test_a_span_gives_its_surface():
    assert Span(4, 8).of(TEXT) == "said"


def test_segments_that_fit_come_back_as_spans():
    assert check_segments(
        TEXT, [[0, 3], (9, 17)], surface="She … “we won”", surfaces=["She", "“we won”"]
    ) == (
        Span(0, 3),
        Span(9, 17),
    )


def test_the_last_character_may_be_labelled():
    assert check_segments(TEXT, [(0, len(TEXT))], surface=TEXT) == (Span(0, len(TEXT)),)


def test_surfaces_of_several_segments_are_joined():
    assert joined_surface(TEXT, [(0, 3), (4, 8)]) == "She … said"


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        ([], "at least one segment"),
        ([(3, 3)], "segment 1 .* is empty"),
        ([(5, 3)], "segment 1 .* is empty"),
        ([(-1, 3)], "segment 1 .* starts before the text"),
        ([(0, 28)], r"segment 1 \[0, 28\) ends after the text, which has 27 characters"),
        ([(0, 3), (3, 5)], "segment 2 .* at least one character after segment 1"),
        ([(0, 3), (2, 5)], "segment 2 .* at least one character after segment 1"),
        ([(9, 17), (0, 3)], "segment 2 .* at least one character after segment 1"),
        ([(0, 3), (9, 99)], "segment 2 .* ends after the text"),
        ([(0, "3")], "segment 1 .* must be integers"),
        ([(0, 3.0)], "segment 1 .* must be integers"),
        ([(False, True)], "segment 1 .* must be integers"),
        ([(0, 1, 2)], "segment 1 .* not a pair"),
        (["03"], "segment 1 .* not a pair"),
        ([None], "segment 1 .* not a pair"),
    ],
)
def test_segments_that_do_not_fit_are_refused_by_number(segments, reason):
    with pytest.raises(SpanError, match=reason):
        check_segments(TEXT, segments)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"surface": "she"}, "the text has 'She' there, not 'she'"),
        ({"surfaces": ["she"]}, "segment 1 covers 'She' in the text, not 'she'"),
        ({"surfaces": []}, "1 segments have 0 surfaces"),
        ({"surface": ""}, "not ''"),
    ],
)
def test_a_surface_that_differs_is_refused(given, reason):
    with pytest.raises(SpanError, match=reason):
        check_segments(TEXT, [(0, 3)], **given)
