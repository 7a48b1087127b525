"""The pipeline that learns: what it promises for any text, for little data, and for any model file."""

import dataclasses
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.extraction.base import ArticleText
from annotations.extraction.candidates import find_candidates, find_choices
from annotations.extraction.evaluation import evaluate
from annotations.extraction.learned.examples import example_of
from annotations.extraction.learned.learners import LIGHT, Lesson, Light, split
from annotations.extraction.learned.model import MAGIC, BadModel, Model
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.learned.reading import read
from annotations.extraction.learned.training import LEAST_ARTICLES, train
from annotations.extraction.quotes import quotes_of
from annotations.extraction.rules import Rules
from corpus.text.blocks import segment_blocks
from corpus.text.spans import check_segments
from tests.pure.extraction.lessons import CLAUSES, NAMES, invent_lesson
from tests.pure.extraction.test_candidates import check

LESSONS = [invent_lesson(number) for number in range(24)]
UNSEEN = [invent_lesson(number) for number in range(100, 112)]


def one_with_titles(number):
    """Return a lesson in which the title belongs to the source by chance alone: nobody can learn which."""
    chance = random.Random(f"titles:{number}")
    text, quotes = "", []
    for _ in range(8):
        name, clause = chance.choice(NAMES), chance.choice(CLAUSES)
        named = len(text) + (len("Mayor ") if chance.random() < 0.5 else 0)
        said = len(text) + len(f"Mayor {name} ")
        text += f"Mayor {name} kvetched how {clause}. "
        speaker = {"start": named, "end": said - 1}
        quote = {"start": said + len("kvetched how "), "end": len(text) - 2, "type": "indirect"}
        quotes.append(quote | {"speaker": speaker, "cue": {"start": said, "end": said + len("kvetched how")}})
    return example_of({"text": text, "quotes": quotes})


@pytest.fixture(scope="module")
def model():
    return train(LESSONS)


def suggestions(pipeline, lessons):
    return [pipeline.suggest(lesson.article) for lesson in lessons]


def figures(pipeline, lessons):
    return evaluate(suggestions(pipeline, lessons), lessons).figures()


def test_what_no_rule_knows_is_learned(model):
    learned, rules = figures(Learned(model), UNSEEN), figures(Rules(), UNSEEN)
    assert model.card.chosen == "learned"
    assert learned.found.f1 > rules.found.f1 + 0.1
    assert learned.attributed.f1 > rules.attributed.f1 + 0.1


def test_training_twice_gives_the_same_bytes(model):
    assert train(LESSONS).to_bytes() == model.to_bytes()


def test_a_model_file_comes_back_as_it_was(model):
    again = Model.from_bytes(model.to_bytes())
    assert (again.card, again.sha256) == (model.card, model.sha256)
    assert suggestions(Learned(again), UNSEEN) == suggestions(Learned(model), UNSEEN)


def test_a_model_of_an_earlier_release_orders_lists_as_the_rules_do(model, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr("annotations.extraction.learned.model._LISTS", ())
        old = model.to_bytes()
    again = Model.from_bytes(old)
    assert all(not ranker.weights for ranker in again.rankers.lists().values())
    assert suggestions(Learned(again), UNSEEN) == suggestions(Learned(model), UNSEEN)


def test_corrections_teach_the_order_of_the_lists():
    """Half of the sources are without their title, which nobody can foresee: those are what is corrected."""
    lessons = [one_with_titles(number) for number in range(24)]
    model = train(lessons)
    assert model.card.chosen == "learned"
    unseen = one_with_titles(100)
    pipeline = Learned(model)
    found = pipeline.suggest(unseen.article)
    choices = find_choices(unseen.article, found, pipeline.consider(unseen.article))
    names = [(quote.source, choices[quote.key].corrections[0].source) for quote in quotes_of(found)]
    other = [{len(span.of(unseen.article.text).split()) for span in pair} for pair in names]
    assert other.count({2, 3}) >= len(other) - 1, "with its title instead of without, or the other way round"


def test_a_model_names_itself(model):
    pipeline = Learned(model)
    assert (pipeline.name, pipeline.version) == ("learned", model.sha256[:12])
    assert pipeline.configuration["model"] == model.sha256


def test_gold_that_the_rules_find_alone_leaves_the_rules_in_service():
    lessons = [
        dataclasses.replace(lesson, gold=Rules().suggest(lesson.article))
        for lesson in LESSONS[:LEAST_ARTICLES]
    ]
    model = train(lessons)
    assert model.card.chosen == "rules"
    assert suggestions(Learned(model), UNSEEN) == suggestions(Rules(), UNSEEN)


@pytest.mark.parametrize("count", [LEAST_ARTICLES, 8, 10])
def test_with_little_data_it_is_never_below_the_rules(count):
    learned = figures(Learned(train(LESSONS[:count])), UNSEEN)
    assert learned.attributed.f1 >= figures(Rules(), UNSEEN).attributed.f1


class Once(Light):
    """Holds one part out and is done, as a learner does whose fits take long; it may be of any caution."""

    cautions = (1.0, 0.0)

    def parts(self, count, seed):
        return split(count, 4, seed)[:1]


def test_with_one_part_held_out_the_tagger_that_was_measured_is_the_one_that_is_kept():
    model = train(LESSONS, learner=Once())
    (part,) = Once().parts(len(LESSONS), 0)
    others = [Lesson(one, read(one.article)) for number, one in enumerate(LESSONS) if number not in part]
    assert model.tagger == LIGHT.fit(others, 0, lambda: None)
    assert (model.card.articles, model.card.measured_on) == (len(LESSONS), len(part))
    assert model.card.figures["learned"]["gold"] < sum(
        row.label == "quote" for lesson in LESSONS for row in lesson.gold.annotations
    )
    assert model.rankers.caution in Once.cautions
    assert Model.from_bytes(model.to_bytes()).rankers == model.rankers


def test_too_few_articles_are_refused():
    with pytest.raises(ValueError, match="too few"):
        train(LESSONS[: LEAST_ARTICLES - 1])


def test_progress_is_told_to_the_end():
    steps = []
    train(LESSONS[:LEAST_ARTICLES], on_progress=lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))


def test_reasons_can_be_read(model):
    reasons = {
        annotation.reason
        for found in suggestions(Learned(model), UNSEEN)
        for annotation in found.annotations
        if annotation.label == "quote"
    }
    assert any(reason.startswith("learned; rules agree: ") for reason in reasons)
    assert any("kvetched how" in reason for reason in reasons)


@given(
    st.lists(
        st.text()
        | st.sampled_from(["“", "”", '"', " said", " that ", "Mara Voss", ", ", ".\n\n", " kvetched how "])
    )
)
@settings(max_examples=200)
def test_any_text_gives_spans_that_fit_and_the_same_ones_again(model, parts):
    text = "".join(parts)
    article = ArticleText(text=text, blocks=tuple(segment_blocks(text)))
    pipeline = Learned(model)
    found = pipeline.suggest(article)
    assert found == pipeline.suggest(article)
    assert [annotation.key for annotation in found.annotations] == list(range(len(found.annotations)))
    for annotation in found.annotations:
        check_segments(text, annotation.segments)
        assert 0 < annotation.score < 1
    for link in found.relations:
        assert {link.head, link.child} <= set(range(len(found.annotations)))
    opinion = pipeline.consider(article)
    offered = find_candidates(article, found, opinion)
    check(text, offered)
    assert offered == find_candidates(article, found, opinion)


def test_the_end_of_a_sentence_alone_is_never_marked(model):
    text = "‘‘\x1bAa:Ao"
    article = ArticleText(text=text, blocks=tuple(segment_blocks(text)))
    for annotation in Learned(model).suggest(article).annotations:
        check_segments(text, annotation.segments)


def head_and_body(data):
    head, _, body = data.removeprefix(MAGIC).partition(b"\n")
    return json.loads(head), body


def with_head(data, change):
    head, body = head_and_body(data)
    change(head)
    return MAGIC + json.dumps(head).encode() + b"\n" + body


HOSTILE = {
    "empty": lambda data: b"",
    "a pickle": lambda data: b"\x80\x04\x95.",
    "another version": lambda data: data.replace(b"/1\n", b"/2\n", 1),
    "no end of the head": lambda data: MAGIC + b"{" * 100,
    "deep nesting": lambda data: MAGIC + b"[" * 100_000 + b"\n",
    "a head of another shape": lambda data: MAGIC + b"[]\n",
    "cut short": lambda data: data[:-1],
    "too long": lambda data: data + b"x",
    "a byte changed": lambda data: data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
    "no parts": lambda data: with_head(data, lambda head: head.update(parts=[])),
    "a negative size": lambda data: with_head(data, lambda head: head["parts"][0].update(size=-1)),
    "a size that is no number": lambda data: with_head(data, lambda head: head["parts"][0].update(size="9")),
    "a path for a name": lambda data: with_head(data, lambda head: head["parts"][0].update(name="../x")),
    "other features": lambda data: with_head(
        data, lambda head: head["card"]["versions"].update(features="features@0")
    ),
    "an unknown choice": lambda data: with_head(data, lambda head: head["card"].update(chosen="oracle")),
    "an unknown field": lambda data: with_head(data, lambda head: head["card"].update(extra=1)),
}


@pytest.mark.parametrize("damage", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_sound_model_is_refused(model, damage):
    with pytest.raises(BadModel):
        Model.from_bytes(damage(model.to_bytes()))


@pytest.mark.parametrize("tagger", [b"", b"lCRF", b"lCRF" + b"\xff" * 60, b"x" * 100])
def test_a_tagger_that_is_none_is_refused(model, tagger):
    broken = dataclasses.replace(model, tagger=tagger)
    with pytest.raises(BadModel, match="tagger"):
        Model.from_bytes(broken.to_bytes())


def test_a_weight_that_is_no_number_is_refused(model):
    data = model.to_bytes()
    assert b"Infinity" not in data
    rankers = model.rankers._replace(
        cue=dataclasses.replace(model.rankers.cue, weights={"rules": float("inf")})
    )
    with pytest.raises(BadModel, match="finite"):
        Model.from_bytes(dataclasses.replace(model, rankers=rankers).to_bytes())
