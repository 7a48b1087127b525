"""The whole loop on real input: files go in, a real worker labels them, people decide, data comes out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotations.models import Annotation, Layer
from annotations.services.importing import import_records
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from tests.functional.steps import (
    SAMPLE,
    SEEDS,
    api,
    decide_everything,
    exported,
    put_in_and_let_the_worker_label,
)
from tests.servers import StartProcess


@pytest.mark.broker
def test_the_sample_goes_all_the_way_round(
    transactional_db: None, corpus: Corpus, ada: User, lea: User, start_worker: StartProcess
) -> None:
    revisions = put_in_and_let_the_worker_label(corpus, SAMPLE, start_worker)
    assert len(revisions) == 8
    assert {revision.status for revision in revisions} == {"suggested"}
    client = api(ada)
    for revision in revisions:
        decide_everything(client, revision)
        assert client.post(reverse("pass", args=[revision.article_id])).status_code == 200
    assert set(Revision.objects.values_list("status", flat=True)) == {"submitted"}
    lines = exported(api(lea), corpus)
    copy = create_corpus(COMMAND, slug="copy", name="Copy")
    outcomes = list(import_records(COMMAND, copy, lines, source="export"))
    assert {outcome.outcome for outcome in outcomes} == {"created"}
    accepted = Annotation.objects.filter(origin="reviewer")
    assert accepted.filter(layer__revision__corpus=copy).count() == (
        accepted.filter(layer__revision__corpus=corpus).count()
    )
    assert [found for found in verify() if isinstance(found, Lie)] == []


@pytest.mark.broker
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the two real articles are not beside the repository")
def test_two_real_pages_go_in_whole_and_their_furniture_carries_no_suggestion(
    transactional_db: None, corpus: Corpus, start_worker: StartProcess
) -> None:
    revisions = put_in_and_let_the_worker_label(corpus, SEEDS, start_worker)
    assert len(revisions) == 2
    for revision in revisions:
        delivered = (SEEDS / revision.article.external_id).read_bytes()
        assert revision.text.encode() == delivered
        furniture = [
            (block.start, block.end) for block in revision.blocks.all() if block.effective_kind == "furniture"
        ]
        assert furniture
        found = list(Annotation.objects.filter(layer__revision=revision))
        assert len(found) > 10
        for annotation in found:
            assert revision.text[annotation.start : annotation.end] == annotation.surface
            assert not any(start < annotation.end and annotation.start < end for start, end in furniture)
    turns = [block for block in revisions[1].blocks.all() if block.kind == "speaker_turn"]
    names = {revisions[1].text[block.name_start : block.name_end] for block in turns if block.name_start}
    assert len(turns) == 12 and len(names) == 3
    assert Layer.objects.count() == 2


def test_the_demo_makes_its_own_secrets_once(transactional_db: None, tmp_path: Path, settings: Any) -> None:
    settings.ATTEST_HOME = tmp_path
    call_command("load_demo", stdout=io.StringIO())
    secrets = {path.name: (path.read_text(), path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    assert {name: mode for name, (_, mode) in secrets.items()} == {
        "initial-password": 0o600,
        "demo-token": 0o600,
    }
    assert User.objects.get().check_password(secrets["initial-password"][0].strip())
    call_command("load_demo", stdout=io.StringIO())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        name: text for name, (text, _) in secrets.items()
    }
    answer = Client(headers={"authorization": f"Bearer {secrets['demo-token'][0].strip()}"}).get(
        reverse("corpora")
    )
    assert [row["slug"] for row in answer.json()["results"]] == ["sample"]
    assert json.loads(answer.content)["results"][0]["role"] == "owner"
