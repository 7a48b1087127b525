"""Training and evaluation over the API."""

import io

from django.conf import LazySettings
from django.core.management import call_command

from annotations.models import Pipeline
from annotations.services.importing import import_records
from annotations.services.learning import work_training
from annotations.services.pipelines import activate_pipeline
from annotations.services.trainings import claim_training
from corpus.models import Corpus, User
from corpus.services.actors import COMMAND
from tests.annotations.test_learning import line
from tests.api.contract import caller


def test_a_learner_is_chosen_where_it_is_to_be_had(corpus: Corpus, lea: User, settings: LazySettings) -> None:
    list(import_records(COMMAND, corpus, [line(number) for number in range(12)], source="test"))
    as_lea = caller(lea)
    refused = as_lea.post("corpora/harbour/trainings/", {"learner": "neural"})
    assert refused.status_code == 400 and "ATTEST_ENCODER" in refused.json()["message"]
    assert as_lea.post("corpora/harbour/trainings/", {"learner": "oracle"}).status_code == 400
    settings.ATTEST_ENCODER = "some-encoder"
    started = as_lea.post("corpora/harbour/trainings/", {"learner": "neural"})
    assert (started.status_code, started.json()["learner"]) == (201, "neural")


def test_a_training_is_started_followed_and_judged(corpus: Corpus, lea: User) -> None:
    list(import_records(COMMAND, corpus, [line(number) for number in range(12)], source="test"))
    activate_pipeline(COMMAND, corpus, "rules")
    call_command("preannotate", "--corpus", corpus.slug, "--inline", stdout=io.StringIO())
    as_lea = caller(lea)
    started = as_lea.post("corpora/harbour/trainings/", Idempotency_Key="once")
    assert (started.status_code, started.json()["status"]) == (201, "queued")
    assert started.json()["learner"] == "light"
    again = as_lea.post("corpora/harbour/trainings/", Idempotency_Key="once")
    assert again.json()["id"] == started.json()["id"]
    assert as_lea.post("corpora/harbour/trainings/").status_code == 409
    claim = claim_training("test")
    assert claim
    work_training(claim)
    told = as_lea.get(f"trainings/{started.json()['id']}/").json()
    assert (told["status"], told["promoted"], told["card"]["articles"]) == ("done", False, 12)
    assert [row["id"] for row in as_lea.get("corpora/harbour/trainings/").json()["results"]] == [told["id"]]
    rules = Pipeline.objects.get(name="rules")
    report = as_lea.get(f"corpora/harbour/pipelines/{rules.pk}/evaluation/").json()
    assert (report["articles"], report["figures"]["gold"]) == (12, 12)
    assert as_lea.post(f"trainings/{told['id']}/cancel/").json()["status"] == "done"
