"""Pipelines, runs, jobs and exports on their pages."""

import hashlib
import json

import pytest
from django.urls import reverse

from annotations.models import Export, Job, JobStatus, Pipeline, Run
from annotations.services.exports import sweep_exports, work_export
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline, start_run
from corpus.models import Event
from corpus.services.actors import COMMAND
from tests.admin.conftest import url
from tests.conftest import put_in


def machines(client, corpus, **form):
    return client.post(url("corpus_corpus_machines", corpus.pk), form)


def test_a_lead_puts_a_pipeline_in_service_and_out_of_it(signed_in, lea, corpus):
    client = signed_in(lea)
    machines(client, corpus, activate="rules")
    assert Pipeline.objects.get().active
    machines(client, corpus, retire="rules")
    assert not Pipeline.objects.get().active
    actions = Event.objects.filter(object_type="pipeline").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["pipeline.activated", "pipeline.retired"]


def test_the_page_offers_what_a_click_can_put_in_service(signed_in, lea, corpus):
    page = signed_in(lea).get(url("corpus_corpus_machines", corpus.pk)).text
    assert 'name="activate" value="rules"' in page
    assert 'value="http"' not in page and 'value="chat"' not in page


@pytest.mark.parametrize("form", [{"activate": "rules"}, {"retire": "rules"}, {"run": "rules"}])
def test_a_reviewer_tells_the_machines_nothing(form, signed_in, ada, corpus):
    assert machines(signed_in(ada), corpus, **form).status_code == 403
    assert not Run.objects.exists()


def test_a_run_of_no_pipeline_is_a_missing_page(signed_in, lea, corpus):
    assert machines(signed_in(lea), corpus, run="rules").status_code == 404


def test_a_pipeline_that_is_none_is_told(signed_in, lea, corpus):
    client = signed_in(lea)
    assert "oracle" in client.get(machines(client, corpus, activate="oracle")["Location"]).text
    assert not Pipeline.objects.exists()


@pytest.fixture
def run(corpus):
    """A run over two articles that were there before its pipeline."""
    for name in "ab":
        put_in(corpus, external_id=name)
    activate_pipeline(COMMAND, corpus, "rules")
    return start_run(COMMAND, corpus, "rules")


def test_a_run_starts_with_one_click_and_is_watched_to_its_end(signed_in, lea, corpus):
    for name in "ab":
        put_in(corpus, external_id=name)
    activate_pipeline(COMMAND, corpus, "rules")
    client = signed_in(lea)
    answer = machines(client, corpus, run="rules")
    run = Run.objects.get()
    assert answer["Location"] == url("annotations_run_change", run.pk)
    progress = url("annotations_run_progress", run.pk)
    assert client.get(progress).json()["counts"]["queued"] == 2
    assert client.get(progress).json()["finished"] is False
    work_jobs("test", limit=10, seconds=30)
    assert client.get(progress).json() | {"counts": None} == {
        "counts": None,
        "total": 2,
        "ended": 2,
        "finished": True,
    }
    assert "2</span> of" in client.get(answer["Location"]).text


def test_a_lead_cancels_what_has_not_ended(signed_in, lea, run):
    client = signed_in(lea)
    answer = client.post(url("annotations_run_cancel", run.pk))
    assert "2 jobs are cancelled" in client.get(answer["Location"]).text
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.CANCELLED}


def test_a_parked_job_shows_its_cause_and_is_tried_again(signed_in, lea, run):
    job = Job.objects.all()[0]
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PARKED, cause="ValueError: <b>no</b>", attempts=3)
    client = signed_in(lea)
    page = client.get(url("annotations_run_change", run.pk)).text
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page
    client.post(url("annotations_run_retry", run.pk, job.pk))
    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)


@pytest.mark.parametrize("act", ["cancel", "retry"])
@pytest.mark.parametrize(("who", "status"), [("ada", 403), ("dee", 404)])
def test_others_neither_cancel_nor_retry(act, who, status, signed_in, ada, dee, run):
    job = Job.objects.all()[0]
    target = (
        url("annotations_run_cancel", run.pk)
        if act == "cancel"
        else url("annotations_run_retry", run.pk, job.pk)
    )
    assert signed_in({"ada": ada, "dee": dee}[who]).post(target).status_code == status
    run.refresh_from_db()
    assert run.cancelled_at is None


def test_an_act_on_a_run_takes_a_post(signed_in, lea, run):
    assert signed_in(lea).get(url("annotations_run_cancel", run.pk)).status_code == 405


def test_an_export_is_downloaded_whole_and_kept_with_its_checksum(signed_in, lea, suggested, corpus):
    client = signed_in(lea)
    answer = client.post(url("corpus_corpus_export", corpus.pk), {"layer": "machine"})
    data = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"] == 'attachment; filename="harbour-machine.jsonl"'
    assert answer["X-Content-SHA256"] == hashlib.sha256(data).hexdigest()
    record = json.loads(data.splitlines()[0])
    assert record["text"] == suggested.text
    export = Export.objects.get()
    assert (export.made_by, export.manifest["sha256"]) == (lea, answer["X-Content-SHA256"])
    assert export.manifest["sha256"][:16] in client.get(url("corpus_corpus_export", corpus.pk)).text


def test_another_format_is_downloaded_and_its_losses_are_shown(signed_in, lea, suggested, corpus):
    client, address = signed_in(lea), url("corpus_corpus_export", corpus.pk)
    answer = client.post(address, {"layer": "machine", "format": "brat"})
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert answer["Content-Disposition"] == 'attachment; filename="harbour-machine.zip"'
    losses = Export.objects.get().manifest["losses"]
    assert f"without {losses['scores']} scores" in client.get(address).text
    refused = client.post(address, {"layer": "machine", "format": "brat", "strict": "on"})
    assert refused.status_code == 400
    assert "cannot be carried in brat" in refused.text
    assert '<option value="brat" selected>' in refused.text and 'name="strict" checked' in refused.text
    assert 'value="csv"' in refused.text and 'value="spacy"' not in refused.text
    unknown = client.post(address, {"layer": "machine", "format": "papyrus"})
    assert "There is no format" in unknown.text
    assert Export.objects.count() == 1


def test_the_list_says_what_else_an_export_asked_for(signed_in, lea, suggested, corpus):
    client, address = signed_in(lea), url("corpus_corpus_export", corpus.pk)
    assert "attest-jsonl, offsets in" not in client.get(address).text
    answer = client.post(address, {"layer": "machine", "offset_unit": "utf16"})
    assert b'"offset_unit":"utf16"' in b"".join(answer.streaming_content)
    assert "attest-jsonl, offsets in utf16" in client.get(address).text


def test_an_unknown_layer_is_told_in_words(signed_in, lea, corpus):
    answer = signed_in(lea).post(url("corpus_corpus_export", corpus.pk), {"layer": "../../etc/passwd"})
    assert answer.status_code == 400
    assert "There is no layer" in answer.text
    assert not Export.objects.exists()


def test_a_file_is_asked_for_followed_and_cancelled(signed_in, lea, suggested, corpus, settings, tmp_path):
    settings.ATTEST_EXPORTS = tmp_path
    client, address = signed_in(lea), url("corpus_corpus_export", corpus.pk)
    progress = url("corpus_corpus_export_progress", corpus.pk)
    for _ in range(2):
        client.post(address, {"layer": "machine", "format": "brat", "background": "yes"})
    first, second = Export.objects.order_by("pk")
    assert client.get(progress).json()["open"][str(first.pk)] == {"status": "queued", "done": 0, "total": 0}
    page = client.get(address).text
    assert page.count("waits for a worker") == 2 and 'data-working="yes"' in page
    client.post(url("corpus_corpus_export_cancel", corpus.pk, second.pk))
    assert work_export("w") == "done"
    assert client.get(progress).json() == {"open": {}}
    page = client.get(address).text
    assert reverse("export-file", args=[first.pk]) in page and "cancelled" in page
    assert "scores, without" in page and 'data-working="no"' in page
    file = client.get(reverse("export-file", args=[first.pk]))
    assert b"".join(file.streaming_content).startswith(b"PK")
    sweep_exports()
    Export.objects.filter(pk=first.pk).update(file="expired")
    assert reverse("export-file", args=[first.pk]) not in client.get(address).text


def test_others_do_not_see_or_cancel_exports(signed_in, ada, dee, corpus):
    export = Export.objects.create(corpus=corpus, format="attest-jsonl", layer="all")
    for user, status in ((ada, 403), (dee, 404)):
        client = signed_in(user)
        assert client.get(url("corpus_corpus_export_progress", corpus.pk)).status_code == status
        cancel = url("corpus_corpus_export_cancel", corpus.pk, export.pk)
        assert client.post(cancel).status_code == status
    assert Export.objects.get().status == "queued"
