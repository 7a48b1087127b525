"""What becomes of each piece of a quote, and how scores are judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.extraction.base import ArticleText
from annotations.extraction.draft import Draft
from annotations.extraction.learned.examples import Example
from annotations.extraction.mistakes import Kind, by_construction, construction_of, judge
from annotations.extraction.ranking import average_precision, calibration_error
from corpus.text.blocks import segment_blocks
from corpus.text.spans import Span

TEXT = "“The gate stays shut,” said Mara Voss. Ilya Brandt warned that the wall is too low for the winter."
SHUT, LOW = "“The gate stays shut,”", "that the wall is too low for the winter"


def spoken(*quotes: tuple[str, str, str, str]) -> Draft:
    """Return a draft of quotes, each as its words, source, cue and reason; empty words for none."""
    draft = Draft()
    for words, source, cue, reason in quotes:
        quote = draft.add(
            "quote", [at(words)], 0.8, reason, {"type": "direct" if "“" in words else "indirect"}
        )
        if source:
            draft.link("source", quote, draft.add("attribution", [at(source)], 0.8, reason), 0.8, reason)
        if cue:
            draft.link("cue", quote, draft.add("cue", [at(cue)], 0.8, reason), 0.8, reason)
    return draft


def at(words: str) -> Span:
    assert TEXT.count(words) == 1
    return Span(TEXT.index(words), TEXT.index(words) + len(words))


def kinds(found: Draft, gold: Draft) -> list[tuple[str, str]]:
    example = Example(
        article=ArticleText(text=TEXT, blocks=tuple(segment_blocks(TEXT))), gold=gold.suggestions()
    )
    return [(judged.kind.value, judged.construction) for judged in judge(found.suggestions(), example)]


GOLD = ((SHUT, "Mara Voss", "said", ""), (LOW, "Ilya Brandt", "warned", ""))


def test_what_is_the_same_is_right() -> None:
    found = spoken(
        (SHUT, "Mara Voss", "said", "quotation marks; cue “said”"), (LOW, "Ilya Brandt", "warned", "x")
    )
    assert kinds(found, spoken(*GOLD)) == [("right", "quotation marks; cue “…”"), ("right", "x")]


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ((SHUT, "Ilya Brandt", "said", "x"), "source"),
        ((SHUT, "", "said", "x"), "source"),
        ((SHUT, "Mara Voss", "warned", "x"), "cue"),
        ((SHUT, "Mara Voss", "", "x"), "cue"),
        (("The gate stays shut", "Mara Voss", "said", "x"), "right"),
        (("gate stays shut,”", "Mara Voss", "said", "x"), "boundary"),
    ],
)
def test_one_difference_names_itself(found: tuple[str, str, str, str], kind: str) -> None:
    assert kinds(spoken(found), spoken(GOLD[0])) == [(kind, "x")]


def test_what_one_side_has_alone_is_missed_or_spurious() -> None:
    assert kinds(spoken((LOW, "", "", "a guess")), spoken(GOLD[0])) == [
        ("missed", "missed: direct"),
        ("spurious", "a guess"),
    ]


def test_constructions_are_counted_the_most_frequent_first() -> None:
    example = Example(article=ArticleText(text=TEXT, blocks=()), gold=spoken(*GOLD).suggestions())
    judgements = judge(spoken((SHUT, "Mara Voss", "said", "marks")).suggestions(), example) * 2
    counted = by_construction([*judgements, judgements[0]])
    assert list(counted) == ["marks", "missed: indirect"]
    assert counted["marks"] == {Kind.RIGHT: 3}


def test_a_reason_is_a_construction_without_the_words_of_the_article() -> None:
    assert construction_of("cue “warned” + clause without “that”; source “Ana Ruiz”") == (
        "cue “…” + clause without “that”; source “…”"
    )
    assert construction_of("") == "no reason given"


def test_average_precision_of_the_textbook() -> None:
    """Manning, Raghavan and Schütze, figure 8.2's kind: right at ranks 1, 3 and 6 of six."""
    ranked = [(0.9, True), (0.8, False), (0.7, True), (0.6, False), (0.5, False), (0.4, True)]
    assert average_precision(ranked) == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3)
    assert average_precision([(0.5, False)]) is None
    assert average_precision([(0.5, True), (0.5, False), (0.5, True)]) == pytest.approx(2 / 3)


def test_calibration_error_of_hand_made_cases() -> None:
    assert calibration_error([]) is None
    assert calibration_error([(0.95, True)] * 19 + [(0.95, False)]) == pytest.approx(0.0)
    assert calibration_error([(0.9, False), (0.1, True)]) == pytest.approx(0.9)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_both_stay_within_their_bounds_and_know_no_order(scored: list[tuple[float, bool]]) -> None:
    for measure in (average_precision, calibration_error):
        found = measure(scored)
        assert found is None or 0 <= found <= 1 + 1e-9
        assert found == pytest.approx(measure(scored[::-1]))
