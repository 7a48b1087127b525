"""The pipeline as a whole: what it reads, what it promises for any text, what it costs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.extraction import PIPELINES, UnknownPipeline, build_pipeline
from annotations.extraction.base import ArticleText, Suggestions
from corpus.text.blocks import Block, BlockKind
from corpus.text.spans import check_segments
from tests.growth import grows_no_faster
from tests.pure.extraction.marked import paragraphs, suggest

SAID = '"The pier is closed for good," Holm said. She added that 4 million tonnes were lost in 2020.'
LABELS = {"quote", "attribution", "cue", "claim"}


def test_a_pipeline_is_built_by_its_name():
    pipeline = build_pipeline("rules", {"seed": 1})
    assert (pipeline.name, pipeline.version, pipeline.configuration) == ("rules", "4", {"seed": 1})


def test_an_unknown_pipeline_is_refused_with_the_known_names():
    with pytest.raises(UnknownPipeline, match=r"'oracle'.*rules"):
        build_pipeline("oracle", {})
    assert "oracle" not in PIPELINES


@pytest.mark.parametrize(
    "kind",
    [BlockKind.FURNITURE, BlockKind.CREDIT, BlockKind.BYLINE, BlockKind.DATELINE],
    ids=lambda kind: kind.value,
)
def test_nothing_is_suggested_in_blocks_that_are_no_news(kind):
    assert suggest(SAID, paragraphs(SAID, kind)) == Suggestions()


@pytest.mark.parametrize("kind", [BlockKind.BODY, BlockKind.STANDFIRST], ids=lambda kind: kind.value)
def test_all_labels_are_suggested_in_news(kind):
    assert {annotation.label for annotation in suggest(SAID, paragraphs(SAID, kind)).annotations} == LABELS


@pytest.mark.parametrize(
    ("headline", "labels"),
    [
        ("“Pier is safe,” says Holm", {"quote", "attribution", "cue"}),
        ("Holm says pier is safe after 4 million loss in 2020", set()),
        ("“Safe” pier sinks", set()),
    ],
)
def test_a_headline_yields_direct_quotes_with_a_cue_and_nothing_else(headline, labels):
    found = suggest(headline, paragraphs(headline, BlockKind.HEADLINE)).annotations
    assert {annotation.label for annotation in found} == labels


def test_a_speaker_turn_is_no_quote_but_what_is_reported_in_it_is():
    text = "HOLM: The town said that the pier is closed."
    turn = Block(start=0, end=len(text), kind=BlockKind.SPEAKER_TURN, name_start=0, name_end=4)
    quotes = [annotation for annotation in suggest(text, (turn,)).annotations if annotation.label == "quote"]
    assert [quote.segments[0].of(text) for quote in quotes] == ["that the pier is closed"]


def test_a_quotation_that_leaps_over_a_caption_has_a_segment_on_either_side():
    text = '"The pier is closed.\nA boat at sea\n"Nobody will mend it," Holm said.'
    first, caption, last = paragraphs(text)
    blocks = (first, Block(start=caption.start, end=caption.end, kind=BlockKind.CREDIT), last)
    (quote,) = [annotation for annotation in suggest(text, blocks).annotations if annotation.label == "quote"]
    assert [segment.of(text) for segment in quote.segments] == [
        '"The pier is closed.',
        '"Nobody will mend it,"',
    ]


def test_a_headline_in_quotation_marks_is_not_signed_by_the_text_behind_it():
    text = "“We stay where we are”\n— Ida Holm said that the pier would be closed for a year."
    first, last = paragraphs(text)
    blocks = (Block(start=first.start, end=first.end, kind=BlockKind.HEADLINE), last)
    assert [words for _, words in labels_in(text, blocks)] == [
        "Ida Holm",
        "said",
        "that the pier would be closed for a year",
    ]


def test_a_quotation_that_begins_where_another_is_signed_goes_on_in_the_next_paragraph():
    text = "“We stay.”\n— Ida Holm added: “We are here\n“and will not pay 400 crowns to go,” she said."
    assert labels_in(text) == [
        ("quote", "“We are here\n“and will not pay 400 crowns to go,”"),
        ("attribution", "she"),
        ("cue", "said"),
    ]


def labels_in(text: str, blocks: tuple[Block, ...] | None = None) -> list[tuple[str, str]]:
    return [(one.label, one.segments[0].of(text)) for one in suggest(text, blocks).annotations]


def test_one_mention_is_one_attribution_for_all_its_quotes():
    text = '"The pier is closed," Holm said, adding that it was old.'
    result = suggest(text)
    sources = [annotation for annotation in result.annotations if annotation.label == "attribution"]
    assert [source.segments[0].of(text) for source in sources] == ["Holm"]
    assert [link.child for link in result.relations if link.label == "source"] == [sources[0].key] * 2


def test_every_suggestion_says_why():
    result = suggest("The mayor warned that the pier was closed.")
    (quote,) = [annotation for annotation in result.annotations if annotation.label == "quote"]
    assert quote.reason == "cue “warned” + that-clause; source is a phrase"


def check(text: str, result: Suggestions) -> None:
    """Assert all that holds of every result: its spans fit, its links point at something, it is in order."""
    keys = [annotation.key for annotation in result.annotations]
    assert keys == list(range(len(keys)))
    order = [(item.segments[0].start, item.segments[-1].end, item.label) for item in result.annotations]
    assert order == sorted(order)
    for annotation in result.annotations:
        check_segments(text, annotation.segments)
        assert annotation.label in LABELS
        assert 0 < annotation.score < 1
        assert annotation.reason
        assert (annotation.label == "quote") == (set(annotation.attributes) == {"type"})
    labels = {annotation.key: annotation.label for annotation in result.annotations}
    for link in result.relations:
        assert labels[link.child] == {"source": "attribution", "cue": "cue"}[link.label]
        assert labels[link.head] == "quote" or (labels[link.head], link.label) == ("claim", "source")
        assert 0 < link.score < 1


MARKS = [
    "“",
    "”",
    '"',
    "'",
    "’",
    "''",
    "«",
    "»",
    ",",
    ".",
    "?",
    ":",
    "—",
    "(",
    ")",
    "-",
    "\n",
    "\n\n",
    "\u00a0",
    "\u2028",
]
WORDS = [
    "said",
    "Holm",
    "he",
    "that",
    "according",
    "to",
    "and",
    "adding",
    "told",
    "who",
    "the",
    "of",
    "pier",
    "4 million",
]
OTHERS = ["Tuesday", "called", "was", "which", "accused", "in", "I", "U.S.", "“No,”", "é", "e\u0301", "😀"]
PIECES = [*MARKS, *WORDS, *OTHERS]


@given(st.text())
def test_any_text_gives_suggestions_that_fit_it(text):
    check(text, suggest(text))


@given(st.lists(st.sampled_from(PIECES), max_size=80).map(" ".join))
def test_any_order_of_telling_words_gives_suggestions_that_fit(text):
    result = suggest(text)
    check(text, result)
    assert suggest(text) == result


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.sampled_from(list(BlockKind)))
def test_any_kind_of_block_is_read_without_fault(pieces, kind):
    text = "HOLM: " + " ".join(pieces) + " x"
    block = Block(start=0, end=len(text), kind=kind, name_start=0, name_end=4)
    check(text, suggest(text, (block,)))


HOSTILE = {
    "quotation marks": '"',
    "opening marks": "“",
    "apostrophes": "'",
    "brackets": "(",
    "nested marks": "“a ‘b ",
    "paragraphs that open a quotation": "“a b c.\n\n",
    "reports in one line": "he said that ",
    "quotes in one line": "“a,” he said, ",
    "quotations in one line": "“We go now.” ",
    "names": "Lee, ",
    "sources in one line": "according to Lee, ",
    "participles": ", adding that x",
    "opening clauses": "When he said x, ",
    "relative clauses": "who Lee says had, ",
    "questions put": "he was asked by Lee whether ",
    "passives": "was described by Lee as “a” ",
    "nouns": "the claim by Lee that is ",
    "judgements": "Lee called it “a” and “b”, ",
    "regards": "Lee saw it as a “b”, ",
    "chants": "chants of “a” and ",
    "promises": "his promise to be “a” of Lee that ",
    "hearers": "he told Lee, Hull, Lee, ",
    "quoted turns": "“HOLM: Well, Lee said that it has to wait.\n\n",
    "capitals in quotations": '"' + "A" * 90 + ' and Lee said that it was old."\n\n',
    "signatures": "“We go.”\n\n— Ida Lee, Hull\n\n",
    "one word": "a",
    "white space": " ",
}


def seconds(text: str, language: str = "en") -> float:
    blocks = paragraphs(text)
    article = ArticleText(text=text, blocks=blocks, language=language)
    pipeline = build_pipeline("rules", {})
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        pipeline.suggest(article)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_the_length_of_a_hostile_text_and_not_faster(unit):
    def taken(length: int) -> float:
        return seconds((unit * (length // len(unit) + 1))[:length])

    assert grows_no_faster(taken, 6_000, 24_000, factor=12, floor=0.05)


def test_a_line_of_two_hundred_thousand_characters_is_no_slower_than_short_ones():
    def taken(length: int) -> float:
        words = "He warned that the vote would fail, adding “we will not go,” according to Lee, "
        return seconds((words * (length // len(words) + 1))[:length])

    assert grows_no_faster(taken, 50_000, 200_000, factor=8, floor=0.05)


@pytest.mark.parametrize(
    "opening", ["HOLMSUND, 4 March (Tarn Wire) — ", "NEW HOLM — ", "HOLMSUND (TW) - ", ""]
)
def test_a_dateline_that_runs_into_the_text_is_part_of_no_label(opening):
    text = f"{opening}The ferry line sold 40 percent of its ships in 2024, the harbour office said."
    found = suggest(text)
    assert {item.segments[0].start for item in found.annotations if item.label in ("quote", "claim")} == {
        len(opening)
    }


def test_a_reason_names_people_as_the_article_spells_them() -> None:
    """Decomposed accents too: what the rules read has other marks in their place."""
    name = "Ine\u0300s Garc\u0327on"
    text = f"{name} runs the quay. The gate, she said, stays shut."
    suggestions = suggest(text)
    reasons = [row.reason for row in suggestions.annotations if row.label == "quote"]
    assert len(reasons) == 1 and f"“she”: {name}" in reasons[0]
