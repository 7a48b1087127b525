"""What is offered beside the suggestions: other boundaries, sources and cues, and what may be missing."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotations.extraction import build_pipeline
from annotations.extraction.base import ArticleText, Link, Suggestion, Suggestions
from annotations.extraction.candidates import Candidates, Choices, find_candidates
from annotations.extraction.learned.considering import Considered, by_ranker
from annotations.extraction.learned.ranker import Ranker
from annotations.extraction.opinions import PRIOR, Kind, Linkable, Thought
from annotations.extraction.ordering import MOST
from corpus.text.blocks import Block, BlockKind
from corpus.text.spans import Span, check_segments
from tests.growth import grows_no_faster
from tests.pure.extraction.marked import paragraphs, suggest
from tests.pure.extraction.test_rules import HOSTILE, PIECES


def offer(text: str, suggestions: Suggestions | None = None) -> Candidates:
    article = ArticleText(text=text, blocks=paragraphs(text))
    return find_candidates(article, suggest(text) if suggestions is None else suggestions)


def quote_choices(text: str) -> Choices:
    """Return the choices of the only quote that is suggested."""
    found = suggest(text)
    [quote] = [one for one in found.annotations if one.label == "quote"]
    return offer(text, found).choices[quote.key]


def words(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [span.of(text) for span in spans]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ida Holm said that the pier was old.", "the pier was old"),
        ("Ida Holm said that the pier was old, but the town paid.", "that the pier was old"),
        (
            "Ida Holm said that the pier was old, but the town paid.",
            "that the pier was old, but the town paid",
        ),
        ("The town has said the pier was old because it leaked.", "the pier was old"),
        ("The pier was old, she said, but the town paid.", "The pier was old"),
        ("The pier was old, she said, but the town paid.", "but the town paid"),
        ("“We wait,” she said. “Nobody came.”", "“We wait,”"),
    ],
)
def test_other_boundaries_are_offered(text, wanted):
    found = suggest(text)
    offered = [
        words(text, one.segments) for one in offer(text, found).choices[first_quote(found)].alternatives
    ]
    suggested = [words(text, one.segments) for one in found.annotations if one.label == "quote"]
    assert [wanted] in offered + suggested
    assert offered
    assert not [one for one in offered if one == suggested[0]]


def first_quote(found: Suggestions) -> int:
    return next(one.key for one in found.annotations if one.label == "quote")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ida Holm, the mayor of Hull, said that it rained.", "Ida Holm"),
        ("“It rained,” said Ida Holm, who runs the pier. Nobody came.", "Ida Holm, who runs the pier"),
        ("Former mayor Ida Holm said that it rained.", "Ida Holm"),
        ("Ida Holm met Bo Lind. She said that it rained.", "Ida Holm"),
        ("Ida Holm met Bo Lind. She said that it rained.", "Bo Lind"),
    ],
)
def test_other_sources_and_other_lengths_of_the_source_are_offered(text, wanted):
    assert wanted in words(text, quote_choices(text).sources)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ida Holm has often said that it rained.", "has often said"),
        ("Ida Holm said in a letter that it rained.", "said in a letter"),
        ("Ida Holm, who runs the pier, said that it rained.", "runs"),
    ],
)
def test_other_cues_and_other_lengths_of_the_cue_are_offered(text, wanted):
    assert wanted in words(text, quote_choices(text).cues)


def test_source_and_cue_are_looked_for_in_the_paragraph_before():
    text = (
        "Then Ida Holm took the stage and called on them:\n\n“Nobody will come to the pier while I am here.”"
    )
    found = suggest(text)
    [quote] = [one for one in found.annotations if one.label == "quote"]
    choices = offer(text, found).choices[quote.key]
    assert "Ida Holm" in [*words(text, choices.sources), *named(text, found)]
    assert [cue for cue in words(text, choices.cues) if cue.startswith("called")]


def test_a_signature_names_the_source_and_its_dash_stands_for_the_cue():
    text = "Some wrote to us. “Nobody will come to the pier again.” ― Ida Holm, Hull"
    quote = Suggestion(key=0, label="quote", segments=(Span(18, 55),), score=0.5, reason="")
    choices = offer(text, Suggestions(annotations=(quote,))).choices[0]
    assert quote.segments[0].of(text).endswith("again.”")
    assert (choices.sources[0].of(text), choices.cues[0].of(text)) == ("Ida Holm", "―")


def test_the_name_of_a_speaker_turn_is_a_source_and_its_colon_may_stand_for_the_cue():
    text = "HOLM: The pier is closed for good."
    turn = Block(start=0, end=len(text), kind=BlockKind.SPEAKER_TURN, name_start=0, name_end=4)
    claim = Suggestion(key=0, label="claim", segments=(Span(6, 33),), score=0.5, reason="")
    article = ArticleText(text=text, blocks=(turn,))
    choices = find_candidates(article, Suggestions(annotations=(claim,))).choices[0]
    assert choices.sources[0].of(text) == "HOLM"
    assert ":" in words(text, choices.cues)


def named(text: str, found: Suggestions) -> list[str]:
    return [one.segments[0].of(text) for one in found.annotations if one.label == "attribution"]


@pytest.mark.parametrize(
    ("text", "wanted", "source", "cue"),
    [
        ("Ida Holm figures that the pier will sink.", "that the pier will sink", "Ida Holm", "figures"),
        ("Rain fell. Nobody had come to the old pier.", "Nobody had come to the old pier", None, None),
    ],
)
def test_what_no_rule_proposes_is_offered(text, wanted, source, cue):
    [found] = [one for one in offer(text, Suggestions()).missing if words(text, one.segments) == [wanted]]
    assert (found.source and found.source.of(text), found.cue and found.cue.of(text)) == (source, cue)
    assert found.attributes == {"type": "indirect"}


def test_what_stands_behind_a_reporting_word_is_offered_before_its_sentence():
    text = "Ida Holm said that the pier was old."
    scores = {words(text, one.segments)[0]: one.score for one in offer(text, Suggestions()).missing}
    assert scores["that the pier was old"] > scores["Ida Holm said that the pier was old"]


def test_what_is_suggested_is_not_missing():
    text = "Ida Holm said that the pier was old. “We wait,” said Bo Lind."
    found = suggest(text)
    suggested = {one.segments for one in found.annotations if one.label == "quote"}
    assert suggested
    assert suggested.isdisjoint(one.segments for one in offer(text, found).missing)
    assert suggested <= {one.segments for one in offer(text, Suggestions()).missing}, "the control"


def test_an_annotation_outside_of_what_is_read_has_no_choices():
    text = "Share this. Ida Holm said that it rained."
    blocks = (
        Block(start=0, end=11, kind=BlockKind.FURNITURE, name_start=None, name_end=None),
        Block(start=12, end=len(text), kind=BlockKind.BODY, name_start=None, name_end=None),
    )
    quote = Suggestion(key=0, label="quote", segments=(Span(0, 5),), score=0.5, reason="")
    article = ArticleText(text=text, blocks=blocks)
    assert find_candidates(article, Suggestions(annotations=(quote,))).choices == {}


# --- properties -------------------------------------------------------------------------------------------


def check(text: str, found: Candidates) -> None:
    """Fail unless all that is offered fits the text, and no list is longer than there are digits."""
    for one in found.missing:
        check_segments(text, one.segments)
        for span in (one.source, one.cue):
            if span is not None:
                check_segments(text, (span,))
    for choices in [*found.choices.values(), *(one.choices for one in found.missing)]:
        for alternative in choices.alternatives:
            check_segments(text, alternative.segments)
        for span in (*choices.sources, *choices.cues):
            check_segments(text, (span,))
        for correction in choices.corrections:
            check_segments(text, correction.segments)
        for options in (choices.sources, choices.cues, [one.segments for one in choices.alternatives]):
            assert len(set(options)) == len(options) <= MOST


@given(st.text())
def test_any_text_is_offered_what_fits_it(text):
    check(text, offer(text))


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join))
def test_any_order_of_telling_words_is_offered_what_fits_it_and_always_the_same(text):
    found = offer(text)
    check(text, found)
    assert offer(text) == found


@example("“ : \u2028 :", [(0, 7)], "quote")
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map(" ".join),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), min_size=1, max_size=3),
    st.sampled_from(["quote", "claim", "attribution", "cue"]),
)
def test_any_annotation_of_any_pipeline_has_choices_that_fit(text, places, label):
    segments: list[Span] = []
    for start, length in sorted(places):
        begin = max(start, segments[-1].end + 1) if segments else start
        if begin < len(text):
            segments.append(Span(begin, min(begin + length, len(text))))
    one = Suggestion(key=0, label=label, segments=tuple(segments), score=0.5, reason="")
    if segments:
        check(text, offer(text, Suggestions(annotations=(one,))))


def seconds(text: str) -> float:
    article = ArticleText(text=text, blocks=paragraphs(text))
    suggestions = suggest(text)
    start = time.process_time()
    find_candidates(article, suggestions)
    return time.process_time() - start


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_the_length_of_a_hostile_text_and_not_faster(unit):
    def taken(length: int) -> float:
        return seconds((unit * (length // len(unit) + 1))[:length])

    assert grows_no_faster(taken, 6_000, 24_000, factor=12, floor=0.05)


def test_a_name_in_capitals_costs_no_more_than_any_other_word():
    """However it may be split, in front of a colon that does not come."""

    def taken(capital: int) -> float:
        word = ("A" if capital else "a") * 90
        return seconds(f'"{word} and Lee said that it was old."\n\n' * 20)

    assert grows_no_faster(taken, 0, 1, factor=4, floor=0.05)


# --- beside an opinion --------------------------------------------------------------------------------------

TEXT = "Ida Holm, the mayor, said that the pier was old, but the town paid. Nobody else came to the pier."


def span(words: str) -> Span:
    return Span(TEXT.index(words), TEXT.index(words) + len(words))


def offer_beside(weights: dict[Kind, dict[str, float]], *thoughts: Thought) -> tuple[Choices, Candidates]:
    """Return what is offered for the only quote, and all that is, by a pipeline that has learned weights."""
    rankers: dict[Kind, Ranker] = {
        "segments": Ranker(weights.get("segments", {})),
        "source": Ranker(weights.get("source", {})),
        "cue": Ranker(weights.get("cue", {})),
        "correction": Ranker(weights.get("correction", {})),
    }
    opinion = Considered(thoughts=sorted(thoughts), shares={}, orders=by_ranker(rankers))
    found = suggest(TEXT)
    article = ArticleText(text=TEXT, blocks=paragraphs(TEXT))
    every = find_candidates(article, found, opinion)
    return every.choices[first_quote(found)], every


def test_where_nobody_has_corrected_anything_only_what_the_pipeline_thought_likely_comes_to_the_front():
    plain = quote_choices(TEXT)
    first, second, *rest = plain.sources
    prior: dict[Kind, dict[str, float]] = dict.fromkeys(("segments", "source", "cue"), PRIOR)
    choices, _ = offer_beside(prior)
    assert (choices.alternatives, choices.sources, choices.cues) == (
        plain.alternatives,
        plain.sources,
        plain.cues,
    )
    said = span("the pier was old, but the town paid")
    thought = Thought(said, 0.9, [Linkable(second, 0.8)], [Linkable(span("said"), 0.9)], second, None)
    choices, _ = offer_beside(prior, thought)
    assert choices.sources == (second, first, *rest)
    assert choices.corrections == ()


def test_an_opinion_of_before_the_lists_were_learned_leaves_the_order_of_the_rules():
    choices, _ = offer_beside({})
    plain = quote_choices(TEXT)
    assert (choices.sources, choices.cues) == (plain.sources, plain.cues)
    assert choices.alternatives == plain.alternatives
    assert choices.corrections == ()


def test_what_reviewers_chose_before_comes_first():
    plain = quote_choices(TEXT)
    choices, _ = offer_beside({"source": {"end earlier": 1.0, "start kept": 1.0}})
    assert words(TEXT, choices.sources[:1]) == ["Ida Holm"]
    assert words(TEXT, plain.sources[:1]) != ["Ida Holm"]
    assert set(choices.sources) <= {*plain.sources, *choices.sources}


def test_what_a_pipeline_thought_of_is_offered_with_its_links():
    town = Thought(
        span=span("the town paid"),
        chance=0.3,
        sources=[Linkable(span("the mayor"), 0.6), Linkable(None, 0.4)],
        cues=[Linkable(span("said"), 0.9)],
        source=span("the mayor"),
        cue=span("said"),
    )
    nobody = town._replace(span=span("Nobody else came"), source=None)
    choices, every = offer_beside({"segments": {"why=as it may also be read": 9.0}}, town, nobody)
    [missing] = [one for one in every.missing if one.segments == (nobody.span,)]
    assert (missing.source, missing.cue) == (None, span("said"))
    assert missing.score > max(one.score for one in every.missing if one.reason != missing.reason)
    assert (town.span,) in [one.segments for one in every.missing + choices.alternatives]


def test_the_likeliest_correction_changes_what_is_likely_wrong_and_nothing_else():
    choices, _ = offer_beside(
        {"source": {"end earlier": 1.0, "start kept": 1.0}, "correction": {"changes source": 1.0}}
    )
    [quote] = [one for one in suggest(TEXT).annotations if one.label == "quote"]
    [corrected, other] = choices.corrections
    assert other != corrected
    assert (corrected.segments, corrected.attributes) == (quote.segments, quote.attributes)
    assert (corrected.source, corrected.cue) == (span("Ida Holm"), span("said"))
    both, _ = offer_beside({"correction": {"changes segments+cue": 1.0}})
    assert both.corrections[0].segments != quote.segments
    assert both.corrections[0].cue not in (None, span("said"))


def test_a_correction_leaves_out_what_stands_between_the_parts_of_a_quotation():
    parts = ["“The pier is all there is.", "ADVERTISEMENT", "“Nobody told us,” Bo Lind said."]
    text = "\n\n".join(parts)
    kinds = (BlockKind.BODY, BlockKind.FURNITURE, BlockKind.BODY)
    starts = [text.index(part) for part in parts]
    blocks = tuple(
        Block(start=start, end=start + len(part), kind=kind, name_start=None, name_end=None)
        for start, part, kind in zip(starts, parts, kinds, strict=True)
    )
    article = ArticleText(text=text, blocks=blocks)
    found = build_pipeline("rules", {}).suggest(article)
    [quote] = [one for one in found.annotations if one.label == "quote"]
    assert len(quote.segments) == 2
    whole = Span(quote.segments[0].start, quote.segments[1].end)
    name = Span(text.index("Lind"), text.index(" said"))
    cue = Span(text.index("said"), text.index(".", text.index("said")))
    thought = Thought(whole, 0.9, [Linkable(name, 0.9)], [Linkable(cue, 0.9)], name, cue)
    rankers: dict[Kind, Ranker] = dict.fromkeys(("segments", "source", "cue"), Ranker(PRIOR))
    believing = Ranker({"changes source thought=1": 9.0, "changes segments+source thought=1": 9.0})
    opinion = Considered(thoughts=[thought], shares={}, orders=by_ranker(rankers | {"correction": believing}))
    choices = find_candidates(article, found, opinion).choices[quote.key]
    assert (choices.corrections[0].segments, choices.corrections[0].source) == (quote.segments, name)
    assert (whole,) not in [one.segments for one in (*choices.alternatives, *choices.corrections)]


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("He’s claiming that the pier is old.", "cues", "’s claiming"),
        ("“HOLM: Well, the town thinks that the pier is old.", "sources", "HOLM"),
        ("“HOLM: Well, the town thinks that the pier is old.", "cues", ":"),
        ("“Ida Leutheusser-Schnarrenberger: It thinks that the pier is old.", "cues", ":"),
        ("“Ida Holm : Well, the town thinks that the pier is old.", "sources", "Ida Holm"),
    ],
)
def test_contractions_and_quoted_turns_can_be_linked(text, kind, wanted):
    assert wanted in words(text, getattr(quote_choices(text), kind))


def test_a_source_may_end_before_what_is_contracted_into_it():
    text = "He’s claiming that the pier is old."
    quote = Suggestion(key=0, label="quote", segments=(Span(14, 34),), score=0.5, reason="test")
    source = Suggestion(key=1, label="attribution", segments=(Span(0, 4),), score=0.5, reason="test")
    link = Link(label="source", head=0, child=1, score=0.5, reason="test")
    choices = offer(text, Suggestions(annotations=(quote, source), relations=(link,))).choices[0]
    assert words(text, choices.sources[:1]) == ["He"]


def test_what_a_name_says_within_quotation_marks_may_be_missing():
    text = '"HOLM: Well, the town has to wait.\n\n"LIND: Will it wait, mayor?\n\n"HOLM: It has to.'
    missing = {words(text, one.segments)[0]: one for one in offer(text).missing}
    said = missing["Will it wait, mayor?"]
    assert said.source is not None
    assert said.cue is not None
    assert words(text, (said.source, said.cue)) == ["LIND", ":"]
