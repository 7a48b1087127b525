"""The unit of an article's offsets is what its words prove, and nothing else."""

import hypothesis
import pytest
from hypothesis import strategies as st

from annotations.exchange.articles import Annotation, Article, Layer
from annotations.exchange.fields import RecordRefused
from annotations.exchange.units import Settled, Unit, _units_apart, offsets_of, settle_offsets
from corpus.text.spans import Span
from tests.pure.exchange.made_up import TEXTS

TEXT = "🌊 Zoe\u0301 and 👩🏽‍🔧 Quint.\r\nTwice Quint."


def article(*spans: tuple[int, int, str | None], text: str = TEXT) -> Article:
    rows = tuple(
        Annotation(key=str(number), label="attribution", segments=(Span(start, end),), words=words)
        for number, (start, end, words) in enumerate(spans)
    )
    return Article(text=text, layers=(Layer(annotations=rows),))


def counted(words: str, unit: Unit, start: int = 0) -> tuple[int, int, str]:
    offsets = offsets_of(TEXT, unit)
    place = TEXT.index(words, start)
    return offsets.from_code_points(place), offsets.from_code_points(place + len(words)), words


def settled(given: Article, own: Unit = Unit.CODE_POINT, declared: Unit | None = None) -> Settled:
    return settle_offsets(given, own=own, declared=declared)


def spans(result: Settled) -> list[Span]:
    return [row.segments[0] for row in result.article.layers[0].annotations]


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("own", list(Unit))
def test_the_words_tell_the_unit(unit: Unit, own: Unit) -> None:
    given = article(counted("Quint", unit), counted("Twice", unit))
    found = settled(given, own)
    place = TEXT.index("Quint")
    assert found.unit == unit and found.verified
    assert spans(found)[0] == (place, place + 5)


@pytest.mark.parametrize("unit", list(Unit))
def test_a_span_without_words_follows_those_that_have_them(unit: Unit) -> None:
    start, end, _ = counted("Twice", unit)
    found = settled(article(counted("Quint", unit), (start, end, None)))
    assert spans(found)[1].of(TEXT) == "Twice"


def test_words_that_fit_no_unit_are_refused_with_their_place() -> None:
    lying = article((2, 7, "Quint"))
    with pytest.raises(RecordRefused, match=r"'attribution' 0 at 2–7.*in no other unit"):
        settled(lying)


def test_two_units_in_one_article_are_refused() -> None:
    with pytest.raises(RecordRefused, match="no other unit"):
        settled(article(counted("Quint", Unit.CODE_POINT), counted("Twice", Unit.UTF16)))


def test_words_that_fit_two_units_at_two_places_are_refused_unless_declared() -> None:
    text = "🌊aaaa"
    given = article((2, 3, "a"), text=text)
    with pytest.raises(RecordRefused, match="state the offset unit"):
        settled(given)
    assert spans(settled(given, declared=Unit.UTF16)) == [(1, 2)]
    assert spans(settled(given, declared=Unit.CODE_POINT)) == [(2, 3)]


def test_units_that_mean_the_same_are_no_ambiguity() -> None:
    found = settled(article((0, 2, "ab"), text="ab 🌊"), own=Unit.UTF16)
    assert found.unit == Unit.UTF16 and found.verified


def test_without_words_the_declared_or_the_own_unit_is_taken_and_not_called_verified() -> None:
    given = article((3, 4, None), text="🌊 a.")
    found = settled(given, own=Unit.UTF16)
    assert (found.unit, found.verified, spans(found)) == (Unit.UTF16, False, [(2, 3)])
    found = settled(given, own=Unit.UTF16, declared=Unit.CODE_POINT)
    assert (found.unit, spans(found)) == (Unit.CODE_POINT, [(3, 4)])


@pytest.mark.parametrize(
    ("span", "unit"),
    [
        ((0, 99, None), Unit.CODE_POINT),
        ((1, 2, None), Unit.UTF16),
        ((2, 5, None), Unit.UTF8),
        ((0, 99, None), Unit.GRAPHEME),
    ],
)
def test_offsets_out_of_the_text_or_inside_a_character_are_refused(
    span: tuple[int, int, None], unit: Unit
) -> None:
    with pytest.raises(RecordRefused):
        settled(article(span), own=unit)


def test_an_article_without_spans_has_no_unit() -> None:
    assert settled(Article(text="a")).unit is None


def test_graphemes_are_what_readers_see() -> None:
    offsets = offsets_of(TEXT, Unit.GRAPHEME)
    assert offsets.to_code_points(5) == TEXT.index(" and")
    assert [offsets.from_code_points(place) for place in (0, 1, 2)] == [0, 1, 2]
    with pytest.raises(ValueError, match="inside a grapheme"):
        offsets.from_code_points(TEXT.index("\u0301"))


@hypothesis.settings(max_examples=300)
@hypothesis.given(text=st.text(min_size=1, max_size=12) | TEXTS)
def test_units_that_are_passed_over_count_like_code_points(text: str) -> None:
    for own in Unit:
        apart = _units_apart(text, own)
        assert len(apart) == len(set(apart)) and apart[0] is own
        for unit in set(Unit) - set(apart):
            offsets = offsets_of(text, unit)
            assert [offsets.from_code_points(place) for place in range(len(text) + 1)] == list(
                range(len(text) + 1)
            )
