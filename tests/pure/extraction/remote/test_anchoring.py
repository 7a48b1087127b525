"""Words are found where they stand, or not at all."""

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations.extraction.remote.anchoring import ReadText, seen
from corpus.text.spans import Span
from tests.growth import grows_no_faster

TEXT = (
    "“We sail,” said Bo Lind. He said so twice.\n\n"
    "“We sail,” said Ann Ost.\u00a0The ‘Karin’ is\r\nlate – again.\n\n"
    "Share this page\n\n"
    "Nobody sailed."
)
FURNITURE = "Share this page"


def read(text: str = TEXT) -> ReadText:
    """Return the text as it is read: without its furniture."""
    if FURNITURE not in text:
        return ReadText(text, [Span(0, len(text))])
    at = text.index(FURNITURE)
    return ReadText(text, [Span(0, at - 2), Span(at + len(FURNITURE) + 2, len(text))])


def found(words: str, sentence: str = "", taken: tuple[Span, ...] = ()) -> tuple[str, int] | None:
    anchored = read().anchor(words, sentence, taken)
    return (anchored.span.of(TEXT), anchored.span.start) if anchored else None


def nth(words: str, number: int) -> tuple[str, int]:
    """Return words and where they stand for the n-th time."""
    at = -1
    for _ in range(number):
        at = TEXT.index(words, at + 1)
    return words, at


FIRST, SECOND = "“We sail,” said Bo Lind.", "“We sail,” said Ann Ost."


def test_words_are_found_in_other_marks_dashes_and_white_space_than_the_text_has() -> None:
    written = "\"We sail,\" said Ann Ost. The 'Karin' is late - again."
    standing = "“We sail,” said Ann Ost.\u00a0The ‘Karin’ is\r\nlate – again."
    assert found(written) == nth(standing, 1)
    anchored = read().anchor(written, "")
    assert anchored is not None and not anchored.exact
    anchored = read().anchor(standing, "")
    assert anchored is not None and anchored.exact


def test_words_that_come_twice_are_those_of_the_sentence() -> None:
    assert found("“We sail,”", FIRST) == nth("“We sail,”", 1)
    assert found("“We sail,”", SECOND) == nth("“We sail,”", 2)
    assert found('"We sail,"', '"We sail," said Ann Ost.') == nth("“We sail,”", 2)


def test_words_that_come_twice_without_their_sentence_are_nowhere() -> None:
    assert found("“We sail,”") is None
    assert found("“We sail,”", "Bo Lind sails.") is None
    assert found("Bo Lind", "Bo Lind sails.") == nth("Bo Lind", 1), "the control: once is enough"


def test_words_outside_of_their_sentence_are_the_nearest_to_it() -> None:
    assert found("said", "The ‘Karin’ is\r\nlate – again.") == nth("said", 3)
    anchored = read().anchor("twice", FIRST)
    assert anchored is not None and not anchored.inside


@pytest.mark.parametrize("words", ["We sink", "", " ", "\n", "“We sail,” said Cy", "we sail", FURNITURE])
def test_words_that_are_not_there_are_nowhere(words: str) -> None:
    assert found(words, FIRST) is None


def test_words_do_not_run_over_what_is_not_read() -> None:
    assert found("late – again. Nobody sailed.") is None
    assert read("late again.\n\nNobody sailed.").anchor("late again. Nobody sailed.", "") is not None
    assert found("again. Share this page Nobody") is None


def test_a_sentence_that_comes_twice_is_found_twice_and_no_third_time() -> None:
    text = ReadText("It rains. It pours. It rains.", [Span(0, 29)])
    first = text.anchor("It rains", "It rains.")
    assert first is not None and first.span == (0, 8)
    second = text.anchor("It rains", "It rains.", {first.span})
    assert second is not None and second.span == (20, 28)
    assert text.anchor("It rains", "It rains.", {first.span, second.span}) is None


def test_what_stands_everywhere_names_no_place() -> None:
    text = "a " * 1_000 + "b"
    assert ReadText(text, [Span(0, len(text))]).anchor("a", text) is not None
    text += " a"
    assert ReadText(text, [Span(0, len(text))]).anchor("a", text) is None


def test_short_words_are_no_parts_of_longer_ones() -> None:
    text = "The others said he aforesaid."
    anchored = ReadText(text, [Span(0, len(text))]).anchor("he", text)
    assert anchored is not None and anchored.span.start == text.index(" he ") + 1
    japanese = "彼は行くと言った。"
    anchored = ReadText(japanese, [Span(0, 9)]).anchor("行く", japanese)
    assert anchored is not None and anchored.span == (2, 4), "where words have no spaces, parts will do"


def test_the_same_characters_come_before_those_with_other_marks() -> None:
    text = '“Yes” and "Yes".'
    anchored = ReadText(text, [Span(0, len(text))]).anchor('"Yes"', text)
    assert anchored is not None and anchored.exact and anchored.span == (10, 15)


def test_a_source_stands_beside_its_quote_and_not_in_it() -> None:
    text = "He came. “He said he will,” he said. He left."
    whole = ReadText(text, [Span(0, len(text))])
    quote = Span(text.index("“"), text.index("”") + 1)
    sentence = "“He said he will,” he said."
    assert whole.beside("he", [quote], sentence) == (28, 30)
    assert whole.beside("said", [quote], sentence) == (31, 35)
    assert whole.beside("He", [quote], sentence) == (0, 2)
    assert whole.beside("she", [quote], sentence) is None
    assert whole.beside("will", [quote], sentence) is None


def test_a_source_in_the_sentence_comes_before_a_nearer_one_outside_of_it() -> None:
    text = "So said Lind. “We sail,” said the old harbour master, Lind."
    whole = ReadText(text, [Span(0, len(text))])
    quote = Span(text.index("“"), text.index("”") + 1)
    assert whole.beside("Lind", [quote], text[14:]) == (text.rindex("Lind"), len(text) - 1)
    assert whole.beside("Lind", [quote], "") == (8, 12), "the control: the other one is nearer"


def test_what_goes_on_stands_behind_what_it_goes_on_from() -> None:
    text = "“No,” she said. “No,” she said. “Never.”"
    whole = ReadText(text, [Span(0, len(text))])
    assert whole.after("“No,”", Span(0, 5)) == (16, 21)
    assert whole.after("“No,”", Span(16, 21)) is None


# Everything that folding changes, beside letters.
TEXTS = st.text(alphabet="ab “”\"'’\u00a0\n\r\t–-é\u0301🛥", max_size=60)


def _cuts_a_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


@given(TEXTS, st.data())
def test_words_of_the_text_are_always_found_and_say_the_same(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    words = text[start:end]
    anchored = ReadText(text, [Span(0, len(text))]).anchor(words, text)
    if not words.strip():
        assert anchored is None
        return
    # Part of a word is looked for as a whole one first.
    assume(not _cuts_a_word(text, start) and not _cuts_a_word(text, end))
    assert anchored is not None and anchored.exact
    assert anchored.span.of(text) == words.strip()


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_found_reads_like_what_was_looked_for(text: str, words: str, sentence: str) -> None:
    anchored = ReadText(text, [Span(0, len(text))]).anchor(words, sentence)
    if anchored is None:
        return
    assert seen(anchored.span.of(text)) == seen(words)
    assert anchored.exact == (anchored.span.of(text) == words.strip())


@pytest.mark.parametrize("words", ["a a a a a a a a b", "a", "a" * 50 + "b", "“" * 40])
def test_the_cost_grows_with_the_text_and_no_faster(words: str) -> None:
    def seconds(size: int) -> float:
        text = ("a " * size) + "“" * size
        start = time.process_time()
        whole = ReadText(text, [Span(0, len(text))])
        for _ in range(5):
            whole.anchor(words, "a")
        return time.process_time() - start

    assert grows_no_faster(seconds, 3_000, 12_000, factor=8, floor=0.05)
