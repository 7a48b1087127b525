"""Which stretches of a text stand in quotation marks."""

import pytest

from annotations.extraction.quotation import find_quotations
from corpus.text.spans import Span
from tests.pure.extraction.marked import paragraphs

#: the text with each outermost quotation in braces
CASES = {
    "straight": 'She said {"go"} and left.',
    "curly": "She said {“go”} and left.",
    "two on one line": 'One {"a b"} and two {"c d"}.',
    "at the edges": '{"a b"}',
    "curly opened, straight closed": 'She said {“go"} and left.',
    "straight opened, curly closed": 'She said {"go”} and left.',
    "doubled singles close a straight mark": "the need to {\"respect all.''}",
    "doubled singles": "She said {''go''} and left.",
    "backticks": "She said {``go''} and left.",
    "German": "Sie sagte {„geh“} und ging.",
    "Swedish": "Hon sade {”gå”} nu.",
    "French": "Il dit {« allons »} et part.",
    "Danish": "Hun sagde {»gå«} nu.",
    "corner brackets": "彼は{「はい」}と言った。",
    "single curly": "She said {‘go’} and left.",
    "single straight": "She said {'go'} and left.",
    "nested singles": "She said {“he said ‘go’ twice”} and left.",
    "nested doubles in singles": "She said {‘he said “go” twice’} and left.",
    "nested end together": "She said {“he said ‘go.’”} Then she left.",
    "apostrophes": "It's the men's pier, isn't it? The '90s and rock 'n' roll.",
    "curly apostrophes": "It’s the men’s pier, isn’t it? The ’90s.",
    "plural possessive in singles": "{'The workers' pay is low,'} she said.",
    "possessive alone": "The workers' pay is low.",
    "inches": 'A plank 6" wide.',
    "missing closing mark before the next quotation": 'He said "we go. Then {"no one"} went.',
    "missing closing mark at the end of the paragraph": 'He said {"we go.}\nNext.',
    "stray closing mark": "We go.” Then nothing.",
    "in brackets": '(as in {"go"})',
    "behind a dash": 'the word—{"go"}—was hers',
    "opened again by paragraph": '{"One.\n"Two."} said he.',
    "opened again over three": "{“One.\n“Two.\n“Three.”} said he.",
    "not opened again": '{"One.}\nTwo.',
    "elided opening": "{“…and so we go”} she said.",
}


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES.keys())
def test_quotations_are_found_with_their_marks(marked):
    text = marked.replace("{", "").replace("}", "")
    expected = []
    offset = 0
    for position, character in enumerate(marked):
        if character in "{}":
            expected.append(position - offset)
            offset += 1
    found = find_quotations(text, [Span(block.start, block.end) for block in paragraphs(text)])
    assert [edge for quotation in found for edge in (quotation.start, quotation.end)] == expected


def test_a_quotation_over_paragraphs_has_a_part_in_each():
    text = "“One.\n“Two.”"
    (quotation,) = find_quotations(text, [Span(0, 5), Span(6, 12)])
    assert quotation.parts == (Span(0, 5), Span(6, 12))
    assert quotation.closed


def test_a_quotation_without_its_closing_mark_says_so():
    (quotation,) = find_quotations('"One day.', [Span(0, 9)])
    assert not quotation.closed
