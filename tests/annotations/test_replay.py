"""Replaying the events gives what the tables hold, and what they held at any moment before."""

import contextlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from annotations.models import Annotation, Assignment, Dispute, Layer, LayerKind, Relation, Review, Settlement
from annotations.services.jobs import work_jobs
from annotations.services.reading import LayerView, read_layers
from annotations.services.replay import differences, replay
from corpus.models import Block, Corpus, Event, Revision, User
from corpus.services.errors import ServiceError
from corpus.services.revisions import set_block_kind
from corpus.triggers import remove
from tests.annotations.deciding import at, own, say, suggestion
from tests.annotations.replaying import empty, tables, write_back
from tests.annotations.test_exporting import drop_rows, worked_on  # noqa: F401 - the fixture
from tests.annotations.test_gold_records import settled, whole  # noqa: F401 - the fixtures
from tests.annotations.test_verifying import first_of, set_first
from tests.conftest import GUARDS, TEXT, acting, put_in

Standing = dict[str, set[tuple[Any, ...]]]


def found(corpus: Corpus) -> list[str]:
    return [message for _, messages in differences(corpus) for message in messages]


def told(corpus: Corpus, until: Any = None) -> Standing:
    views = [view for one in replay(corpus, until=until) for view in one.views.values()]
    return {str(view.layer.pk): what_stands(view) for view in views if what_stands(view)}


def held(corpus: Corpus) -> Standing:
    layers = Layer.objects.filter(revision__corpus=corpus).exclude(kind=LayerKind.MACHINE)
    views = read_layers(list(layers))
    return {str(view.layer.pk): what_stands(view) for view in views if what_stands(view)}


def what_stands(view: LayerView) -> set[tuple[Any, ...]]:
    rows = {(row.pk, row.label, view.segments_of(row), str(row.attributes)) for row in view.standing.values()}
    return rows | {(link.pk, link.label, *view.end_lines(link)) for link in view.links.values()}


def test_the_tables_are_what_the_events_tell(worked_on: Corpus) -> None:  # noqa: F811
    assert found(worked_on) == []
    assert told(worked_on) == held(worked_on) != {}
    assert not any(one.untold for one in replay(worked_on))


def test_gold_is_what_the_events_tell(settled: Revision) -> None:  # noqa: F811
    corpus = settled.article.corpus
    assert found(corpus) == []
    assert told(corpus) == held(corpus)
    gold = Layer.objects.get(revision=settled, kind=LayerKind.GOLD)
    assert told(corpus)[str(gold.pk)], "the control"


def test_it_goes_back_to_any_moment(suggested: Revision, ada: User) -> None:
    corpus, quote = suggested.article.corpus, suggestion(suggested, "nine weeks")
    acts: list[dict[str, Any]] = [
        {"verdict": "accept"},
        {"verdict": "correct", "segments": (at(TEXT, "The bridge will be closed"),)},
        {"verdict": "correct", "links": {"source": []}},
        {"verdict": "retract"},
        {"verdict": "reject", "reason": "not_a_quote"},
        {"verdict": "accept"},
    ]
    was: list[tuple[Any, Standing]] = []
    for version, words in enumerate(acts):
        say(ada, suggested, words.pop("verdict"), quote.pk, version=version, **words)
        was.append((Review.objects.order_by("-at").values_list("at", flat=True)[0], held(corpus)))
    assert len({str(state) for _, state in was}) > 4, "the control: they differ"
    for moment, state in was:
        assert told(corpus, moment) == state
    assert told(corpus, suggested.created_at) == {}


def test_all_that_was_decided_by_chance_is_told(suggested: Revision, ada: User, ben: User) -> None:
    """Decisions on everything, several times over and in several ways, with what they bring along."""
    corpus = suggested.article.corpus
    for user, ways in ((ada, ("accept", "reject", "correct")), (ben, ("skip", "accept", "retract"))):
        for turn in range(3):
            layer = Layer.objects.filter(reviewer=user)
            versions = read_layers(list(layer))[0].versions if layer else {}
            for number, row in enumerate(Annotation.objects.filter(origin="machine").order_by("start", "pk")):
                verdict = ways[(number + turn) % 3]
                words: dict[str, Any] = {"reason": "other"} if verdict == "reject" else {}
                if verdict == "correct":
                    words = {"segments": ((row.start, row.end - 1),)}
                with contextlib.suppress(ServiceError):
                    say(user, suggested, verdict, row.pk, version=versions.get(row.root, 0), **words)
    assert Review.objects.filter(implied_by__isnull=False).count() > 5, "the control"
    assert found(corpus) == [] and told(corpus) == held(corpus)


def test_replayed_into_emptied_tables_the_events_give_the_same_tables(
    whole: Corpus,  # noqa: F811
    ada: User,
) -> None:
    other = put_in(whole, external_id="second")
    work_jobs("test", limit=10, seconds=30)
    pieces = (at(TEXT, "two of its cables"), at(TEXT, "a third of their strength"))
    say(ada, other, "add", label="quote", segments=pieces, attributes={"type": "indirect"}, note="words")
    say(ada, other, "accept", suggestion(other, "nine weeks").pk)
    set_block_kind(acting(ada), Block.objects.filter(revision=other)[0], "caption")
    before = tables(whole)
    assert all(before.values()), "the control: there is something of everything"
    assert {row["status"] for row in before["assignments"]} >= {"taken", "submitted", "returned"}
    assert {row["status"] for row in before["disputes"]} >= {"open", "settled", "dropped"}
    with connection.constraint_checks_disabled():
        empty(whole)
        left = tables(whole)
        assert {row["status"] for row in left.pop("statuses")} == {"superseded"} and not any(left.values())
        write_back(whole)
    assert tables(whole) == before
    assert found(whole) == [] and not any(one.untold_count() for one in replay(whole))


DAMAGE: dict[str, Any] = {
    "a changed label": lambda: set_first(Annotation, {"label": "cue"}, origin="reviewer", label="quote"),
    "a moved span": lambda: set_first(Annotation, {"start": 0, "end": 3}, origin="reviewer"),
    "a changed attribute": lambda: set_first(Annotation, {"attributes": {"type": "x"}}, origin="reviewer"),
    "a relation that leads elsewhere": lambda: set_first(
        Relation, {"child": first_of(Annotation, origin="machine")}, origin="reviewer"
    ),
    "a changed verdict": lambda: set_first(Review, {"verdict": "skip"}, verdict="reject"),
    "a changed reason": lambda: set_first(Review, {"reason": "other"}, verdict="reject"),
    "a changed time": lambda: set_first(Review, {"at": timezone.now()}, verdict="reject"),
    "another's decision": lambda: set_first(
        Layer, {"reviewer": User.objects.get(username="owen")}, kind="reviewer"
    ),
    "a changed guideline": lambda: set_first(Review, {"guideline": 7}, verdict="reject"),
    "suggestions said to be hidden": lambda: set_first(Review, {"suggestions_shown": False}, verdict="add"),
    "a lost review": lambda: drop_rows(Review.objects.filter(verdict="skip")),
    "an event that tells otherwise": lambda: set_first(
        Event, {"reason": "other"}, action="review.reject", reason="not_a_quote"
    ),
    "a lost event": lambda: drop_rows(Event.objects.filter(action="review.skip")),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_the_tables_hold_otherwise_is_found(worked_on: Corpus, kind: str) -> None:  # noqa: F811
    remove(GUARDS, connection)
    with connection.constraint_checks_disabled():
        DAMAGE[kind]()
    assert found(worked_on), kind


OF_PASSES: dict[str, Any] = {
    "revision": lambda: set_first(Revision, {"status": "in_review"}, status="disputed"),
    "superseded": lambda: set_first(Revision, {"status": "superseded", "current": False}, status="gold"),
    "holder": lambda: set_first(Assignment, {"reviewer": somebody_else()}, status="taken"),
    "number": lambda: set_first(Assignment, {"number": 8}, status="submitted"),
    "state": lambda: set_first(Assignment, {"status": "expired"}, status="returned"),
    "taken": lambda: set_first(Assignment, {"taken_at": timezone.now()}, status="submitted"),
    "ended": lambda: set_first(Assignment, {"ended_at": timezone.now()}, status="submitted"),
    "lost": lambda: drop_rows(Assignment.objects.filter(status="returned")),
    "untold": lambda: set_first(Assignment, {"reviewer": somebody_else()}, reviewer=None),
    "began": lambda: set_first(Layer, {"created_at": timezone.now()}, kind="reviewer"),
    "gold": lambda: set_first(Layer, {"created_at": timezone.now()}, kind="gold"),
    "ended pass": lambda: set_first(Layer, {"submitted_at": timezone.now()}, submitted_at__isnull=False),
    "open pass": lambda: set_first(Layer, {"submitted_at": None}, submitted_at__isnull=False),
    "dispute": lambda: set_first(Dispute, {"status": "settled"}, status="open"),
    "position": lambda: set_first(Dispute, {"positions": []}, status="open"),
    "version": lambda: set_first(Dispute, {"version": 9}, status="settled"),
    "no dispute": lambda: drop_rows(Dispute.objects.filter(status="open")),
    "block": lambda: set_first(Block, {"kind_set": "body"}, kind_set__isnull=False),
    "blocks": lambda: set_first(Block, {"kind_set": "body"}, kind_set__isnull=True),
    "event": lambda: drop_rows(Event.objects.filter(action="assignment.returned")),
}


def somebody_else() -> User:
    return User.objects.get(username="owen")


def test_what_is_otherwise_of_passes_disputes_statuses_and_blocks_is_found(
    whole: Corpus,  # noqa: F811
    ada: User,
) -> None:
    set_block_kind(acting(ada), Block.objects.filter(revision__corpus=whole)[0], "caption")
    assert found(whole) == [], "the control"
    connection.check_constraints()
    remove(GUARDS, connection)
    for kind, damage in OF_PASSES.items():
        with contextlib.suppress(Undone), transaction.atomic():
            damage()
            assert found(whole), kind
            raise Undone
    assert found(whole) == []


class Undone(Exception):
    """Takes a damage back."""


def test_moves_from_before_their_events_told_enough_are_counted_and_accuse_nobody(
    whole: Corpus,  # noqa: F811
) -> None:
    remove(GUARDS, connection)
    old = Q(action__startswith="assignment.") | Q(action__startswith="dispute.")
    Event.objects.filter(old).update(after=None)
    for event in Event.objects.filter(action="pass.submitted"):
        after = {key: event.after[key] for key in ("standing", "shown")}
        Event.objects.filter(pk=event.pk).update(after=after)
    Layer.objects.filter(submitted_at__isnull=False).update(created_at=timezone.now())
    Assignment.objects.filter(status="submitted").update(ended_at=timezone.now())
    assert found(whole) == []
    kinds = {told.split()[0] for one in replay(whole) for told in one.moves.untold}
    assert kinds == {"assignment", "dispute"}


def test_a_changed_settlement_is_found(settled: Revision) -> None:  # noqa: F811
    remove(GUARDS, connection)
    set_first(Settlement, {"outcome": "merged"}, outcome="taken", result__isnull=False)
    assert "as (" in found(settled.article.corpus)[0]


def test_events_that_do_not_tell_everything_are_counted_and_accuse_nobody(
    suggested: Revision, ada: User
) -> None:
    """As those are that were written before events told of what was written."""
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    remove(GUARDS, connection)
    event = Event.objects.get(action="review.accept")
    Event.objects.filter(pk=event.pk).update(after={"verdict": "accept", "version": 1})
    assert found(suggested.article.corpus) == []
    assert [one.untold for one in replay(suggested.article.corpus)] == [{None}]


def test_no_event_has_a_word_of_a_text(settled: Revision) -> None:  # noqa: F811
    events = Event.objects.filter(subject_id=settled.pk)
    told = json.dumps(list(events.values_list("before", "after", "versions")), ensure_ascii=False)
    words = {word for word in TEXT.split() if len(word) > 5 and word.isalpha()}
    assert len(words) > 5 and not [word for word in words if word in told]


def test_the_command(worked_on: Corpus, tmp_path: Path, ada: User, suggested: Revision) -> None:  # noqa: F811
    out = StringIO()
    call_command("replay", "--corpus", worked_on.slug, stdout=out)
    assert out.getvalue() == "The tables are what the events tell, in 6 texts\n"
    file = tmp_path / "state.jsonl"
    call_command("replay", "--corpus", worked_on.slug, "--output", str(file), stdout=out)
    records = [json.loads(line) for line in file.read_text().splitlines()]
    (hers,) = (each for each in records if each["layer"] == str(own(ada, suggested).layer.pk))
    layer = own(ada, suggested).layer
    assert (hers["status"], hers["created_at"]) == ("in_review", layer.created_at.isoformat())
    surfaces = [each["surface"] for each in hers["annotations"]]
    assert "two of its cables … a third of their strength" in surfaces
    call_command(
        "replay", "--corpus", worked_on.slug, "--output", str(file), "--until", "2020-01-01", stdout=out
    )
    assert file.read_text() == ""
    for wrong in (["--until", "x", "--output", str(file)], ["--until", "2020-01-01"]):
        with pytest.raises(CommandError):
            call_command("replay", "--corpus", worked_on.slug, *wrong)
    remove(GUARDS, connection)
    set_first(Review, {"verdict": "skip"}, verdict="reject")
    with pytest.raises(SystemExit):
        call_command("replay", "--corpus", worked_on.slug, "--json", stdout=out)
