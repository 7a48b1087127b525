"""The parts of the learner by themselves: features, ranker, calibration, arbiter."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.extraction.base import ArticleText
from annotations.extraction.candidates import find_candidates
from annotations.extraction.evaluation import Difference
from annotations.extraction.learned.arbiter import Arbiter, Option, settle
from annotations.extraction.learned.calibration import Calibration, calibrate, calibration_error
from annotations.extraction.learned.linker import Candidate, Linker
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.learned.ranker import Case, Ranker, train_ranker
from annotations.extraction.learned.reading import Found, read
from annotations.extraction.learned.tagger import Stretch, Tagged, encode
from annotations.extraction.learned.training import is_better, is_promising, train
from corpus.text.spans import Span
from tests.growth import grows_no_faster
from tests.pure.extraction.lessons import invent_lesson
from tests.pure.extraction.marked import paragraphs
from tests.pure.extraction.test_rules import HOSTILE


def page_of(text):
    (page,) = read(ArticleText(text=text, blocks=paragraphs(text))).pages
    return page


def test_a_quotation_is_one_token_and_what_is_said_has_its_tags():
    lesson = invent_lesson(1)
    page = read(lesson.article).pages[0]
    tags = encode(page.passage.tokens, lesson.gold)
    assert {"BQ", "BS", "BC", "O"} <= set(tags)
    for before, tag in zip(["O", *tags], tags, strict=False):
        assert not tag.startswith("I") or before[1:] == tag[1:]


def test_the_rules_speak_in_the_features():
    page = page_of("Holm warned that the pier is closed.")
    words = [token.low for token in page.passage.tokens]
    assert "rcB" in page.rows[words.index("warned")]
    assert "rsB" in page.rows[words.index("holm")]
    assert "rqB" in page.rows[words.index("that")]
    assert "rqI" in page.rows[words.index("pier")]


FEATURES_OF_A_PAGE = """
from annotations.extraction.cues import LEXICON
from tests.pure.extraction.test_learned_parts import page_of
print(page_of("Holm announced that the pier is closed, and Voss warned them to leave it.").rows)
print([LEXICON[word][0][1].takes for word in ("announced", "warned", "asked", "promised", "proposed")])
"""


def test_features_are_named_alike_in_every_process():
    """A model is trained in one process and serves in others; the order of a set differs between them."""
    told = [
        subprocess.run(
            [sys.executable, "-c", FEATURES_OF_A_PAGE],
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for seed in ("1", "2", "3")
    ]
    assert len({features for features, _ in told}) == 1
    assert len({sets for _, sets in told}) > 1, "the control: no set is told in another order"


def test_a_paragraph_without_anything_that_could_be_speech_is_not_tagged():
    assert read(ArticleText(text="Rain fell.", blocks=paragraphs("Rain fell."))).pages == ()


def test_a_ranker_without_weights_finds_all_alike():
    assert Ranker().probabilities([["a"], ["b"], []]) == pytest.approx([1 / 3] * 3)


def test_a_ranker_learns_what_is_right_and_the_same_again():
    cases = [Case(candidates=[["near"], ["far", f"noise {number}"]], right=0) for number in range(40)]
    ranker = train_ranker(cases, {}, seed=1)
    near, far = ranker.probabilities([["near"], ["far"]])
    assert near > 0.8 > 0.2 > far
    assert ranker == train_ranker(cases, {}, seed=1)


def test_a_ranker_starts_from_its_prior():
    assert train_ranker([], {"rules": 3.0}, seed=0).weights == {"rules": 3.0}


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_a_calibration_rises_and_stays_within_bounds(judgements):
    calibration = calibrate(judgements)
    scores = [calibration(step / 50) for step in range(51)]
    assert scores == sorted(scores)
    assert all(0 < score < 1 for score in scores)


def test_a_calibration_says_how_often_a_score_was_right():
    judgements = [(0.9, number % 2 == 0) for number in range(400)] + [(0.99, True)] * 400
    calibration = calibrate(judgements)
    assert calibration(0.9) == pytest.approx(0.5, abs=0.01)
    assert calibration(0.99) == pytest.approx(0.99, abs=0.01)


def test_without_points_a_score_stays_as_it_is():
    assert Calibration()(0.7) == 0.7


def test_the_calibration_error_is_the_mean_gap():
    assert calibration_error([(0.75, True), (0.75, True), (0.75, True), (0.75, False)]) == 0
    assert calibration_error([(0.9, False), (0.9, False)]) == pytest.approx(0.9)
    assert calibration_error([]) == 0


PAGE = page_of("Holm warned that the pier is closed and Voss said it was old.")


def settled(rules, tagged, pick):
    page = type(PAGE)(
        passage=PAGE.passage,
        hints=PAGE.hints,
        reports=PAGE.reports,
        quotes=rules,
        verbs=PAGE.verbs,
        subjects=PAGE.subjects,
    )
    inside = [0.5] * len(PAGE.passage.tokens)
    settled_page = settle(page, Tagged(tagged, inside), lambda options: (pick(options), 0.9))
    return [(stretch.first, stretch.last) for stretch in settled_page.stretches if stretch.tag == "Q"]


def last(options: list[Option]) -> Option:
    return options[-1]


@pytest.mark.parametrize(
    ("rules", "tagged", "expected"),
    [
        ([], [(2, 7)], [(2, 7)]),
        ([(2, 7)], [], [(2, 7)]),
        ([(2, 7)], [(2, 7)], [(2, 7)]),
        ([(2, 7)], [(3, 6)], [(3, 6)]),
        ([(2, 12), (10, 12)], [], [(2, 12), (10, 12)]),
        ([(2, 12), (10, 12)], [(2, 8)], [(2, 8)]),
    ],
    ids=[
        "tagger alone",
        "rules alone",
        "agreed",
        "tagger's bounds",
        "a quote in a quote",
        "bounds before it",
    ],
)
def test_where_they_differ_one_reading_is_taken(rules, tagged, expected):
    found = [Found(*span, "rule") for span in rules]
    stretches = [Stretch("Q", *span, 0.9) for span in tagged]
    assert settled(found, stretches, last) == expected


def test_nothing_may_be_believed():
    assert settled([Found(2, 12, "rule"), Found(10, 12, "rule")], [], lambda options: options[0]) == []


class Sure:
    """A ranker that finds each candidate as likely as its one feature says."""

    def probabilities(self, candidates):
        return [float(features[0]) for features in candidates]


@pytest.mark.parametrize(
    ("nothing", "rules", "tagger", "believed"),
    [
        (0.4, None, 0.6, "nothing"),
        (0.3, None, 0.7, "tagger"),
        (0.65, 0.35, None, "rules"),
        (0.75, 0.25, None, "nothing"),
        (0.1, 0.4, 0.5, "rules"),
        (0.1, 0.3, 0.6, "tagger"),
        (0.75, 0.05, 0.2, "nothing"),
    ],
)
def test_the_rules_have_the_benefit_of_the_doubt(nothing, rules, tagger, believed):
    chances = {"nothing": nothing, "rules": rules, "tagger": tagger}
    options = {
        name: Option((Stretch("Q", 0, 1, 1.0),), [str(chance)], by_rules=name == "rules")
        for name, chance in chances.items()
        if chance is not None
    }
    option, chance = Arbiter(Sure())(list(options.values()))
    assert option is options[believed]
    assert chance == chances[believed]
    likeliest = max(options, key=lambda name: chances[name])
    option, _ = Arbiter(Sure(), caution=0.0)(list(options.values()))
    assert option is options[likeliest]


@pytest.mark.parametrize(("rules", "other", "believed"), [(0.3, 0.7, 0), (0.2, 0.8, 1)])
def test_another_source_than_that_of_the_rules_must_be_surely_likelier(rules, other, believed):
    candidates = [
        Candidate(0, 1, [str(rules), "rules"], Span(0, 1)),
        Candidate(2, 3, [str(other)], Span(2, 3)),
    ]
    decided, _ = Linker(cue=Sure(), source=Sure())("source", Span(4, 5), candidates)
    assert decided is candidates[believed]
    decided, _ = Linker(cue=Sure(), source=Sure(), caution=0.0)("source", Span(4, 5), candidates)
    assert decided is candidates[1]


@pytest.mark.parametrize(
    ("found", "attributed", "kept", "served"),
    [
        ((0.01, 0.005, 0.02), (0.0, -0.01, 0.01), True, True),
        ((0.01, -0.01, 0.02), (-0.01, -0.03, 0.01), True, False),
        ((0.01, 0.005, 0.02), (-0.02, -0.03, -0.01), False, False),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), False, False),
        ((-0.01, -0.02, 0.01), (-0.01, -0.02, 0.01), False, False),
    ],
)
def test_what_gained_is_kept_and_only_what_is_surely_better_is_served(found, attributed, kept, served):
    gains = {"found": Difference(*found), "attributed": Difference(*attributed)}
    assert is_promising(**gains) is kept
    assert is_better(**gains) is served


@pytest.fixture(scope="module")
def pipeline():
    return Learned(train([invent_lesson(number) for number in range(12)]))


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_the_length_of_a_hostile_text_and_not_faster(pipeline, unit):
    def seconds(length):
        text = (unit * (length // len(unit) + 1))[:length]
        article = ArticleText(text=text, blocks=paragraphs(text))
        start = time.process_time()
        pipeline.suggest(article)
        return time.process_time() - start

    assert grows_no_faster(seconds, 6_000, 24_000, factor=8, floor=0.05)


@pytest.mark.parametrize("unit", ["quotes in one line", "reports in one line", "quotation marks"])
def test_what_it_thinks_beside_costs_no_more_for_each_word_of_a_longer_text(pipeline, unit):
    def seconds(length):
        text = (HOSTILE[unit] * (length // len(HOSTILE[unit]) + 1))[:length]
        article = ArticleText(text=text, blocks=paragraphs(text))
        found = pipeline.suggest(article)
        start = time.process_time()
        find_candidates(article, found, pipeline.consider(article))
        return time.process_time() - start

    assert grows_no_faster(seconds, 500, 4_000, factor=16, floor=0.05)
