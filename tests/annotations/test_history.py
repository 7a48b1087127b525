"""A line's history: who changed this span, from what, when, why, under which guideline and version."""

import json
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Annotation, Dispute, Settlement
from annotations.services.history import Step, history_body, line_history
from annotations.services.importing import import_records
from annotations.services.settling import Choice, WrittenEnd, reopen_dispute, settle_dispute
from bench.work import plan_of
from corpus.models import Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import publish_guideline
from corpus.services.errors import NotFound
from corpus.services.events import seal_events
from tests.annotations.deciding import at, own, say, standing, suggestion
from tests.annotations.test_exporting import exported, forget_everything
from tests.annotations.test_gold_records import differ
from tests.annotations.test_queue import settings
from tests.conftest import TEXT, acting

SHORT = "The bridge will be closed"


def acts(steps: tuple[Step, ...]) -> list[str]:
    return [step.act for step in steps]


def steps_of(row: Annotation, user: User | None = None) -> tuple[Step, ...]:
    return line_history(acting(user) if user else COMMAND, row.pk).steps


def test_it_tells_who_changed_it_from_what_why_and_under_what(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    publish_guideline(COMMAND, suggested.corpus, text="R1. Shorter.", version=1)
    say(ada, suggested, "correct", quote.pk, version=1, segments=(at(TEXT, SHORT),), note="shorter")
    say(ada, suggested, "retract", quote.pk, version=2)
    say(ada, suggested, "reject", quote.pk, version=3, reason="not_a_quote")
    steps = steps_of(quote)
    assert acts(steps) == ["suggested", "accept", "correct", "retract", "reject"]
    machine, accepted, corrected, retracted, rejected = steps
    assert machine.details["score"] == quote.score and machine.reason == quote.reason
    assert machine.details["job"] and machine.event and machine.event.action == "layer.landed"
    assert machine.pipeline and machine.pipeline.startswith("rules@")
    assert {step.pipeline for step in steps} == {machine.pipeline}
    assert [step.person for step in steps[1:]] == [ada] * 4
    assert [step.guideline for step in steps[1:]] == [1, 2, 2, 2]
    assert accepted.before == machine.after
    assert corrected.before == accepted.after != corrected.after
    assert corrected.after and corrected.after.surface == SHORT and corrected.note == "shorter"
    assert (retracted.before, retracted.after) == (corrected.after, None)
    assert (rejected.before, rejected.after, rejected.reason) == (machine.after, None, "not_a_quote")
    assert all(step.event and step.event.action == f"review.{step.act}" for step in steps[1:])
    assert all(step.details["suggestions_shown"] for step in steps[1:])
    assert [each["of"] for each in accepted.details["brought"]].count("relation") == 2


def test_any_annotation_of_the_line_leads_to_all_of_it(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    accepted = next(row for row in own(ada, suggested).standing.values() if row.root == quote.root)
    assert (
        history_body(line_history(COMMAND, accepted.pk))["steps"]
        == (history_body(line_history(COMMAND, quote.pk))["steps"])
    )


def test_what_came_along_names_what_brought_it(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    receipt = say(ada, suggested, "accept", quote.pk)
    source = suggestion(suggested, "Ana Ruiz", "attribution")
    _, brought = steps_of(source)
    assert brought.act == "accept"
    assert brought.details["implied_by"]["review"] == receipt["review"]
    assert brought.event and brought.event.object_id == receipt["review"], "the event of what brought it"


def test_disputes_and_what_was_settled_are_told(suggested: Revision, ada: User, ben: User, cy: User) -> None:
    settings(suggested.article.corpus, passes=2)
    dispute = differ(suggested, ada, ben)
    quote = suggestion(suggested, "nine weeks")
    taken = Choice(take=own(ben, suggested).layer.pk, reason="boundary", note="Shorter.", rule="R1")
    settle_dispute(acting(cy), dispute, taken, version=1)
    reopen_dispute(acting(cy), dispute, version=2)
    anew = Choice(
        label="quote",
        segments=(at(TEXT, "The bridge will be"),),
        attributes={"type": "direct"},
        links={"source": [WrittenEnd(label="attribution", segments=(at(TEXT, "Ana Ruiz"),))]},
        reason="other",
    )
    settle_dispute(acting(cy), dispute, anew, version=3)
    steps = steps_of(quote)
    assert acts(steps) == [
        "suggested", "accept", "correct", "dispute.opened", "settled", "dispute.reopened", "settled",
    ]  # fmt: skip
    first, last = (step for step in steps if step.act == "settled")
    assert (first.person, first.reason, first.note, first.details["rule"]) == (
        cy,
        "boundary",
        "Shorter.",
        "R1",
    )
    assert first.before == steps[2].after and first.after and first.after.surface == SHORT
    assert (last.details["outcome"], last.before) == ("written", None)
    assert last.after and last.after.surface == "The bridge will be"
    assert all(step.event and step.event.action == "gold.settled" for step in (first, last))
    written = Settlement.objects.get(outcome="written", implied_by=None).result
    assert written and acts(steps_of(written)) == acts(steps)


def test_a_line_of_one_pass_tells_of_the_dispute_that_bears_anothers_name(
    suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    settings(suggested.article.corpus, passes=2)
    dispute = differ(suggested, ada, ben)
    other = next(row for row in own(ada, suggested).annotations.values() if row.label == "claim")
    assert str(other.pk) not in str(dispute.positions), "the control"
    assert "dispute.opened" not in acts(steps_of(other))
    # As where two people add a thing of their own: the dispute has the line of one of them.
    position = {"layer": str(other.layer_id), "annotation": str(other.pk)}
    Dispute.objects.filter(pk=dispute.pk).update(positions=[*dispute.positions, position])
    settle_dispute(acting(cy), dispute, Choice(reject=True, reason="other"), version=1)
    told = acts(steps_of(other))
    assert told.count("dispute.opened") == 1 and told.count("settled") == 2


def test_what_was_imported_keeps_its_history(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    before = [(step.at, step.act, step.after) for step in steps_of(quote)]
    lines, _ = exported(suggested.article.corpus)
    forget_everything()
    list(import_records(COMMAND, suggested.article.corpus, lines.splitlines(keepends=True), source="x"))
    after = steps_of(Annotation.objects.get(pk=quote.pk))
    assert [(step.at, step.act, step.after) for step in after][1:] == before[1:]
    assert [step.event.action for step in after if step.event] == ["layer.imported"]


def test_what_was_imported_without_a_decision_is_told_too(corpus: Corpus, ada: User) -> None:
    record: dict[str, Any] = {
        "external_id": "came", "text": "“We will sail,” said Bo.", "layer": "all",
        "layers": [{"name": "gold"}],
        "annotations": [{"label": "quote", "segments": [[0, 14]], "layer": "gold"}],
    }  # fmt: skip
    (outcome,) = import_records(COMMAND, corpus, [orjson.dumps(record)], source="file")
    assert outcome.outcome == "created", outcome
    (step,) = steps_of(Annotation.objects.get())
    assert (step.act, step.before) == ("imported", None)
    assert step.after and step.after.segments == ((0, 14),)


def test_all_segments_are_told(suggested: Revision, ada: User) -> None:
    pieces = (at(TEXT, "two of its cables"), at(TEXT, "a third of their strength"))
    say(ada, suggested, "add", label="quote", segments=pieces, attributes={"type": "indirect"})
    broken = next(row for row in own(ada, suggested).standing.values() if row.label == "quote")
    (step,) = steps_of(broken)
    assert step.act == "add" and step.pipeline is None and step.before is None
    assert step.after and step.after.segments == pieces
    assert ("quote", step.after.surface.split(" … ")[0]) in standing(own(ada, suggested))


def test_the_command_tells_it_to_people_and_to_programs(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "correct", quote.pk, segments=(at(TEXT, SHORT),), note="shorter")
    out = StringIO()
    call_command("history", str(quote.pk), stdout=out)
    first, second = out.getvalue().splitlines()
    assert "suggested" in first and "rules@" in first
    assert f"{ada}: correct" in second and f"{SHORT!r}" in second and "guideline 1" in second
    out = StringIO()
    call_command("history", str(quote.pk), "--json", stdout=out)
    assert json.loads(out.getvalue()) == history_body(line_history(COMMAND, quote.pk))
    with pytest.raises(CommandError, match="no such annotation"):
        call_command("history", str(suggested.pk))


def test_a_stranger_and_whoever_may_not_see_the_layer_get_nothing(
    suggested: Revision, ada: User, ben: User, dee: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    hers = next(row for row in own(ada, suggested).standing.values() if row.root == quote.root)
    for who, row in ((dee, quote), (ben, hers)):
        with pytest.raises(NotFound):
            steps_of(row, who)
    assert acts(steps_of(quote, ben)) == ["suggested"]
    assert acts(steps_of(hers, ada)) == ["suggested", "accept"]


# -- cost ----------------------------------------------------------------------------------------------------


def queries_for(row: Annotation) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        line_history(COMMAND, row.pk)
    return [query["sql"] for query in captured.captured_queries]


def test_it_takes_as_many_queries_however_much_happened(
    suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    settings(suggested.article.corpus, passes=2)
    quote = suggestion(suggested, "nine weeks")
    differ(suggested, ada, ben)
    few = len(queries_for(quote))
    for version in (1, 3, 5):
        dispute = Dispute.objects.get()
        settle_dispute(acting(cy), dispute, Choice(reject=True, reason="other"), version=version)
        reopen_dispute(acting(cy), Dispute.objects.get(), version=version + 1)
    assert len(steps_of(quote)) > 9
    assert few == len(queries_for(quote)) <= 13


@pytest.fixture
def without_cheap_scans() -> None:
    """Let PostgreSQL plan as for a large table: it reads a small one from its first to its last row."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")


def scans(plan: list[str], table: str) -> list[str]:
    """Return the steps of a plan that read a whole table: without a condition, where there is an index."""
    whole = [step for step in plan if step.lstrip().startswith(("SCAN ", "->  Seq Scan", "Seq Scan"))]
    return [step for step in whole if table in step]


@pytest.mark.parametrize("table", ["corpus_event", "annotations_annotation", "annotations_review"])
def test_no_table_that_grows_is_read_whole(
    suggested: Revision, ada: User, ben: User, cy: User, without_cheap_scans: None, table: str
) -> None:
    settings(suggested.article.corpus, passes=2)
    dispute = differ(suggested, ada, ben)
    settle_dispute(acting(cy), dispute, Choice(reject=True, reason="other"), version=1)
    seal_events()
    plans = [plan_of(query) for query in queries_for(suggestion(suggested, "nine weeks"))]
    assert not [found for plan in plans for found in scans(plan, table)]
    assert any(table in step for plan in plans for step in plan), "the control: it is read at all"


def test_a_scan_would_be_noticed(suggested: Revision, without_cheap_scans: None) -> None:
    by_request = str(Event.objects.filter(reason="x").order_by().only("id").query).replace("= x", "= 'x'")
    assert scans(plan_of(by_request), "corpus_event")
