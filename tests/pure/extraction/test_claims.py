"""Which sentences assert something that can be checked."""

import pytest

from annotations.extraction.claims import THRESHOLD, weigh_claim
from corpus.text.blocks import Block, BlockKind
from tests.pure.extraction.marked import suggest


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("The port handled 4.2 million tonnes last year, 12% more than in 2019.", "quantity"),
        ("Rents in Hull are higher than in Oslo and rose by 9% in 2020.", "comparison"),
        ("The council voted on Tuesday to ban all trawlers from the bay in 2021.", "law or vote"),
        ("The harbour is the oldest in the country and has 300 berths.", "superlative"),
        ("Jobs fell by 4,000 because the mill closed in 2018.", "cause"),
        ("The pier was closed in 1998 after two ferries sank.", "event with a date"),
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
    ],
)
def test_opinions_questions_and_greetings_are_no_claims(sentence):
    claim = weigh_claim(sentence)
    assert claim is None or claim.score < THRESHOLD


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


def test_a_claim_in_a_speaker_turn_has_the_name_of_the_turn_as_its_source():
    text = "HOLM: The port handled 4 million tonnes in 2020."
    turn = Block(start=0, end=len(text), kind=BlockKind.SPEAKER_TURN, name_start=0, name_end=4)
    assert claims_of(text, (turn,)) == [("The port handled 4 million tonnes in 2020", "HOLM")]
