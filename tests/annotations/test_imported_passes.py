"""Passes that came along with their texts, and what the queue then still asks for."""

from typing import Any

import orjson
import pytest

from annotations.models import Assignment
from annotations.services.filling import refill_changed_queues
from annotations.services.importing import import_records
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import hand_over, take
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from corpus.services.errors import BadInput
from tests.annotations.test_exporting import records
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all
from tests.conftest import acting, put_in

pytestmark = pytest.mark.django_db


def created(corpus: Corpus, *given: dict[str, Any]) -> bool:
    found = import_records(COMMAND, corpus, [orjson.dumps(record) for record in given], source="file")
    return [outcome.outcome for outcome in found] == ["created"]


def test_a_pass_that_came_along_is_not_offered_to_its_own_person(
    corpus: Corpus, ada: User, ben: User
) -> None:
    record = {
        "external_id": "came",
        "text": "“We will sail,” said Bo.",
        "layer": "all",
        "layers": [{"name": f"reviewer:{ada.public_id}", "submitted_at": "2026-01-01T00:00:00Z"}],
        "annotations": [],
    }
    corpus = settings(corpus, passes=2)
    assert created(corpus, record)
    assert take(acting(ada), corpus) is None
    waiting = Assignment.objects.get(status="open")
    with pytest.raises(BadInput, match="has a pass over this text already"):
        hand_over(COMMAND, waiting, ada)
    assert take(acting(ben), corpus) == waiting


def test_a_text_gets_the_passes_that_are_asked_for_here(suggested: Revision, ada: User, ben: User) -> None:
    settings(suggested.article.corpus, passes=1)
    decide_all(ada, suggested)
    corpus = create_corpus(COMMAND, slug="copy", name="Copy")
    set_member(COMMAND, corpus, ben, "reviewer")
    corpus = settings(corpus, passes=2)
    refill_changed_queues()
    assert created(corpus, *records(suggested.article.corpus))
    given = take(acting(ben), corpus)
    assert given and given.revision.article.external_id == suggested.article.external_id


def test_a_text_whose_job_waited_there_is_offered_where_no_pipeline_reads(corpus: Corpus, ada: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    put_in(corpus)
    other = create_corpus(COMMAND, slug="other", name="Other")
    set_member(COMMAND, other, ada, "reviewer")
    refill_changed_queues()
    assert created(other, *records(corpus))
    assert take(acting(ada), other)
