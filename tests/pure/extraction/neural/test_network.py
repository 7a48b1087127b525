"""The network itself, trained on invented articles from a tiny encoder with random weights."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.extraction.base import ArticleText
from annotations.extraction.learned.model import BadModel, Model
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.learned.reading import read
from annotations.extraction.learned.training import train
from annotations.extraction.neural import learner
from annotations.extraction.neural.extra import optional
from annotations.extraction.neural.windows import windows_of
from annotations.extraction.rules import Rules
from corpus.text.blocks import segment_blocks
from corpus.text.spans import check_segments
from tests.pure.extraction.lessons import invent_lesson
from tests.pure.extraction.neural.small import make_encoder, needs_extra, words

pytestmark = needs_extra
LESSONS = [invent_lesson(number) for number in range(24)]
UNSEEN = [invent_lesson(number) for number in range(100, 106)]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A learner in a hurry, and what it made of the lessons."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner, "_MOST_EPOCHS", 30)
        patch.setattr(optional("annotations.extraction.neural.fitting"), "RATE", 3e-3)
        patch.setattr(optional("annotations.extraction.neural.fitting"), "RATE_OF_NEW", 3e-3)
        neural = learner.Neural(encoder_name=make_encoder(tmp_path_factory.mktemp("encoder")))
        steps = []
        model = train(LESSONS, learner=neural, on_progress=lambda done, total: steps.append((done, total)))
        return neural, model, steps


@pytest.fixture(scope="module")
def model(taught):
    return taught[1]


def suggestions(model):
    pipeline = Learned(model)
    return [pipeline.suggest(lesson.article) for lesson in UNSEEN]


def test_what_no_rule_knows_is_learned(model):
    assert (model.card.learner, model.card.chosen) == ("neural", "learned")
    assert model.card.gains["found"][1] > 0
    assert suggestions(model) != [Rules().suggest(lesson.article) for lesson in UNSEEN]


def test_the_card_names_what_the_network_was_made_with(model):
    assert {"rules", "encoder", "marks", "torch", "onnx", "onnxruntime"} <= set(model.card.versions)
    assert (model.card.articles, model.card.measured_on) == (24, 24)


def test_progress_is_told_to_the_end(taught):
    steps = taught[2]
    assert [done for done, _ in steps] == list(range(1, steps[-1][1] + 1))


def test_a_model_file_comes_back_as_it_was(model):
    again = Model.from_bytes(model.to_bytes())
    assert (again.card, again.sha256) == (model.card, model.sha256)
    assert suggestions(again) == suggestions(model)


def test_a_network_of_other_marks_is_refused(model):
    card = dataclasses.replace(model.card, versions={**model.card.versions, "marks": "marks@0"})
    with pytest.raises(BadModel, match="train it again"):
        Model.from_bytes(dataclasses.replace(model, card=card).to_bytes())


def test_a_damaged_network_is_refused(model):
    with pytest.raises(BadModel, match="tagger"):
        Model.from_bytes(dataclasses.replace(model, tagger=b"lCRF").to_bytes())


def test_the_served_network_computes_what_was_learned(tmp_path):
    """Both ways of computing, torch's and onnxruntime's, agree but for eight bits."""
    torch, numpy, onnxruntime = optional("torch"), optional("numpy"), optional("onnxruntime")
    network, exporting = (
        optional(f"annotations.extraction.neural.{name}") for name in ("network", "exporting")
    )
    encoder = learner.Neural(encoder_name=make_encoder(tmp_path)).encoder
    weights = network.read_weights(encoder, 0)
    weights["marks"] = torch.randn(weights["marks"].shape) * 0.1
    window = windows_of(read(LESSONS[0].article).pages, words())[0]
    inputs = [torch.tensor([window.pieces]), torch.tensor([window.marks])]
    mask = torch.ones_like(inputs[0], dtype=torch.bool)
    expected = network.forward(weights, encoder.shape, *inputs, mask, dropout=0.0)
    session = onnxruntime.InferenceSession(exporting.export(weights, encoder.shape))
    served = session.run(
        ["tag_scores", "source_scores"],
        {"pieces": numpy.array([window.pieces]), "marks": numpy.array([window.marks])},
    )
    for one, other in zip(expected, served, strict=True):
        assert numpy.corrcoef(one.flatten(), other.flatten())[0, 1] > 0.99


@given(
    st.lists(st.text() | st.sampled_from(["“", "”", " said", " that ", "Mara Voss", ".\n\n", "pier " * 300]))
)
@settings(max_examples=50)
def test_any_text_gives_spans_that_fit_and_the_same_ones_again(model, parts):
    text = "".join(parts)
    article = ArticleText(text=text, blocks=tuple(segment_blocks(text)))
    pipeline = Learned(model)
    found = pipeline.suggest(article)
    assert found == pipeline.suggest(article)
    for annotation in found.annotations:
        check_segments(text, annotation.segments)
        assert 0 < annotation.score < 1
