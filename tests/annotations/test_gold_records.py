"""What people settled, what they dispute and who was given what goes out and comes in again whole."""

import copy
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.utils import timezone

from annotations.exchange.fields import RecordRefused
from annotations.exchange.native import read_record
from annotations.models import Annotation, Assignment, Dispute, DisputeStatus
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import give_back, sweep_assignments, take
from annotations.services.settling import Choice, approve_passes, reopen_dispute, settle_dispute
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Event, Revision, User
from corpus.schemes import default_scheme
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, publish_scheme
from corpus.services.ingest import RowOutcome
from tests.annotations.deciding import at, linked, own, say, standing
from tests.annotations.test_exporting import exported, forget_everything, records
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all, gold
from tests.conftest import TEXT, acting, put_in

Record = dict[str, Any]
SHORT = "The bridge will be closed"
REASON: dict[str, Any] = {"reason": "boundary", "note": "Kürzer.", "rule": "R1"}


def lies() -> list[Lie]:
    """Return all lies but missing guards, which `forget_everything` takes away."""
    return [found for found in verify() if isinstance(found, Lie) and found.check != "guards"]


def taken_in(corpus: Corpus, *given: Record) -> list[RowOutcome]:
    return list(import_records(COMMAND, corpus, map(orjson.dumps, given), source="x"))


def differ(revision: Revision, one: User, other: User) -> Dispute:
    """Let two people read a text, the second of whom cuts the end off the first quote."""
    decide_all(one, revision)
    shorter = {"verdict": "correct", "segments": (at(TEXT, SHORT),)}
    decide_all(other, revision, **{"nine weeks": shorter})
    return Dispute.objects.get(revision=revision, status="open")


@pytest.fixture
def settled(suggested: Revision, ada: User, ben: User, cy: User) -> Revision:
    """A text whose dispute was settled, opened again and settled otherwise."""
    settings(suggested.article.corpus, passes=2)
    dispute = differ(suggested, ada, ben)
    settle_dispute(acting(cy), dispute, Choice(take=own(ben, suggested).layer.pk, **REASON), version=1)
    reopen_dispute(acting(cy), dispute, version=2)
    written = Choice(
        label="quote",
        segments=(at(TEXT, "nine weeks"), at(TEXT, "said")),
        attributes={"type": "mixed"},
        **REASON,
    )
    settle_dispute(acting(cy), dispute, written, version=3)
    suggested.refresh_from_db()
    return suggested


@pytest.fixture
def whole(settled: Revision, ada: User, ben: User, cy: User) -> Corpus:
    """A corpus with a settled text and a disputed one, one in each state of the queue, and an amended one."""
    corpus = settled.article.corpus
    disputed = put_in(corpus, TEXT.replace("Ruiz warned", "She warned"), "disputed")
    dropped = put_in(corpus, TEXT.replace("cables", "ropes"), "dropped")
    for number in range(3):
        put_in(corpus, f"Text {number}.", f"t{number}")
    work_jobs("test", limit=10, seconds=30)
    differ(disputed, ada, ben)
    differ(dropped, ada, ben)
    reopen_pass(acting(ben), dropped)
    first, second = (take(acting(ada), corpus) for _ in range(2))
    assert first and second
    give_back(acting(ada), first)
    Assignment.objects.filter(pk=second.pk).update(lease_until=timezone.now())
    sweep_assignments()
    take(acting(cy), corpus)
    put_in(corpus, "Amended.", "t2")
    return corpus


def test_all_goes_out_and_comes_back_byte_by_byte(whole: Corpus) -> None:
    states = set(Assignment.objects.values_list("status", flat=True))
    assert states == {"open", "taken", "submitted", "returned", "expired"}
    assert set(Dispute.objects.values_list("status", flat=True)) == set(DisputeStatus.values)
    before, manifest = exported(whole)
    assert all(manifest["counts"][name] for name in ("settlements", "disputes", "assignments"))
    forget_everything()
    outcomes = list(import_records(COMMAND, whole, before.splitlines(), source="x"))
    assert {(outcome.outcome, outcome.reason) for outcome in outcomes} <= {("created", ""), ("amended", "")}
    assert exported(whole)[0].splitlines() == before.splitlines()
    assert lies() == []
    again = import_records(COMMAND, whole, before.splitlines(), source="x")
    assert {outcome.outcome for outcome in again} == {"unchanged"}
    assert exported(whole)[0] == before


def test_a_copy_has_ids_of_its_own_and_says_the_same(whole: Corpus, settled: Revision, ben: User) -> None:
    given = records(whole)
    corpus = create_corpus(COMMAND, slug="copy", name="Copy")
    # As there: a text whose job has not run waits for it, and where nothing will read it is offered at once.
    activate_pipeline(COMMAND, corpus, "rules")
    assert {outcome.reason for outcome in taken_in(corpus, *given)} == {""}
    twin = Revision.objects.select_related("article").get(corpus=corpus, article__external_id="bridge")
    assert standing(gold(twin)) == standing(gold(settled))
    assert linked(gold(twin)) == linked(gold(settled))
    back = records(corpus)
    for name in ("settlements", "disputes", "assignments"):
        assert [len(row[name]) for row in back] == [len(row[name]) for row in given], name
        assert not {item["id"] for row in back for item in row[name]} & {
            item["id"] for row in given for item in row[name]
        }
    assert [row["status"] for row in back] == [row["status"] for row in given]
    assert lies() == []


def test_what_came_in_disputed_is_settled_there(whole: Corpus, lea: User, ada: User) -> None:
    corpus = create_corpus(COMMAND, slug="copy", name="Copy", owner=lea)
    taken_in(corpus, *records(whole))
    dispute = Dispute.objects.get(corpus=corpus, status="open")
    layer = own(ada, dispute.revision).layer
    settle_dispute(acting(lea), dispute, Choice(take=layer.pk, reason="mistake"), version=1)
    assert Revision.objects.get(pk=dispute.revision_id).status == "gold"
    assert lies() == []


@pytest.mark.parametrize("opened", [False, True])
def test_it_comes_to_a_text_that_stands(settled: Revision, cy: User, opened: bool) -> None:
    if opened:
        reopen_dispute(acting(cy), Dispute.objects.get(), version=4)
    given = records(settled.article.corpus)
    corpus = create_corpus(COMMAND, slug="copy", name="Copy")
    here = put_in(corpus)
    (outcome,) = taken_in(corpus, *given)
    assert (outcome.outcome, outcome.reason, outcome.revision_id) == ("amended", "", here.pk)
    here.refresh_from_db()
    assert here.status == ("disputed" if opened else "gold")
    assert standing(gold(here)) == standing(gold(settled))
    assert Dispute.objects.get(revision=here).status == ("open" if opened else "settled")
    # Its own place in the queue is closed, and no other is taken over.
    assert list(Assignment.objects.filter(revision=here).values_list("status", flat=True)) == ["expired"]
    assert lies() == []


def test_gold_from_elsewhere_does_not_come_to_a_text_in_dispute_here(
    suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    corpus = settings(suggested.article.corpus, passes=2, agreed_is_gold=False)
    dispute = differ(suggested, ada, ben)
    copied = create_corpus(COMMAND, slug="copy", name="Copy")
    assert taken_in(copied, *records(corpus))[0].outcome == "created"
    settle_dispute(acting(cy), dispute, Choice(reject=True, **REASON), version=1)
    (outcome,) = taken_in(copied, *records(corpus))
    assert outcome.outcome == "rejected" and "settling this text here" in outcome.reason
    assert lies() == []


def test_an_approved_pass_comes_back_as_gold(suggested: Revision, ada: User, cy: User) -> None:
    decide_all(ada, suggested)
    approve_passes(acting(cy), suggested)
    copied = create_corpus(COMMAND, slug="copy", name="Copy")
    taken_in(copied, *records(suggested.article.corpus))
    twin = Revision.objects.get(corpus=copied)
    assert twin.status == "gold" and standing(gold(twin)) == standing(own(ada, suggested))
    assert lies() == []


def test_an_imported_article_is_offered_to_people(corpus: Corpus, ada: User) -> None:
    put_in(corpus, "Old.", "a")
    taken_in(corpus, {"external_id": "a", "text": "New."}, {"external_id": "b", "text": "Bread rose."})
    offered = Assignment.objects.filter(status="open").values_list("revision__text", flat=True)
    assert sorted(offered) == ["Bread rose.", "New."]
    # The control: gold needs nobody.
    taken_in(corpus, {"external_id": "c", "text": "Gold.", "layer": "gold", "status": "gold"})
    assert not Assignment.objects.filter(revision__text="Gold.").exists()


def test_events_tell_of_what_came(settled: Revision) -> None:
    copied = create_corpus(COMMAND, slug="copy", name="Copy")
    taken_in(copied, *records(settled.article.corpus))
    told = Event.objects.filter(corpus=copied, action__endswith=".imported").exclude(action="layer.imported")
    assert {(event.action, event.after["count"]) for event in told} == {
        ("assignment.imported", 2), ("dispute.imported", 1),
    }  # fmt: skip


def test_a_label_of_a_retired_scheme_comes_back(revision: Revision, ada: User, corpus: Corpus) -> None:
    say(
        ada, revision, "add", label="quote", segments=(at(TEXT, "nine weeks"),), attributes={"type": "direct"}
    )
    submit_pass(acting(ada), revision)
    fewer = {"labels": [{"name": "claim"}], "relations": []}
    publish_scheme(COMMAND, corpus, definition=fewer, version=1)
    before, _ = exported(corpus)
    forget_everything()
    (outcome,) = import_records(COMMAND, corpus, before.splitlines(), source="x")
    assert (outcome.outcome, outcome.reason) == ("created", "")
    assert exported(corpus)[0] == before
    # A view is judged by the scheme that counts now.
    (view,) = records(corpus, f"reviewer:{ada.public_id}")
    (outcome,) = taken_in(corpus, {**view, "id": None, "external_id": "other"})
    assert outcome.outcome == "rejected" and "no label 'quote'" in outcome.reason
    assert Annotation.objects.count() == 1


# -- hostile ---------------------------------------------------------------------------------------------


def part(field: str, /, **changes: Any) -> Callable[[Record], object]:
    return lambda record: record[field][-1].update(changes)


def own_word(record: Record) -> Record:
    """Return the settlement that the others were brought along by."""
    return next(row for row in record["settlements"] if row["result"] and not row["implied_by"])


HOSTILE: dict[str, Callable[[Record], object]] = {
    "settlements that are words": lambda r: r.update(settlements="all"),
    "an outcome of nobody": part("settlements", outcome="perhaps"),
    "a result in another layer": lambda r: own_word(r).update(
        result=next(row["id"] for row in r["annotations"] if row["layer"] != "gold")),
    "a result on another line": lambda r: own_word(r).update(line=r["id"]),
    "a rejection that leaves something": lambda r: own_word(r).update(outcome="rejected"),
    "an agreement on nothing": lambda r: own_word(r).update(result=None),
    "a version that leaves a gap": part("settlements", version=7),
    "a settlement twice": lambda r: r["settlements"].append(r["settlements"][-1]),
    "a settlement of no dispute": part("settlements", dispute="0" * 32),
    "a settlement brought along by a stranger": part("settlements", implied_by="0" * 32),
    "a settlement at no time": part("settlements", at=None),
    "a settlement by no id": part("settlements", settled_by="ada"),
    "a rule longer than its column": part("settlements", rule="x" * 65),
    "a note that is a number": part("settlements", note=7),
    "a guideline below none": part("settlements", guideline=-1),
    "settlements without gold": lambda r: r.update(
        layers=[row for row in r["layers"] if row["name"] != "gold"],
        annotations=[row for row in r["annotations"] if row["layer"] != "gold"],
        relations=[row for row in r["relations"] if row["layer"] != "gold"]),
    "a dispute past its text": part("disputes", start=10_000),
    "a dispute in no state": part("disputes", status="forgotten"),
    "a dispute of a machine": lambda r: r["disputes"][0]["positions"][0].update(layer="machine:rules@1"),
    "a dispute over another's words": lambda r: r["disputes"][0]["positions"][0].update(
        annotation=r["disputes"][0]["positions"][1]["annotation"]),
    "a dispute on no line": part("disputes", line=None),
    "differences that are words": part("disputes", differences="content"),
    "a dispute that was never opened": part("disputes", opened_at=None),
    "a dispute of version 0": part("disputes", version=0),
    "a dispute twice": lambda r: r["disputes"].append(r["disputes"][0]),
    "an assignment in no state": part("assignments", status="lost"),
    "an assignment of nobody": part("assignments", reviewer=None),
    "an assignment of no pass": part("assignments", number=0),
    "an assignment beyond the column": part("assignments", number=2**15),
    "an assignment without a lease": part("assignments", status="taken", lease_until=None),
    "an assignment of no rank": part("assignments", rank="first"),
    "a submitted assignment without its layer": part("assignments", reviewer="0" * 32),
    "one pass of two people": part("assignments", number=1),
    "two passes of one person": lambda r: r["assignments"].append(
        {**r["assignments"][-1], "id": None, "number": 3}),
    "an open assignment of a superseded text": lambda r: (
        r.update(current=False), r["assignments"].append({"number": 3, "status": "open"})),
}  # fmt: skip


def test_a_hostile_record_is_refused_whole(settled: Revision) -> None:
    (record,) = records(settled.article.corpus)
    assert read_record(record, default_scheme()).settlements
    for kind, spoil in HOSTILE.items():
        bad = copy.deepcopy(record)
        spoil(bad)
        with pytest.raises(RecordRefused):
            read_record(bad, default_scheme())
            pytest.fail(kind)
