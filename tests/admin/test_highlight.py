"""The text with its marks: every character stays, whatever the marks do."""

import html
import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.admin.highlight import Mark, painted
from corpus.text.blocks import Block, BlockKind, segment_blocks
from corpus.text.spans import Span
from tests.growth import grows_no_faster

TAG = re.compile(r"<[^>]*>")


def text_of(painting: str) -> str:
    return html.unescape(TAG.sub("", painting).replace("&#13;", "\0")).replace("\0", "\r")


def mark(*segments: tuple[int, int], label: str = "quote", row: str = "1") -> Mark:
    return Mark(row=row, label=label, segments=tuple(Span(*segment) for segment in segments), state="kept")


def body(text: str) -> tuple[Block, ...]:
    return (Block(start=0, end=len(text), kind=BlockKind.BODY),)


LETTERS = st.sampled_from("ab <>&\"';#\r\n\t\u00a0\u0301\u200d\u2028:“”é😀🏽")


@given(
    text=st.text(LETTERS, min_size=1, max_size=40),
    ends=st.lists(st.tuples(*[st.integers(0, 40)] * 2), max_size=6),
)
def test_the_text_nodes_are_the_text_whatever_is_marked(text, ends):
    spans = [(min(pair), min(max(pair), len(text))) for pair in ends]
    marks = [mark(span, row=str(number)) for number, span in enumerate(spans) if span[0] < span[1]]
    assert text_of(painted(text, segment_blocks(text), marks)) == text
    assert text_of(painted(text, (), marks)) == text


def test_a_carriage_return_reaches_the_browser_as_one():
    assert "one&#13;\ntwo" in painted("one\r\ntwo", body("one\r\ntwo"), [])


def test_markup_in_an_article_stays_text():
    text = "<script>alert(1)</script> & <img src=x onerror=alert(1)>"
    painting = painted(text, body(text), [mark((0, 8))])
    assert "<script" not in painting
    assert "<img" not in painting
    assert text_of(painting) == text


def test_of_overlapping_marks_the_longer_is_around_the_shorter():
    painting = painted(
        "Ann said so", body("Ann said so"), [mark((4, 8), label="cue", row="c"), mark((0, 11), row="q")]
    )
    assert re.search(
        r'<mark [^>]*data-row="q"[^>]*><mark [^>]*data-row="c"[^>]*>said</mark></mark>', painting
    )


def test_crossing_marks_share_a_piece():
    painting = painted("abcdef", body("abcdef"), [mark((0, 4), row="1"), mark((2, 6), row="2")])
    assert [len(re.findall(f'data-row="{row}"', painting)) for row in "12"] == [2, 2]
    assert re.search(r"<mark[^>]*><mark[^>]*>cd</mark></mark>", painting)


def test_a_broken_mark_has_its_anchor_once_and_a_tag_on_each_segment():
    painting = painted("abc def ghi", body("abc def ghi"), [mark((0, 3), (8, 11), row="q")])
    assert painting.count('id="mark-q"') == 1
    assert painting.count('data-tag="quote"') == 1
    assert painting.count('data-tag="… quote"') == 1


def test_a_mark_over_two_blocks_is_drawn_in_both():
    text = "one\n\ntwo"
    blocks = (Block(start=0, end=3, kind=BlockKind.BODY), Block(start=5, end=8, kind=BlockKind.BODY))
    painting = painted(text, blocks, [mark((1, 7))])
    assert [">ne</mark>" in painting, ">tw</mark>" in painting] == [True, True]
    assert text_of(painting) == text


def test_the_name_of_a_turn_is_drawn_as_one():
    text = "ANN: Yes."
    block = Block(start=0, end=9, kind=BlockKind.SPEAKER_TURN, name_start=0, name_end=3)
    assert '<b class="speaker">ANN</b>: Yes.' in painted(text, (block,), [])


@pytest.mark.parametrize("kind", BlockKind)
def test_each_kind_of_block_is_drawn_as_what_it_is(kind):
    assert f'class="block {kind.value}"' in painted("x", (Block(start=0, end=1, kind=kind),), [])


def seconds(count: int) -> float:
    text = "word " * count
    marks = [mark((start, start + 4), row=str(start)) for start in range(0, len(text), 5)]
    began = process_time()
    painted(text, body(text), marks)
    return process_time() - began


def test_twice_the_marks_take_about_twice_the_time():
    assert grows_no_faster(seconds, 2_000, 4_000, factor=3, floor=0.05)
