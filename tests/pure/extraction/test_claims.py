"""Which sentences assert something that can be checked."""

import json
from pathlib import Path

import pytest

from annotations.extraction.claims import THRESHOLD, weigh_claim
from annotations.extraction.ranking import average_precision
from corpus.text.blocks import Block, BlockKind
from tests.pure.extraction.marked import suggest

LABELLED = Path(__file__).parents[2] / "data" / "claims.jsonl"


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("The port handled 4.2 million tonnes last year, 12% more than in 2019.", "quantity"),
        ("Rents in Hull are higher than in Oslo and rose by 9% in 2020.", "comparison"),
        ("The council voted on Tuesday to ban all trawlers from the bay in 2021.", "law or vote"),
        ("The harbour is the oldest in the country and has 300 berths.", "superlative"),
        ("Jobs fell by 4,000 because the mill closed in 2018.", "cause"),
        ("The pier was closed in 1998 after two ferries sank.", "event with a date"),
        ("Nine in ten of the crews had been trained abroad.", "quantity"),
        ("The island pays twice the price for water.", "comparison"),
        ("Mayor Prado has refused to publish the audit of the port.", "somebody's doing"),
        ("According to the census, the parish lost its last school.", "evidence"),
    ],
)
def test_a_sentence_that_can_be_checked_is_a_claim(sentence, sign):
    claim = weigh_claim(sentence)
    assert claim is not None
    assert claim.score >= THRESHOLD
    assert sign in claim.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "I think the pier should be painted.",
        "Good morning, everybody.",
        "Who paid 4 million for the pier in 2018?",
        "Read more about the 12% rise here.",
        "It is a beautiful evening by the sea.",
        "Thank you.",
        "Perhaps it will rain.",
        "Tickets: adults 6 crowns, children 3 crowns",
        "Sign up for 20 stories a week.",
        "I believe that we must build 400 more homes.",
    ],
)
def test_opinions_questions_and_greetings_are_no_claims(sentence):
    claim = weigh_claim(sentence)
    assert claim is None or claim.score < THRESHOLD


def score(sentence):
    claim = weigh_claim(sentence)
    return claim.score if claim else 0.0


def test_a_thin_sentence_ranks_below_a_full_one():
    thin, full = "You had 10 nations.", "Ten nations had signed the treaty by March 2019."
    assert score(thin) < score(full) / 2


@pytest.mark.parametrize(
    ("doubt", "sentence"),
    [
        ("opinion", "I think that the port lost 4,000 jobs in 2018."),
        ("advice", "The port should have lost 4,000 jobs in 2018."),
        ("denied", "Holm denied that the port lost 4,000 jobs in 2018."),
        ("not yet so", "The port will lose 4,000 jobs after 2018."),
        ("supposed", "If the port lost 4,000 jobs in 2018."),
        ("judgement", "It was terrible that the port lost 4,000 jobs in 2018."),
    ],
)
def test_what_makes_a_claim_doubtful_lowers_it_and_is_said(doubt, sentence):
    claim = weigh_claim(sentence)
    assert doubt in claim.doubts
    assert f"doubtful: {doubt}" in claim.reason
    assert claim.score < score("The port lost 4,000 jobs in 2018.")


def claims_of(text, blocks=None):
    result = suggest(text, blocks)
    by_key = {annotation.key: annotation for annotation in result.annotations}
    sources = {
        link.head: by_key[link.child].segments[0].of(text)
        for link in result.relations
        if link.label == "source"
    }
    return [
        (annotation.segments[0].of(text), sources.get(annotation.key))
        for annotation in result.annotations
        if annotation.label == "claim"
    ]


def test_a_claim_within_a_quote_has_the_source_of_the_quote():
    text = "Holm said that 4 million tonnes passed the port in 2020."
    assert claims_of(text) == [("4 million tonnes passed the port in 2020", "Holm")]


def test_a_claim_in_the_words_of_the_article_has_no_source():
    text = "The port handled 4 million tonnes in 2020."
    assert claims_of(text) == [("The port handled 4 million tonnes in 2020", None)]


def test_but_before_a_claim_is_no_part_of_it():
    text = "But the port handled 4 million tonnes in 2020."
    assert claims_of(text) == [("the port handled 4 million tonnes in 2020", None)]


def test_a_claim_in_a_speaker_turn_has_the_name_of_the_turn_as_its_source():
    text = "HOLM: The port handled 4 million tonnes in 2020."
    turn = Block(start=0, end=len(text), kind=BlockKind.SPEAKER_TURN, name_start=0, name_end=4)
    assert claims_of(text, (turn,)) == [("The port handled 4 million tonnes in 2020", "HOLM")]


@pytest.mark.parametrize("labels", ["first", "second"])
def test_the_rules_rank_the_claims_of_news_above_the_rest(labels):
    """200 sentences, labelled twice by one annotator in different orders; they agree on all but one."""
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    assert sum(row[labels] for row in rows) >= 100
    assert average_precision([(score(row["text"]), bool(row[labels])) for row in rows]) >= 0.9
