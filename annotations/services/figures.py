"""How far the work of a corpus has come, for those who may see everybody's.

Each figure is read from an index and ends at a limit, so that a look costs the same in a corpus of any size.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice, pairwise
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from annotations.models import (
    Annotation,
    Assignment,
    AssignmentStatus,
    Dispute,
    DisputeStatus,
    Layer,
    LayerKind,
    Pipeline,
    Review,
)
from annotations.services.reading import counting_reviews
from corpus.ids import first_id_of, moment_of
from corpus.models import Corpus, Revision, RevisionStatus

#: Counts end here.
COUNTED = 100_000
#: Disputes and passes whose words are looked at, the newest ones.
DISPUTES_LOOKED_AT = 5_000
PASSES_LOOKED_AT = 200
DAYS = 30
#: The upper bounds of the ages that waiting passes are counted by, in days; the last has none.
AGES = (1, 7, 30)
CHUNK = 1_000


def up_to(rows: QuerySet[Any], limit: int = COUNTED) -> int:
    """Count rows; `limit` stands for as many or more."""
    return rows.order_by()[:limit].count()


def articles_by_status(corpus: Corpus) -> dict[RevisionStatus, int]:
    """Count the current texts by status."""
    current = [status for status in RevisionStatus if status != RevisionStatus.SUPERSEDED]
    return {status: up_to(Revision.objects.filter(corpus=corpus, status=status)) for status in current}


@dataclass(frozen=True, kw_only=True)
class QueueAge:
    """How long passes have waited: since when the oldest, and how many up to each of `AGES` and beyond."""

    oldest: datetime | None
    waiting: Sequence[int]


def queue_age(corpus: Corpus, now: datetime) -> QueueAge:
    waiting = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.OPEN)
    oldest = waiting.order_by("id").values_list("pk", flat=True).first()
    # An id tells when its row was made, so that ages are ranges of ids.
    younger = [up_to(waiting.filter(pk__gte=first_id_of(now - timedelta(days=days)))) for days in AGES]
    counts = [*younger, up_to(waiting)]
    return QueueAge(
        oldest=moment_of(oldest) if oldest else None,
        waiting=[counts[0], *(later - earlier for earlier, later in pairwise(counts))],
    )


def disputes_by_difference(corpus: Corpus) -> dict[str, int]:
    """Count the open disputes by what the passes differ in, the commonest first; one may count twice."""
    disputes = Dispute.objects.filter(corpus=corpus, status=DisputeStatus.OPEN).order_by("-id")
    differences = disputes.values_list("differences", flat=True)[:DISPUTES_LOOKED_AT]
    return dict(Counter(chain.from_iterable(differences)).most_common())


def passes_by_day(corpus: Corpus, now: datetime) -> dict[date, int]:
    """Count the passes submitted on each of the last days, by UTC, today last."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    days = [midnight - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    submitted = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.SUBMITTED)
    return {
        day.date(): up_to(submitted.filter(ended_at__gte=day, ended_at__lt=day + timedelta(days=1)))
        for day in days
    }


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What became of the suggestions of the newest passes, by label and by pipeline."""

    passes: int
    by_label: Mapping[str, Counter[str]]
    by_pipeline: Mapping[str, Counter[str]]


def acceptance(corpus: Corpus) -> Acceptance:
    layers = _newest_passes(corpus)
    verdicts = _counting_verdicts(layers)
    by_label: dict[str, Counter[str]] = defaultdict(Counter)
    by_pipeline: dict[str, Counter[str]] = defaultdict(Counter)
    for line, label, pipeline in _suggestions(corpus, verdicts):
        by_label[label] += verdicts[line]
        by_pipeline[pipeline] += verdicts[line]
    return Acceptance(
        passes=len(layers),
        by_label=dict(sorted(by_label.items())),
        by_pipeline=dict(sorted(by_pipeline.items())),
    )


def _newest_passes(corpus: Corpus) -> list[UUID]:
    """Return the layers of the passes that were submitted last."""
    submitted = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.SUBMITTED)
    newest = submitted.order_by("-ended_at").values_list("revision_id", "reviewer_id")[:PASSES_LOOKED_AT]
    passes = set(newest)
    layers = Layer.objects.filter(kind=LayerKind.REVIEWER, revision__in={revision for revision, _ in passes})
    found = layers.values_list("pk", "revision_id", "reviewer_id")
    return [pk for pk, revision_id, reviewer_id in found if (revision_id, reviewer_id) in passes]


def _counting_verdicts(layers: Sequence[UUID]) -> dict[UUID, Counter[str]]:
    """Return the verdicts that count on each line of annotations, one from each pass."""
    reviews = Review.objects.filter(layer__in=layers, annotation__isnull=False)
    fields = ("layer_id", "line", "version", "verdict", "retracts_id", "implied_by_id")
    by_layer: dict[UUID, list[Review]] = defaultdict(list)
    for review in reviews.only(*fields):
        by_layer[review.layer_id].append(review)
    verdicts: dict[UUID, Counter[str]] = defaultdict(Counter)
    for own in by_layer.values():
        for line, review in counting_reviews(own).items():
            verdicts[line][str(review.verdict)] += 1
    return verdicts


def _suggestions(corpus: Corpus, lines: Iterable[UUID]) -> Iterable[tuple[UUID, str, str]]:
    """Yield line, label and pipeline of the lines that a suggestion began; those of people are left out."""
    names = {pipeline.pk: pipeline.identity for pipeline in Pipeline.objects.filter(corpus=corpus)}
    remaining = iter(lines)
    while chunk := list(islice(remaining, CHUNK)):
        begun = Annotation.objects.filter(pk__in=chunk, layer__kind=LayerKind.MACHINE)
        for line, label, pipeline in begun.values_list("pk", "label", "layer__pipeline"):
            yield line, label, names[pipeline]
