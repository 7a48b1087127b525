"""Pipelines that run elsewhere, from the article to the layer, on a real HTTP server."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from annotations.extraction.remote import client
from annotations.extraction.remote.endpoints import ENDPOINTS
from annotations.models import Annotation, Job, Layer, Pipeline, Relation
from annotations.services.exporting import export_corpus
from annotations.services.jobs import sweep_jobs, work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.tasks import ring
from corpus.models import Corpus, Event, Revision
from corpus.services.actors import COMMAND
from corpus.services.errors import BadInput
from tests.conftest import TEXT, put_in
from tests.pure.extraction.remote.serving import SECRET, Answer, Served, says, serving
from tests.servers import StartProcess, wait_for

Serve = Callable[..., Served]
WORDS = "two of its cables had lost a third of their strength"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Give a function that starts a server with these answers and names it `news-model`."""
    monkeypatch.setattr(client, "PAUSES", (0.01, 0.01))
    running = []

    def start(*answers: Answer) -> Served:
        context = serving(*answers)
        served = context.__enter__()
        running.append(context)
        ENDPOINTS["news-model"] = served.endpoint()
        return served

    yield start
    ENDPOINTS.pop("news-model", None)
    for context in running:
        context.__exit__(None, None, None)


def labelled(**other: Any) -> dict[str, Any]:
    """Return an answer about `TEXT`: a claim with its source."""
    start, source = TEXT.index(WORDS), TEXT.index("Ruiz warned")
    claim = {
        "key": "claim",
        "label": "claim",
        "segments": [[start, start + len(WORDS)]],
        "surface": WORDS,
        "score": 0.75,
        "reason": "a quantity",
    }
    named = {
        "key": "source",
        "label": "attribution",
        "segments": [[source, source + 4]],
        "surface": "Ruiz",
        "score": 0.5,
    }
    relation = {"label": "source", "head": "claim", "child": "source", "score": 0.5}
    article = {"annotations": [claim | other, named], "relations": [relation]}
    return {"schema": "attest-pipeline/1", "offset_unit": "utf16", "articles": [article]}


def answering(answer: dict[str, Any], served: list[Served]) -> Answer:
    """Answer under the id that was asked about."""

    def answer_it(handler: BaseHTTPRequestHandler) -> None:
        identity = served[0].asked[-1].body["articles"][0]["id"]
        article = answer["articles"][0] | {"id": identity}
        says({**answer, "articles": [article]})(handler)

    return answer_it


def in_service(serve: Serve, corpus: Corpus, answer: dict[str, Any]) -> Served:
    served: list[Served] = []
    served.append(serve(answering(answer, served)))
    activate_pipeline(COMMAND, corpus, "http", {"endpoint": "news-model"})
    return served[0]


def work_until_parked() -> Job:
    for _ in range(3):
        work_jobs("w1", limit=5, seconds=10)
        Job.objects.filter(status="queued").update(due_at=timezone.now())
    return Job.objects.get()


def test_an_article_goes_in_and_the_layer_of_the_server_stands(corpus: Corpus, serve: Serve) -> None:
    served = in_service(serve, corpus, labelled())
    revision = put_in(corpus)
    assert work_jobs("w1", limit=5, seconds=10) == {"done": 1}
    assert Revision.objects.get(pk=revision.pk).status == "suggested"
    claim, source = Annotation.objects.order_by("-score")
    assert (claim.label, claim.surface, claim.score, claim.reason) == ("claim", WORDS, 0.75, "a quantity")
    assert (source.label, source.surface) == ("attribution", "Ruiz")
    relation = Relation.objects.get()
    assert (relation.head_id, relation.child_id) == (claim.pk, source.pk)
    asked = served.asked[0].body["articles"][0]
    assert asked["text"] == TEXT and asked["blocks"] and asked["language"] == "en"


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"surface": "three of its cables"}, "AnswerRefused: $.articles[0].annotations[0].surface: "),
        ({"segments": [[0, 9_999]]}, "AnswerRefused: $.articles[0].annotations[0].segments: "),
        ({"score": 7}, "AnswerRefused: $.articles[0].annotations[0].score: 7 is greater than"),
        ({"key": "source"}, "AnswerRefused: $.articles[0].annotations[1].key: 'source' is the key of"),
        ({"label": "person"}, "BadInput: The scheme has no label 'person'"),
        ({"label": "cue"}, "BadInput: 'source' starts at "),
        ({"attributes": {"tone": "angry"}}, "BadInput: The label 'claim' has no attribute 'tone'"),
    ],
)
def test_an_answer_that_does_not_fit_parks_the_job_with_its_cause_and_leaves_no_half_layer(
    changed: dict[str, Any], cause: str, corpus: Corpus, serve: Serve
) -> None:
    in_service(serve, corpus, labelled(**changed))
    put_in(corpus)
    job = work_until_parked()
    assert (job.status, job.attempts) == ("parked", 3)
    assert job.cause.startswith(cause), job.cause
    assert not Layer.objects.exists() and not Annotation.objects.exists()


def test_an_endpoint_that_fails_three_times_parks_the_job_and_its_secret_is_nowhere(
    corpus: Corpus, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(says({"error": {"message": f"what is {SECRET}?"}}, status=422))
    activate_pipeline(COMMAND, corpus, "http", {"endpoint": "news-model"})
    put_in(corpus)
    job = work_until_parked()
    assert job.status == "parked"
    assert job.cause == "EndpointFailed: endpoint 'news-model': it answered 422: what is ***?"
    assert served.asked[0].headers["Authorization"] == f"Bearer {SECRET}", "the control: it was sent"
    assert Event.objects.get(action="job.parked").reason == "EndpointFailed"
    everything = BytesIO()
    export_corpus(COMMAND, corpus, layer="all", target=everything)
    kept = [
        *Event.objects.values_list(),
        *Pipeline.objects.values_list(),
        *Job.objects.values_list(),
        everything.getvalue(),
        caplog.text,
    ]
    assert "news-model" in str(kept), "the control: the endpoint's name is there"
    for secret in (SECRET, "secret-in-address", f"127.0.0.1:{served.port}"):
        assert secret not in str(kept)


def test_a_slow_server_keeps_its_job_and_holds_nothing_up(
    corpus: Corpus, serve: Serve, settings: LazySettings, transactional_db: None
) -> None:
    settings.ATTEST_JOB_LEASE = 1
    swept = []

    def slow(handler: BaseHTTPRequestHandler) -> None:
        until = time.monotonic() + 1.6
        while time.monotonic() < until:
            time.sleep(0.1)
            # A writer of another connection, while the worker waits.
            swept.append(sweep_jobs())
        connection.close()
        identity = served.asked[-1].body["articles"][0]["id"]
        says(labelled() | {"articles": [{"id": identity, "annotations": []}]})(handler)

    served = serve(slow)
    activate_pipeline(COMMAND, corpus, "http", {"endpoint": "news-model"})
    put_in(corpus)
    assert work_jobs("w1", limit=5, seconds=10) == {"done": 1}
    assert len(swept) > 5 and all(counts == {"queued": 0, "parked": 0} for counts in swept)
    assert Layer.objects.count() == 1


@pytest.mark.broker
def test_a_real_worker_knows_the_endpoints_of_its_environment(
    start_worker: StartProcess, corpus: Corpus, serve: Serve
) -> None:
    served = in_service(serve, corpus, labelled())
    put_in(corpus)
    endpoint = {"url": served.endpoint().url, "headers": {"X-Key": SECRET}}
    worker = start_worker(concurrency=1, ATTEST_ENDPOINTS=json.dumps({"news-model": endpoint}))
    ring()
    wait_for(lambda: Job.objects.get().status == "done", within=30)
    assert served.asked[0].headers["X-Key"] == SECRET
    assert Annotation.objects.count() == 2
    assert SECRET not in worker.log.read_text()


def test_only_the_operator_names_addresses(corpus: Corpus) -> None:
    for configuration in ({"endpoint": "nowhere"}, {"endpoint": "http://169.254.169.254/"}, {}):
        for name in ("http", "chat"):
            model = {"model": "m"} if name == "chat" else {}
            with pytest.raises(BadInput, match="the operator has named: none"):
                activate_pipeline(COMMAND, corpus, name, configuration | model)
    assert not Pipeline.objects.exists()


def test_an_endpoint_that_is_taken_away_is_the_cause_of_its_jobs(corpus: Corpus, serve: Serve) -> None:
    in_service(serve, corpus, labelled())
    put_in(corpus)
    del ENDPOINTS["news-model"]
    assert work_until_parked().cause.startswith("UnknownEndpoint: no endpoint is called 'news-model'")


def test_a_chat_names_words_and_the_layer_has_their_places(corpus: Corpus, serve: Serve) -> None:
    quote = {
        "sentence": '"The bridge will be closed for nine weeks," said Ana Ruiz, the city engineer.',
        "words": ['"The bridge will be closed for nine weeks,"'],
        "type": "direct",
        "source": "Ana Ruiz, the city engineer",
        "cue": "said",
    }
    content = json.dumps({"quotes": [quote], "claims": []})
    serve(says({"choices": [{"message": {"content": content}}]}))
    activate_pipeline(COMMAND, corpus, "chat", {"endpoint": "news-model", "model": "m-1"})
    put_in(corpus)
    assert work_jobs("w1", limit=5, seconds=10) == {"done": 1}
    said = {row.label: row.surface for row in Annotation.objects.all()}
    assert said == {
        "quote": "“The bridge will be closed for nine weeks,”",
        "attribution": "Ana Ruiz, the city engineer",
        "cue": "said",
    }
    assert Relation.objects.count() == 2
