"""What stands around the network and needs none of the optional packages."""

import json
import subprocess
import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.extraction.base import ArticleText
from annotations.extraction.learned.arbiter import options_of
from annotations.extraction.learned.linker import (
    Advice,
    Candidate,
    _mentioned,
    _pointed,
    scene_of,
    source_candidates,
)
from annotations.extraction.learned.reading import read
from annotations.extraction.learned.tagger import Stretch, Tagged
from annotations.extraction.neural import extra, learner
from annotations.extraction.neural.encoder import NoEncoder, find_encoder
from annotations.extraction.neural.packing import BadNetwork, pack, unpack
from annotations.extraction.neural.targets import ELSEWHERE, NOT_ASKED, TAGS, lessons_of
from annotations.extraction.neural.windows import LENGTH, MARK_COUNT, NO_MARKS, windows_of
from annotations.extraction.neural.wordpiece import WordPieces
from annotations.extraction.tokens import STOP
from corpus.text.blocks import segment_blocks
from corpus.text.spans import Span
from tests.growth import grows_no_faster
from tests.pure.extraction.lessons import invent_lesson
from tests.pure.extraction.neural.small import VOCABULARY, describe_encoder, words
from tests.pure.extraction.test_rules import HOSTILE


def article(text):
    return ArticleText(text=text, blocks=tuple(segment_blocks(text)))


def told(word, pieces):
    return [pieces.vocabulary[number] for number in pieces.of_word(word)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("the", ["the"]),
        ("Ferry", ["ferry"]),
        ("piers", ["pier", "##s"]),
        ("so-so", ["so", "-", "so"]),
        ("Gäte", ["gate"]),
        (unicodedata.normalize("NFD", "gäte"), ["gate"]),
        ("ж", ["[UNK]"]),
        ("theж", ["[UNK]"]),
        ("so.ж", ["so", ".", "[UNK]"]),
        ("a" * 101, ["[UNK]"]),
        ("\u200b", ["[UNK]"]),
    ],
)
def test_a_word_falls_into_the_longest_pieces(word, expected):
    assert told(word, words()) == expected


def test_a_cased_encoder_keeps_capitals_and_accents():
    pieces = WordPieces([*VOCABULARY, "Gäte"], lower=False)
    assert told("Gäte", pieces) == ["Gäte"]
    assert told("The", pieces) == ["[UNK]"]


def test_a_vocabulary_without_the_marks_of_bert_is_refused():
    with pytest.raises(ValueError, match=r"\[CLS\]"):
        WordPieces(["the", "[UNK]", "[SEP]"], lower=True)


@given(
    st.lists(st.text() | st.sampled_from(['"', "“", "” ", " said that ", "Ann Lee ", ".\n\n", "pier " * 300]))
)
@settings(max_examples=100)
def test_every_token_has_one_place_and_windows_have_their_length(parts):
    pages = read(article("".join(parts))).pages
    windows = windows_of(pages, words())
    found = [(place.page, place.token) for window in windows for place in window.places]
    assert found == [
        (number, index)
        for number, page in enumerate(pages)
        for index, token in enumerate(page.passage.tokens)
        if token.low != STOP
    ]
    for window in windows:
        assert len(window.pieces) == len(window.marks) <= LENGTH
        assert all(0 <= mark < MARK_COUNT for marks in window.marks for mark in marks)


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_for_windows_grows_with_the_length_of_a_hostile_text_and_not_faster(unit):
    pieces = words()

    def seconds(length):
        pages = read(article((unit * (length // len(unit) + 1))[:length])).pages
        start = time.process_time()
        windows_of(pages, pieces)
        return time.process_time() - start

    assert grows_no_faster(seconds, 6_000, 24_000, factor=8, floor=0.05)


def test_the_marks_tell_what_the_rules_found():
    (window,) = windows_of(read(article("“The pier is old,” Voss said. Rain fell.")).pages, words())
    by_piece = {
        words().vocabulary[piece]: marks for piece, marks in zip(window.pieces, window.marks, strict=True)
    }
    assert by_piece["“"] != by_piece["pier"] != by_piece["said"] != NO_MARKS
    assert by_piece["."] == NO_MARKS


def test_a_window_says_what_people_say():
    lesson = invent_lesson(1)
    pages = read(lesson.article).pages
    found = lessons_of(pages, windows_of(pages, words()), lesson.gold)
    tags = [TAGS[tag] for one in found for tag in one.tags if tag != NOT_ASKED]
    quotes = sum(row.label == "quote" for row in lesson.gold.annotations)
    assert tags.count("BQ") == tags.count("BC") == quotes
    pointed = [source for one in found for source in one.sources if source != NOT_ASKED]
    assert len(pointed) == quotes
    for one in found:
        for source in one.sources:
            assert source in (NOT_ASKED, ELSEWHERE) or TAGS[one.tags[source]] == "BS"


def test_a_network_comes_back_with_its_words():
    again = unpack(pack(b"network", words()))
    assert again.network == b"network"
    assert (again.words.vocabulary, again.words.lower) == (words().vocabulary, True)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (b"", "vocabulary"),
        (b"\x80\x04\x95.", "vocabulary"),
        (b"[]\nnetwork", "vocabulary"),
        (b"[" * 100_000 + b"\nnetwork", "vocabulary"),
        (json.dumps({"lower": True, "vocabulary": ["the"]}).encode() + b"\nnetwork", "vocabulary"),
        (pack(b"", words()), "no network"),
        (pack(b"..\x0a\x08location\x12\x0b/etc/passwd", words()), "another file"),
    ],
)
def test_what_is_no_network_is_refused(part, reason):
    with pytest.raises(BadNetwork, match=reason):
        unpack(part)


def test_where_a_source_is_pointed_to_speaks_for_the_candidate_that_begins_there():
    here, there, nobody = (Candidate(0, 1, (), span) for span in (Span(10, 14), Span(30, 34), None))
    pointed = {12: 0.7, -1: 0.3}
    assert _pointed(here, pointed).features == ("pointed source=3", "pointed best source")
    assert "pointed begins" in _pointed(here, {10: 0.7, -1: 0.3}).features
    advised = Candidate(0, 1, ("rules",), Span(10, 14))
    assert "pointed=3 rules" in _pointed(advised, pointed).features
    assert _pointed(there, pointed).features == ("pointed source=0",)
    assert _pointed(nobody, pointed).features == ("pointed nothing=2",)


def test_a_source_in_another_paragraph_is_a_candidate_where_the_tagger_points_to_it():
    text = "Mara Voss went on:\n\n“The pier and the gate are closed to every ferry now.”"
    page = read(article(text)).pages[-1]
    quote = Stretch("Q", 0, 1, 1.0)
    scene = scene_of(page, Tagged([quote], [1.0], {0: {0: 0.8, -1: 0.2}}))
    nobody = Candidate(0, 0, (), None)
    for mentions in ([Span(0, 9)], []):
        found = source_candidates(scene, quote, nobody, Advice(), None, mentions)
        assert [candidate.span for candidate in found] == [*mentions, None]
    assert _mentioned([Span(0, 9), Span(30, 34)], {4: 0.4, 8: 0.2, 20: 0.2, 34: 0.2}) == [Span(0, 9)]


def test_how_surely_the_tagger_points_to_a_source_tells_whether_somebody_speaks():
    page = read(article("“The pier is closed to every ferry now,” she said.")).pages[0]
    quote = Stretch("Q", 0, 1, 0.9)
    inside = [0.9] * len(page.passage.tokens)
    plain, sure = (
        options_of(page, Tagged([quote], inside, sources), [], [quote])[-1].features
        for sources in ({}, {0: {44: 0.96, -1: 0.04}})
    )
    assert [one for one in sure if one not in plain] == [
        "tagger pointing somewhere=9",
        "tagger length=2",
        "tagger support=8",
    ]


IMPORTED = """
import sys
import annotations.extraction.learned.pipeline
import annotations.extraction.learned.training
import annotations.extraction.neural.learner
{more}
print([name for name in ("numpy", "onnxruntime", "torch") if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("more", "expected"), [("", []), ("sys.modules['torch'] = sys", ["torch"])], ids=["as it is", "control"]
)
def test_the_extra_is_imported_by_nobody_who_does_not_want_it(more, expected):
    command = [sys.executable, "-c", IMPORTED.format(more=more)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == str(expected)


def test_who_wants_the_extra_without_having_it_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    with pytest.raises(extra.ExtraMissing, match=r"onnxruntime.*requirements/neural\.txt"):
        learner.load(pack(b"network", words()))
    with pytest.raises(extra.ExtraMissing, match=r"torch.*requirements/neural-training\.txt"):
        _ = learner.Neural(encoder_name="nowhere").encoder


def test_an_encoder_that_is_none_is_refused(tmp_path):
    with pytest.raises(NoEncoder, match="neither a folder nor an installed package"):
        find_encoder("no-such-package")
    with pytest.raises(NoEncoder, match=r"lacks model\.safetensors, config\.json, vocab\.txt"):
        find_encoder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"")
    describe_encoder(tmp_path, model_type="roberta")
    with pytest.raises(NoEncoder, match="BERT's kind"):
        find_encoder(str(tmp_path))
    describe_encoder(tmp_path)
    assert find_encoder(str(tmp_path)).shape.layers == 2


@pytest.mark.parametrize(("articles", "parts", "epochs"), [(10, 3, 8), (199, 3, 6), (200, 1, 6), (840, 1, 4)])
def test_the_more_articles_the_fewer_fits(articles, parts, epochs):
    held_out = learner.Neural(encoder_name="any").parts(articles, 0)
    assert (len(held_out), learner.epochs_for(articles)) == (parts, epochs)
    assert all(len(part) >= articles // 6 for part in held_out)
