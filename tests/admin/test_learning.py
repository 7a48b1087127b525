"""Trainings and evaluations on their pages."""

import io

import pytest
from django.core.management import call_command

from annotations.models import Layer, ModelFile, Pipeline, Training
from annotations.services.importing import import_records
from annotations.services.learning import work_training
from annotations.services.pipelines import activate_pipeline
from annotations.services.trainings import claim_training
from corpus.services.actors import COMMAND
from tests.admin.conftest import url
from tests.annotations.test_learning import line


@pytest.fixture
def reviewed(corpus):
    list(import_records(COMMAND, corpus, [line(number) for number in range(12)], source="test"))
    activate_pipeline(COMMAND, corpus, "rules")
    call_command("preannotate", "--corpus", corpus.slug, "--inline", stdout=io.StringIO())
    return corpus


def evaluation(corpus, **query):
    pipeline = Pipeline.objects.get(corpus=corpus, active=True)
    return url("corpus_corpus_evaluation", corpus.pk, pipeline.pk), query


def test_a_lead_trains_follows_and_cancels(signed_in, lea, reviewed):
    client = signed_in(lea)
    page = url("corpus_corpus_training", reviewed.pk)
    assert "waits for a worker" in client.post(page, follow=True).content.decode()
    training = Training.objects.get()
    told = client.get(url("corpus_corpus_training_progress", reviewed.pk, training.pk)).json()
    assert told == {"status": "queued", "stage": "waits for a worker", "finished": False}
    claim = claim_training("test")
    work_training(claim)
    body = client.get(page).content.decode()
    assert "are too few to tell" in body and "learned@" in body
    client.post(page)
    newest = Training.objects.first()
    client.post(url("corpus_corpus_training_cancel", reviewed.pk, newest.pk))
    newest.refresh_from_db()
    assert newest.status == "cancelled"


def test_a_lead_chooses_a_learner_where_there_is_a_choice(signed_in, lea, reviewed, settings):
    client = signed_in(lea)
    page = url("corpus_corpus_training", reviewed.pk)
    assert 'name="learner"' not in client.get(page).content.decode()
    settings.ATTEST_ENCODER = "some-encoder"
    assert 'name="learner"' in client.get(page).content.decode()
    client.post(page, {"learner": "neural"})
    assert Training.objects.get().learner == "neural"


def test_too_little_to_learn_from_is_said(signed_in, lea, corpus):
    body = signed_in(lea).post(url("corpus_corpus_training", corpus.pk), follow=True).content.decode()
    assert "0 articles of this corpus are reviewed" in body


@pytest.mark.parametrize("name", ["ada", "vic"])
def test_others_see_neither(name, signed_in, request, reviewed):
    client = signed_in(request.getfixturevalue(name))
    address, _ = evaluation(reviewed)
    assert client.get(address).status_code == 403
    assert client.get(url("corpus_corpus_training", reviewed.pk)).status_code == 403


def test_the_errors_stand_in_their_text(signed_in, lea, reviewed):
    client = signed_in(lea)
    address, _ = evaluation(reviewed)
    body = client.get(address).content.decode()
    assert "12 articles" in body
    assert "missed: indirect" in body
    assert '<mark class="ev-people">the gate stays shut at Elm Quay</mark>' in body
    assert "source: Mara Voss · cue: posted online" in body
    assert 'class="ev-mistake"' not in client.get(address, {"kind": "right"}).content.decode()
    assert client.get(address, {"kind": "nonsense"}).status_code == 404
    only = client.get(address, {"construction": "missed: indirect"}).content.decode()
    assert only.count('class="ev-mistake"') == 12


def test_a_lead_is_not_shown_what_others_say_of_a_text_in_hand(signed_in, lea, reviewed):
    client = signed_in(lea)
    address, _ = evaluation(reviewed)
    for layer in Layer.objects.filter(kind="gold"):
        Layer.objects.create(revision=layer.revision, kind="reviewer", reviewer=lea)
    assert 'class="ev-mistake"' not in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("calibration", "word"),
    [("calibrated on 300 suggestions", "probability 0."), ("uncalibrated rank", "rank 0.")],
)
def test_a_score_is_called_what_it_is(calibration, word, signed_in, ada, suggested):
    sha256 = calibration.encode().hex()[:40].ljust(64, "0")
    ModelFile.objects.create(sha256=sha256, data=b"", card={"chosen": "learned", "calibration": calibration})
    Pipeline.objects.update(name="learned", configuration={"model": sha256})
    body = signed_in(ada).get(url("corpus_article_review", suggested.article_id)).content.decode()
    assert word in body
