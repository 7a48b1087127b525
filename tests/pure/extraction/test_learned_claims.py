"""The scorer of claims: what it learns from decisions, and that little of it leaves the rules as they are."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.claims import weigh_claim
from annotations.extraction.draft import Draft
from annotations.extraction.learned.calibration import Calibration
from annotations.extraction.learned.claiming import claim_cases, with_claims
from annotations.extraction.learned.claims import LEAST_CASES, Case, ClaimScorer, fit, see, train_claims
from annotations.extraction.learned.examples import Example
from annotations.extraction.learned.model import BadModel, Model
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.learned.training import train
from annotations.extraction.rules import Rules
from corpus.text.blocks import Block, BlockKind, segment_blocks
from corpus.text.spans import Span, check_segments
from tests.pure.extraction.lessons import invent_lesson

PLACES = ("The pier", "The old mill", "Our ferry", "The north gate", "The station", "The town hall")
#: here reviewers want to know of the smell of things and not of their price
WANTED = ("smells of tar in the summer", "reeks of herring after the storm", "smells of smoke again")
UNWANTED = ("cost 4 million crowns in 2019", "lost 300 jobs last year", "was sold for $20 million in May")


def invent_cases(count, articles=10):
    chance = random.Random(7)
    cases = []
    for number in range(count):
        is_claim = chance.random() < 0.5
        words = chance.choice(WANTED if is_claim else UNWANTED)
        cases.append(Case(f"{chance.choice(PLACES)} {words}.", is_claim, number % articles))
    return cases


def article(text):
    return ArticleText(text=text, blocks=tuple(segment_blocks(text)))


def example(text, *claims):
    draft = Draft()
    for claim in claims:
        start = text.index(claim)
        draft.add("claim", [Span(start, start + len(claim))], 1.0, "gold")
    return Example(article=article(text), gold=draft.suggestions())


def test_what_reviewers_want_is_learned_against_the_rules():
    scorer, told = train_claims(invent_cases(400))
    assert told["chosen"] == "learned"
    assert told["figures"]["learned"]["average_precision"] > 0.95
    assert told["figures"]["rules"]["average_precision"] < 0.6
    assert scorer("The lighthouse smells of herring again.").score > 0.8
    assert scorer("The lighthouse cost 9 million crowns in 2016.").score < 0.2


def test_what_no_case_speaks_of_stays_as_the_rules_have_it():
    sentence = "Rents rose by 9% in Hull."
    claim = weigh_claim(sentence)
    assert fit([], [], seed=0).probability(see(sentence, claim)) == pytest.approx(claim.score)


def test_what_the_rules_rule_out_is_never_a_claim():
    scorer, _ = train_claims(invent_cases(400))
    assert scorer("Who says that the pier smells of tar in the summer?") is None


def test_too_few_decisions_leave_the_rules_in_service():
    scorer, told = train_claims(invent_cases(LEAST_CASES))
    assert not scorer
    assert (told["chosen"], told["figures"]) == ("rules", {})


def test_one_article_cannot_be_judged_by_others():
    assert not train_claims(invent_cases(400, articles=1))[0]


def test_decisions_that_the_rules_know_best_leave_them_in_service():
    chance = random.Random(3)
    cases = []
    for number in range(200):
        noise = "".join(chance.choices("bcdfghklmnprstvw", k=9))
        sentence = f"The {noise} {chance.choice(('cost 4 million crowns in 2019', 'hums in the evening'))}"
        cases.append(Case(sentence, weigh_claim(sentence).score > 0.5, number % 20))
    _, told = train_claims(cases)
    assert told["chosen"] == "rules"
    assert told["figures"]["rules"]["average_precision"] == 1.0


def test_the_same_cases_give_the_same_scorer():
    assert train_claims(invent_cases(200)) == train_claims(invent_cases(200))


def test_the_scores_of_others_articles_are_calibrated():
    _, told = train_claims(invent_cases(600))
    assert told["figures"]["learned"]["calibration_error"] < 0.1


TEXT = (
    "The pier was shut on Sunday. But the mill lost 300 jobs in 2019. It is a fine evening here by the sea."
)


def test_sentences_without_a_claim_are_cases_too():
    cases = list(claim_cases([example(TEXT), example(TEXT, "the mill lost 300 jobs in 2019")]))
    assert [case.is_claim for case in cases if case.article == 0] == [False] * 3
    assert [case.sentence for case in cases if case.is_claim] == ["the mill lost 300 jobs in 2019"]


def test_a_claim_that_is_no_sentence_is_a_case_of_its_own():
    cases = list(claim_cases([example(TEXT, "300 jobs")]))
    assert [(case.sentence, case.is_claim) for case in cases][-1] == ("300 jobs", True)
    assert sum(case.is_claim for case in cases) == 1


def test_claims_take_the_place_of_those_of_the_rules_and_nothing_else_changes():
    text = "GULL: Holm said that the pier smells of tar in the summer. The mill lost 300 jobs in 2019."
    turn = Block(start=0, end=len(text), kind=BlockKind.SPEAKER_TURN, name_start=0, name_end=4)
    read = ArticleText(text=text, blocks=(turn,))
    before = Rules().suggest(read)
    scorer, _ = train_claims(invent_cases(400))
    after = with_claims(read, before, scorer)
    assert surfaces(before, text, "claim") == ["The mill lost 300 jobs in 2019"]
    assert surfaces(after, text, "claim") == ["the pier smells of tar in the summer"]
    for label in ("quote", "cue"):
        assert surfaces(after, text, label) == surfaces(before, text, label)
    assert surfaces(before, text, "attribution") == ["GULL", "Holm"]
    assert surfaces(after, text, "attribution") == ["Holm"]
    by_key = {row.key: row.segments[0].of(text) for row in after.annotations}
    assert [
        (by_key[link.head], by_key[link.child]) for link in after.relations if link.label == "source"
    ] == [
        ("that the pier smells of tar in the summer", "Holm"),
        ("the pier smells of tar in the summer", "Holm"),
    ]


SCORER, _ = train_claims(invent_cases(400))


@given(
    st.lists(
        st.text()
        | st.sampled_from(["“", "”", " said", " that ", "Mara Voss", "smells of tar ", ".\n\n", "A: "])
    )
)
@settings(max_examples=100)
def test_any_text_gives_claims_that_fit_it_and_the_same_ones_again(parts):
    read = article("".join(parts))
    found = with_claims(read, Rules().suggest(read), SCORER)
    assert found == with_claims(read, found, SCORER)
    for annotation in found.annotations:
        check_segments(read.text, annotation.segments)
        assert 0 < annotation.score < 1
    for link in found.relations:
        assert {link.head, link.child} <= set(range(len(found.annotations)))


def test_a_claim_by_its_words_alone_says_so():
    assert SCORER("smells of tar and of herring again here today").signs == ("words of past claims",)


def surfaces(found: Suggestions, text, label):
    return [row.segments[0].of(text) for row in found.annotations if row.label == label]


@pytest.fixture(scope="module")
def model():
    lessons = [invent_lesson(number, sentences=4) for number in range(6)]
    scorer, told = train_claims(invent_cases(400))
    taught = train(lessons)
    return dataclasses.replace(taught, claims=scorer, card=dataclasses.replace(taught.card, claims=told))


def test_a_model_keeps_its_scorer(model):
    again = Model.from_bytes(model.to_bytes())
    assert again.claims == model.claims
    assert again.card.claims == model.card.claims
    text = "The lighthouse smells of herring again. The lighthouse cost 9 million crowns in 2016."
    found = Learned(again).suggest(article(text))
    assert surfaces(found, text, "claim") == ["The lighthouse smells of herring again"]


def test_training_tells_of_the_claims(model):
    lessons = [invent_lesson(number, sentences=4) for number in range(6)]
    assert train(lessons).card.claims["chosen"] == "rules"


@pytest.mark.parametrize("weights", [{1: float("nan")}, {"one": 0.5}])
def test_weights_that_are_no_numbers_are_refused(model, weights):
    broken = dataclasses.replace(model, claims=ClaimScorer(weights, Calibration()))
    with pytest.raises(BadModel):
        Model.from_bytes(dataclasses.replace(broken, card=model.card).to_bytes())
