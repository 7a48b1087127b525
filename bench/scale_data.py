"""A corpus of any size to look at: labelled, in part reviewed, in part settled, with jobs in every state."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from annotations.models import (
    Assignment,
    AssignmentStatus,
    Comment,
    CommentAct,
    Dispute,
    DisputeStatus,
    Job,
    JobStatus,
    LayerKind,
)
from annotations.services.importing import import_records
from annotations.services.pipelines import activate_pipeline, start_run
from bench.articles import invent, native_line
from corpus.ids import uuid7
from corpus.models import Corpus, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from corpus.services.events import seal_events

SENTENCES = 12
OUTLETS = 40
#: People do not grow with the corpus, nor does what the one who is looked at has done: this much at most.
REVIEWERS = 20
OWN = 50
#: Of each twenty articles: these have a pass in hand, a submitted one, and gold.
IN_HAND, SUBMITTED, GOLD = 3, 7, 11
#: What becomes of passes, in turn.
STATUSES = AssignmentStatus.values


class Site:
    """One corpus that grows, with an owner who may see all and a reviewer who may not."""

    def __init__(self) -> None:
        self.corpus: Corpus = create_corpus(COMMAND, slug="scale", name="Scale")
        activate_pipeline(COMMAND, self.corpus, "rules")
        self.size = 0
        self.reviewers = [self._member(f"reviewer-{number}", Role.REVIEWER) for number in range(REVIEWERS)]
        self.owner = self._member("owner", Role.OWNER)
        self.owner.is_staff = self.owner.is_superuser = True
        self.owner.save()

    def grow(self, size: int) -> None:
        """Add articles until there are `size`."""
        lines = (self._line(number) for number in range(self.size, size))
        for outcome in import_records(COMMAND, self.corpus, lines, source="scale"):
            assert outcome.outcome == "created", outcome
        self.size = size
        start_run(COMMAND, self.corpus)
        self._work_jobs()
        self._give_out()
        self._dispute()
        self._comment()
        while seal_events():
            pass
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _member(self, name: str, role: Role) -> User:
        user = User.objects.create(username=name)
        set_member(COMMAND, self.corpus, user, role)
        return user

    def _line(self, number: int) -> bytes:
        record: dict[str, Any] = orjson.loads(native_line(invent(number, sentences=SENTENCES)))
        record["outlet"] = f"Outlet {number % OUTLETS}"
        record["language"] = ("en", "de", "fr")[number % 3]
        place = number % 20
        if place in (IN_HAND, SUBMITTED):
            first = number < OWN * 10
            reviewer = self.reviewers[0 if first else 1 + number // 20 % (REVIEWERS - 1)]
            submitted = "2026-01-02T00:00:00Z" if place == SUBMITTED else None
            self._add_layer(record, f"reviewer:{reviewer.public_id}", submitted)
        elif place == GOLD:
            self._add_layer(record, LayerKind.GOLD.value, None)
        return orjson.dumps(record)

    def _add_layer(self, record: dict[str, Any], name: str, submitted_at: str | None) -> None:
        """Say again in another layer what the machine says of the first spans."""
        record["layers"] = [{"name": name, "submitted_at": submitted_at}]
        said = [
            {"label": item["label"], "segments": item["segments"], "layer": name}
            for item in record["annotations"][:5]
        ]
        record["annotations"] = [{**item, "layer": record["layer"]} for item in record["annotations"]] + said
        record["relations"] = [{**item, "layer": record["layer"]} for item in record["relations"]]

    def _give_out(self) -> None:
        """End, or leave in hand, four of five passes; the first reviewer has no more than `OWN` of them."""
        now = timezone.now()
        known = Assignment.objects.filter(status__in=(AssignmentStatus.OPEN, AssignmentStatus.TAKEN))
        rows = list(known.order_by("pk"))
        own = Assignment.objects.filter(reviewer=self.reviewers[0]).count()
        for place, row in enumerate(rows):
            row.status = STATUSES[place % len(STATUSES)]
            if row.status == AssignmentStatus.OPEN:
                continue
            first = own < OWN
            own += first
            row.reviewer = self.reviewers[0 if first else 1 + place % (REVIEWERS - 1)]
            row.taken_at, row.lease_until = now, now
        Assignment.objects.bulk_update(
            rows, ["status", "reviewer", "taken_at", "lease_until"], batch_size=500
        )

    def _dispute(self) -> None:
        """Give every fourth text a dispute, in each of its states."""
        revisions = Revision.objects.filter(corpus=self.corpus, disputes=None).order_by("pk")
        Dispute.objects.bulk_create(
            (
                Dispute(
                    corpus=self.corpus, revision_id=pk, line=uuid7(), start=0, opened_at=timezone.now(),
                    status=DisputeStatus.values[place // 4 % 3],
                )
                for place, pk in enumerate(revisions.values_list("pk", flat=True)) if place % 4 == 0
            ),
            batch_size=500,
        )  # fmt: skip

    def _comment(self) -> None:
        """Begin a thread on each text and answer it; the first reviewer has begun `OWN` of them at most."""
        revisions = Revision.objects.filter(corpus=self.corpus, comments=None).order_by("pk")
        own = Comment.objects.filter(author=self.reviewers[0]).count()
        rows = []
        for place, pk in enumerate(revisions.values_list("pk", flat=True)):
            author = self.reviewers[0 if own + place < OWN else 1 + place % (REVIEWERS - 1)]
            thread, other = uuid7(), self.reviewers[1 + (place + 1) % (REVIEWERS - 1)]
            said = [(thread, author, CommentAct.POST, "Why?"), (uuid7(), other, CommentAct.POST, "So.")]
            if place % 3 == 0:
                said.append((uuid7(), other, CommentAct.RESOLVE, ""))
            rows += [
                Comment(
                    id=row, corpus=self.corpus, revision_id=pk, thread=thread, act=act, text=text, author=one,
                    by_adjudicator=one == other, at=timezone.now(),
                )
                for row, one, act, text in said
            ]  # fmt: skip
        Comment.objects.bulk_create(rows, batch_size=500)

    def _work_jobs(self) -> None:
        """End most jobs as if workers had been here: one in ten is left waiting, one in twenty is parked."""
        waiting = Job.objects.filter(status=JobStatus.QUEUED)
        for pk, status in _states(waiting.values_list("pk", flat=True)):
            Job.objects.filter(pk__in=pk).update(status=status)


def _states(pks: Any) -> Iterator[tuple[list[int], JobStatus]]:
    found = list(pks)
    for start in range(0, len(found), 500):
        page = found[start : start + 500]
        yield [pk for pk in page if pk % 20 > 2], JobStatus.DONE
        yield [pk for pk in page if pk % 20 == 2], JobStatus.PARKED
