"""What the checks of attention found: each planted suggestion decided, and each withheld one looked for.

Both are told which passes to look at, and read pages of those in a few statements each: what they cost grows
with these passes and not with the corpus.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from uuid import UUID

from annotations.models import Assignment, AssignmentStatus, Layer, LayerKind, Review, Verdict
from annotations.models.reviews import KEEPING
from annotations.services.reading import LayerView, read_layers
from annotations.services.terms import Terms
from annotations.services.withholding import Withheld, is_found, withheld_from
from corpus.models import Event, RevisionStatus

#: Passes that are read at once.
PAGE = 50


@dataclass(frozen=True)
class Checked:
    """One check of one person's attention; `line` is the suggestion's."""

    reviewer_id: int
    article_id: UUID
    line: UUID
    at: datetime
    passed: bool


#: The text and the person of a submitted pass.
Pass = tuple[UUID, int | None]


def plants_decided(passes: Iterable[Pass]) -> Iterator[Checked]:
    """Yield each planted suggestion that was decided in these passes; passed, if it was never kept.

    One statement for `PAGE` passes. What was rejected or skipped was caught; what was accepted or corrected
    once was not, though it was taken back.
    """
    for page in _pages(passes):
        reviews = Review.objects.filter(
            layer__kind=LayerKind.PLANTED, layer__revision__in={revision for revision, _ in page}
        ).order_by("-layer_id", "line", "version")
        rows = reviews.values_list(
            "layer_id",
            "line",
            "verdict",
            "at",
            "layer__reviewer_id",
            "layer__revision",
            "layer__revision__article_id",
        )
        for (_, line), group in groupby(rows, key=itemgetter(0, 1)):
            decisions = list(group)
            kept = [row for row in decisions if row[2] in KEEPING]
            _, _, verdict, at, reviewer, revision, article = (kept or decisions)[-1]
            if verdict != Verdict.RETRACT and (revision, reviewer) in page:
                yield Checked(reviewer, article, line, at, passed=not kept)


def withheld_looked_for(passes: Iterable[Pass]) -> Iterator[Checked]:
    """Yield each withheld suggestion of these passes that gold has; passed, if the person found it.

    Found is half of its characters or more under its label, in what stood when the pass was first submitted:
    after that everything is shown. Gold that rests on this one pass alone tells nothing, and is left out.
    Eight statements for `PAGE` passes.
    """
    for page in _pages(passes):
        rows = Assignment.objects.filter(
            revision__in={revision for revision, _ in page},
            withheld_share__gt=0,
            status=AssignmentStatus.SUBMITTED,
            revision__status=RevisionStatus.GOLD,
            revision__article__erased_at=None,
        ).select_related("revision")
        found = rows.defer("revision__text").order_by("-id")
        if own := [row for row in found if (row.revision_id, row.reviewer_id) in page]:
            yield from _looked_for(own)


def _pages(passes: Iterable[Pass]) -> Iterator[set[Pass]]:
    rest = iter(passes)
    while page := set(islice(rest, PAGE)):
        yield page


def _looked_for(page: Sequence[Assignment]) -> Iterator[Checked]:
    layers = list(Layer.objects.filter(revision__in={row.revision_id for row in page}))
    passes = Counter(layer.revision_id for layer in layers if layer.submitted_at)
    views: dict[UUID, list[LayerView]] = defaultdict(list)
    for view in read_layers(layers):
        views[view.layer.revision_id].append(view)
    shown = _shown_at_first(page)
    for row in page:
        here = views[row.revision_id]
        own = next((view for view in here if view.layer.reviewer_id == row.reviewer_id), None)
        gold = next((view for view in here if view.layer.kind == LayerKind.GOLD), None)
        if row.reviewer_id is None or own is None or gold is None or passes[row.revision_id] < 2:
            continue
        at = row.reopened_at or own.layer.submitted_at
        if at is None:
            continue
        own.reviews = [review for review in own.reviews if review.at <= at]
        own.settle()
        machines = [view for view in here if str(view.layer.pk) in shown.get(str(own.layer.pk), ())]
        terms = Terms(
            reviewer_id=row.reviewer_id, revision_id=row.revision_id, withheld_share=row.withheld_share
        )
        for withheld in withheld_from(terms, machines, own.versions):
            if withheld.leads and _has(gold, withheld):
                yield Checked(
                    row.reviewer_id, row.revision.article_id, withheld.line, at, passed=_has(own, withheld)
                )


def _shown_at_first(page: Sequence[Assignment]) -> Mapping[str, Sequence[str]]:
    """Return the machines' layers that were in service when each pass was first submitted, by its layer."""
    told = Event.objects.filter(subject_id__in={row.revision_id for row in page}, action="pass.submitted")
    shown: dict[str, Sequence[str]] = {}
    for layer, after in told.order_by("id").values_list("object_id", "after"):
        shown.setdefault(layer, (after or {}).get("shown", ()))
    return shown


def _has(view: LayerView, withheld: Withheld) -> bool:
    return any(is_found(withheld, row.label, view.segments_of(row)) for row in view.standing.values())
