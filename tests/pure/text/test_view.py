import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.view import plain_view


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("a b\nc", "a b\nc"),
        ("a\u00a0b\u2009c\u3000d\te", "a b c d e"),
        ("a\r\nb", "a \nb"),
        ("a\rb", "a\nb"),
        ("a\r\r\nb", "a\n \nb"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf", "a\nb\nc\nd\ne\nf"),
        ("soft\u00adhyphen zero\u200bwidth \ufeff", "soft\u00adhyphen zero\u200bwidth \ufeff"),
    ],
)
def test_white_space_is_seen_plain(text, view):
    assert plain_view(text) == view


def test_every_white_space_of_unicode_is_seen_as_a_space_or_a_line_feed_and_marks_as_letters():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    for character, seen in zip(everything, plain_view(everything), strict=True):
        if character.isspace():
            assert seen in " \n"
        elif seen != character:
            assert unicodedata.category(character) in ("Mn", "Mc") and seen.isalpha()


@given(st.text(st.sampled_from("a \r\n\t\u00a0\u2028é😀")))
def test_the_view_has_the_length_of_the_text(text):
    assert len(plain_view(text)) == len(text)


@pytest.mark.parametrize("word", ["Rene\u0301e", "A\u030akerdal", "שָׁלוֹם", "Ve\u0302\u0301t"])
def test_a_word_with_combining_marks_is_letters_throughout(word):
    assert re.fullmatch(r"[^\W\d_]+", plain_view(word))


def test_the_selector_of_an_emoji_is_no_letter():
    assert plain_view("🗞\ufe0f 👩\u200d👧") == "🗞\ufe0f 👩\u200d👧"
