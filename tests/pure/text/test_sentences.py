import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.sentences import sentences

CASES = {
    "plain": "He left. | She stayed! | Did they meet? | Nobody knows.",
    "no stop at the end": "He left. | She stayed",
    "initials": "George W. Bush met J. K. Rowling. | They spoke.",
    "a letter that is no initial": "They chose plan B. | It failed.",
    "the pronoun I": "So did I. | Nobody else did.",
    "titles": "Mr. Lavrov met Gov. Smith, Sen. Roe and Dr. No. | They talked with Gen. Lee.",
    "an acronym within a sentence": "The U.S. Senate and the U.N. General Assembly met.",
    "an acronym at the end of a sentence": (
        "He flew to the U.S. | The talks go on. | She lives in Washington, D.C. | He does not."
    ),
    "an acronym before a quote": "He flew to the U.S. | “We won,” he said.",
    "times of day": (
        "It began at 5 p.m. Eastern on Monday. | It ended at 9 p.m. | Police came at 10 a.m. on Tuesday."
    ),
    "numbers": (
        "It rose 3.5 percent to $1.2 billion. | No. 10 did not comment. | He said no. | The rest is known."
    ),
    "months": "On Oct. 20 they met. | He came in Nov. | Nobody saw him on Jan. 6.",
    "German dates": "Am 20. Oktober trafen sie sich. | Im Jahr 2021. | Danach nicht mehr.",
    "companies and states": (
        "Acme Inc. Chief Ann Lee of Austin, Tex. resigned. | She worked at Acme Inc. | The firm is sad."
    ),
    "ellipses": "I was ... surprised. | He waited… and waited. | Then... | Nothing came . . . | The end.",
    "an omission before a name": "He said the talks with ... Putin failed.",
    "a stop before closing quotes": '“We won.” | He left. | "They lost." | (Nobody saw.) | ‘So it is.’ | He.',
    "a quote of several sentences": "“We won. | They lost,” he said. | “All is well.”",
    "a question with its speaker": (
        "“Is it over?” he asked. | “Why?” Sergei Lavrov asked. | “Stop!” Ms. Roe said. | “Why?” | "
        "Nobody knew."
    ),
    "a name with an exclamation mark": "Yahoo! said so. | He works at Yahoo! | The firm is old.",
    "a missing space": "They held talks.| The minister left.| “We won,” he said.”| She stayed.",
    "no missing space in addresses and names": (
        "See example.Com or node.Js and a/b.The or St.Louis, v1.Beta, U.S.The and Well...The and Will.I.Am."
    ),
    "lists": "1. First things first. | Then the rest.",
    "bullets in a line": "Sure are: | • a bus every hour | • no parking",
    "many marks": "What?! | No!!! | Well...",
    "lower case after a stop": "The firm, i.e. Acme, makes e.g. bells etc. and more.",
    "Chinese": "市议会开会。| 市长说：“道路将重新开放。”| 大家都高兴！| 真的吗？",
    "Russian": "Он уехал. | Она осталась.",
    "French": "Il a dit : « C’est fini. » | Elle est partie.",
    "German quotes": "„Wir gehen.“ | Er blieb. | »Nein.« | Sie ging, „auch so.“",
    "Hindi and Arabic": "वह गया। | वह आई। | هل وصل؟ | نعم۔",
}


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES)
def test_sentences_end_where_a_reader_sees_it(marked):
    expected = [sentence.strip() for sentence in marked.split("|")]
    text = marked.replace("| ", "|").replace(" |", "| ").replace("|", "")
    assert [span.of(text) for span in sentences(text)] == expected


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\t", "  ", "\u3000"], ids=repr)
def test_any_space_may_follow_a_stop(space):
    text = f"Mr.{space}Roe left.{space}She stayed."
    assert [span.of(text) for span in sentences(text)] == [f"Mr.{space}Roe left.", "She stayed."]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n\n", "\u2029", "\u2028"], ids=repr)
def test_a_paragraph_ends_a_sentence(line_break):
    text = f"Fears of expansion{line_break}He left{line_break}- no parking"
    assert [span.of(text) for span in sentences(text)] == ["Fears of expansion", "He left", "- no parking"]


def test_a_sentence_goes_over_wrapped_lines():
    text = (
        "The council met on Tuesday evening and voted, after five\n"
        "hours, to close the harbour road for a year. Mayor Ada\n"
        "Lind said so."
    )
    assert [span.of(text) for span in sentences(text)] == [text[:101], text[102:]]


def test_offsets_count_from_the_start_of_the_whole_text():
    text = "One. Two. 😀 Three. Four."
    assert [(span.start, span.of(text)) for span in sentences(text, 5, 19)] == [
        (5, "Two."),
        (10, "😀 Three."),
    ]


@pytest.mark.parametrize("text", ["", " \n\u00a0"])
def test_white_space_has_no_sentences(text):
    assert sentences(text) == []


PIECES = st.sampled_from(
    [*CASES.values(), ".", "?", "”", "“", "\n", " ", "\u00a0", "U.S.", "Mr.", "A", "é\u0301", "😀", "•"]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8))).map("".join))
def test_sentences_are_sorted_and_disjoint_and_cover_all_but_white_space(text):
    covered = set()
    end = 0
    for span in sentences(text):
        assert end <= span.start < span.end <= len(text)
        assert span.of(text) == span.of(text).strip()
        covered.update(range(*span))
        end = span.end
    assert all(text[place].isspace() for place in set(range(len(text))) - covered)
