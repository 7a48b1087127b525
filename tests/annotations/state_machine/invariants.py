"""What always holds, whoever did what: looked at after each step that wrote something."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection
from hypothesis.stateful import invariant

from annotations.agreement import compare
from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Export,
    Job,
    Layer,
    LayerKind,
    QueueState,
    Review,
    Verdict,
)
from annotations.models.jobs import OPEN_JOBS
from annotations.models.queue import ASSIGNMENT_MOVES, HELD
from annotations.services.comparing import units_of
from annotations.services.exports import open_file
from annotations.services.opening import READY, passes_of
from annotations.services.recalls import open_recalls, still_reviewing
from annotations.services.replay import differences
from annotations.services.verifying import Progress, checks
from corpus.models import Article, Corpus, Event
from corpus.services.corpora import scheme_of
from tests.annotations.state_machine.contents import content_of
from tests.annotations.state_machine.remembering import Remembered
from tests.annotations.state_machine.room import Found, Held, Room

#: The statuses of texts that wait for people.
WAITING = ("new", "suggested", "in_review", "submitted")


class Invariants(Room):
    @invariant()
    def everything_holds(self) -> None:
        """Look unless the rows are those of the last look: what was refused or taken back changed none."""
        if self.states.number != self.held.number:
            self.look()
        if self.states.number == self.world.beginning:
            self.world.found, self.world.held = self.found, self.held
            self.world.remembered = Remembered(self.remembered)

    def teardown(self) -> None:
        """Run every check once more at the end of an example that came to its end, whatever was written."""
        try:
            if sys.exc_info()[0] is None:
                self.remembered = Remembered()
                self.look()
        finally:
            super().teardown()

    def look(self) -> None:
        found = self.find()
        self.nothing_lies()
        self.what_stands_is_whole_and_within_the_scheme(found)
        self.nothing_outlives_the_decision_that_brought_it_along(found)
        self.gold_is_what_was_agreed_and_settled(found)
        self.statuses_and_disputes_agree(found)
        self.nothing_waits_for_nobody(found)
        self.every_move_follows_from_the_one_before(found)
        self.no_kept_file_holds_what_is_erased()
        suggestions, layers = self.suggestions_never_change(found)
        assignments = self.statuses_and_assignments_agree(found)
        self.held = Held(found.number, suggestions, layers, assignments)

    def nothing_lies(self) -> None:
        connection.check_constraints()
        for check in self.checks():
            self.passes(check)

    def checks(self) -> Iterator[partial[Any]]:
        """Yield what follows from the tables alone: every check of `verify`, and what the events tell."""
        yield from checks(DEFAULT_DB_ALIAS)
        for pk in Corpus.objects.values_list("pk", flat=True):
            yield partial(contradictions, pk)
        yield partial(mixed_with_the_planted)

    def passes(self, check: partial[Any]) -> None:
        """See that a check finds no lie, by what is remembered of it where that says enough."""
        key = (check.func, repr(check.args), repr(check.keywords))
        self.remembered.passes(key, lambda: no_lies(check))

    def no_kept_file_holds_what_is_erased(self) -> None:
        kept = list(Export.objects.filter(file="kept"))
        if not kept:
            return
        erased = {str(pk) for pk in Article.objects.exclude(erased_at=None).values_list("pk", flat=True)}
        for export in kept:
            with open_file(export) as file:
                rows = [orjson.loads(line) for line in file]
            assert not [row for row in rows if row["id"] in erased and row["text"]]

    def what_stands_is_whole_and_within_the_scheme(self, found: Found) -> None:
        scheme = scheme_of(self.corpus.pk)
        for view in found.own_views:
            for relation in view.links.values():
                head, child = (view.standing[line] for line in view.end_lines(relation))
                scheme.check_relation(relation.label, head.label, child.label)
            assert all(view.standing[line].root == line for line in view.standing)
            pairs = [(row.label, *view.end_lines(row)) for row in view.links.values()]
            assert view.layer.kind == "machine" or len(pairs) == len(set(pairs)), "a link stands twice"

    def nothing_outlives_the_decision_that_brought_it_along(self, found: Found) -> None:
        for view in found.own_views:
            retracted = {review.retracts_id for review in view.reviews}
            newest: dict[UUID, Review] = {}
            for review in sorted(view.reviews, key=lambda row: row.version):
                own_act = review.implied_by_id is None and review.verdict != Verdict.RETRACT
                if own_act and review.pk not in retracted:
                    newest[review.line] = review
            in_effect = {review.pk for review in newest.values()}
            brought = {review.implied_by_id for review in view.counting.values()} - {None}
            assert brought <= in_effect, "it was replaced, and what it brought along still counts"

    def suggestions_never_change(
        self, found: Found
    ) -> tuple[dict[UUID, tuple[Any, ...]], dict[UUID, set[UUID]]]:
        """Return what the machines' annotations say, and which each of their layers has.

        But for their words and reasons, which erasing empties.
        """
        machines = [view for view in found.views if view.layer.kind == LayerKind.MACHINE]
        suggestions = {pk: said_by(row) for view in machines for pk, row in view.annotations.items()}
        layers = {view.layer.pk: set(view.annotations) for view in machines}
        assert suggestions.items() >= self.held.suggestions.items()
        assert all(layers[pk] == held for pk, held in self.held.layers.items())
        return suggestions, layers

    def gold_is_what_was_agreed_and_settled(self, found: Found) -> None:
        for view in found.own_views:
            if view.layer.kind != LayerKind.GOLD:
                continue
            held = self.gold.get(view.layer.revision_id, {}).values()
            heads = {(one.label, one.segments) for one in held}
            ends = {(label, segments) for one in held for _, label, segments in one.ends}
            links = {
                (name, (one.label, one.segments), (label, segments))
                for one in held
                for name, label, segments in one.ends
            }
            named = {line: (row.label, view.segments_of(row)) for line, row in view.standing.items()}
            standing = {content_of(view, row)[:3] for row in view.standing.values()}
            assert set(named.values()) == heads | ends
            assert {(row.label, *map(named.get, view.end_lines(row))) for row in view.links.values()} == links
            assert {one[:3] for one in held} <= standing

    def statuses_and_assignments_agree(self, found: Found) -> dict[UUID, str]:
        """Return the statuses of the assignments."""
        rows = list(Assignment.objects.filter(corpus=self.corpus))
        for row in rows:
            text = found.revisions[row.revision_id]
            offered = text.status in WAITING and not text.article.erased_at
            assert row.status != "open" or offered, "what is offered waits for people"
        submitted = {(row.revision_id, row.reviewer_id) for row in rows if row.status == "submitted"}
        passes = [view.layer for view in found.own_views if view.layer.submitted_at]
        assert submitted == {(layer.revision_id, layer.reviewer_id) for layer in passes}
        now = {row.pk: row.status for row in rows}
        for pk, before in self.held.assignments.items():
            assert now[pk] == before or now[pk] in within_two_moves(before)
        return now

    def statuses_and_disputes_agree(self, found: Found) -> None:
        disputed = set(Dispute.objects.filter(status="open").values_list("revision_id", flat=True))
        texts = [text for text in found.revisions.values() if not text.article.erased_at]
        assert disputed == {text.pk for text in texts if text.status == "disputed"}

    def nothing_waits_for_nobody(self, found: Found) -> None:
        """Once the sweeper was there, what is asked for is offered or held, and what differs is disputed."""
        corpus = Corpus.objects.get(pk=self.corpus.pk)
        if not QueueState.objects.filter(
            corpus=corpus, version=corpus.version, filled=True, again=False
        ).exists():
            return
        rows = Assignment.objects.filter(corpus=corpus)
        held = set(rows.filter(status__in=HELD).values_list("revision_id", "number"))
        offered = set(rows.filter(status="open").values_list("revision_id", "number"))
        made = set(rows.filter(status="submitted").values_list("revision_id", "number"))
        in_hand = set(rows.filter(status="taken").values_list("revision_id", flat=True))
        jobs = Job.objects.values_list("revision_id", flat=True)
        at_work, parked = set(jobs.filter(status__in=OPEN_JOBS)), set(jobs.filter(status="parked"))
        recalls = list(open_recalls().filter(still_reviewing()).select_related("layer"))
        asked_again = {recall.layer.revision_id for recall in recalls}
        people = {(recall.layer.revision_id, recall.reviewer_id) for recall in recalls}
        last = {(row.revision_id, row.reviewer_id): row for row in rows.order_by("id")}
        kept = {(pk, last[pk, who].number) for pk, who in people if last[pk, who].status == "expired"}
        assert not kept & offered, "what waits for its own person is offered to others"
        for pk, text in found.revisions.items():
            if text.status not in ("new", *READY) or text.article.erased_at:
                continue
            asked, views = passes_of(corpus, pk), found.submitted(pk)
            numbers = {number for one, number in offered if one == pk}
            assert not numbers or (max(numbers) <= asked and len(views) < asked), "more is offered"
            if pk in at_work | asked_again or (pk in parked and text.status == "new"):
                continue
            if len(views) < asked:
                missing = {(pk, number) for number in range(1, asked + 1)} - held
                # Who opened it beside those that were asked, and submitted, is one of them.
                beside = {number for one, number in made if one == pk and number > asked}
                assert len(missing) <= len(beside), "a pass is offered to nobody"
            elif text.status == "submitted" and pk not in in_hand:
                cases = compare([units_of(view) for view in views])
                assert all(case.agreed for case in cases), "passes differ, and nobody is asked"
                assert not (corpus.single_is_gold if len(views) == 1 else corpus.agreed_is_gold)

    def every_move_follows_from_the_one_before(self, found: Found) -> None:
        reached: dict[Any, str] = {}
        moves = Event.objects.filter(action="revision.moved", corpus=self.corpus).order_by("id")
        for subject, before, after in moves.values_list("subject_id", "before", "after"):
            assert reached.get(subject, "new") == before
            reached[subject] = str(after)
        for pk, text in found.revisions.items():
            assert reached.get(pk, "new") == text.status


def no_lies(check: Callable[[], Iterator[object]]) -> None:
    assert [found for found in check() if not isinstance(found, Progress)] == []


def contradictions(corpus_id: UUID) -> Iterator[list[str]]:
    """Yield what the tables hold otherwise than the events tell it."""
    for _, found in differences(Corpus(pk=corpus_id)):
        if found:
            yield found


def mixed_with_the_planted() -> Iterator[Annotation | Review]:
    """Yield what goes on elsewhere from a planted suggestion, and decisions on one that left something."""
    layers = set(Layer.planted.values_list("pk", flat=True))
    if not layers:
        return
    rows = list(Annotation.objects.filter(layer__in=layers).values_list("pk", flat=True))
    yield from Annotation.objects.filter(root__in=rows).exclude(layer__in=layers)
    for decision in Review.objects.filter(annotation__in=rows):
        if decision.layer_id not in layers or decision.result_id or decision.result_relation_id:
            yield decision


def said_by(row: Annotation) -> tuple[Any, ...]:
    place = (row.layer_id, row.start, row.end)
    return (*place, row.label, repr(row.attributes), row.score, row.root, row.derived_from_id)


def within_two_moves(status: str) -> set[str]:
    """Return where an act may take an assignment: one that was open may be submitted at once."""
    once = ASSIGNMENT_MOVES[status]
    return {*once, *(after for between in once for after in ASSIGNMENT_MOVES[between])}
