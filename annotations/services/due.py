"""Which decisions are due: an open re-review of their label asks for a newer guideline than theirs.

Nothing of this is stored. What a decision is about is the label that it left standing, and the one of what it
was made on: under another rule, what became a quote might have stayed a claim. A suggestion that nobody is
shown any more asks for nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from annotations.models import ReReview, Review
from annotations.services.reading import LayerView, counting_reviews
from corpus.prepared import Prepared

_OPEN = Prepared(
    lambda corpus: ReReview.objects.filter(corpus=corpus, closed_at__isnull=True).order_by("guideline", "-id")
)
#: The open re-review that asks the most of a label, by label.
Demands = Mapping[str, ReReview]


@dataclass(frozen=True, kw_only=True)
class Due:
    """That a line is to be decided anew: as a case of which label, for which re-review."""

    label: str
    rereview: ReReview
    #: The guideline that its decision was made under.
    decided_under: int


def demands_of(corpus_id: UUID, *, using: str = DEFAULT_DB_ALIAS) -> Demands:
    """Return what the open re-reviews of a corpus ask for. One query."""
    return demands_by_label(_OPEN.rows(corpus_id, using=using))


def demands_by_label(rereviews: Iterable[ReReview]) -> Demands:
    """Return the re-reviews by label, the last one of each."""
    return {label: rereview for rereview in rereviews for label in rereview.labels}


def asked_anew(demands: Demands, labels: Iterable[str | None], guideline: int) -> Due | None:
    """Return what asks for a decision about `labels` anew that was made under `guideline`."""
    for label in labels:
        rereview = demands.get(label) if label else None
        if label and rereview and guideline < rereview.guideline:
            return Due(label=label, rereview=rereview, decided_under=guideline)
    return None


def due_lines(own: LayerView, shown: Mapping[UUID, str], demands: Demands) -> dict[UUID, Due]:
    """Return the lines of a person's layer that are due; `shown` has the labels of the suggestions shown."""
    if not demands:
        return {}
    labels = {**shown, **{pk: row.label for pk, row in own.annotations.items()}}
    found = {}
    for line, review in own.counting.items():
        about = (labels.get(pk) for pk in (review.result_id, review.annotation_id) if pk)
        due = asked_anew(demands, about, review.guideline)
        if due:
            found[line] = due
    return found


def due_by_label(layers: Sequence[UUID], demands: Demands) -> dict[UUID, Counter[str]]:
    """Return how many lines are due in each of some people's layers, by label. One query."""
    reviews: dict[UUID, list[Review]] = defaultdict(list)
    about: dict[UUID, tuple[str | None, ...]] = {}
    fields = ("id", "layer_id", "line", "version", "verdict", "retracts_id", "implied_by_id", "guideline")
    labels = (
        "result__label", "annotation__label", "annotation__layer_id", "annotation__layer__pipeline__active",
    )  # fmt: skip
    for row in Review.objects.filter(layer__in=layers).order_by("version").values_list(*fields, *labels):
        review = Review(**dict(zip(fields, row, strict=False)))
        left, on, on_layer, active = row[len(fields) :]
        reviews[review.layer_id].append(review)
        about[review.pk] = (left, on if active or on_layer == review.layer_id else None)
    found: dict[UUID, Counter[str]] = {}
    for layer, rows in reviews.items():
        asked = (asked_anew(demands, about[row.pk], row.guideline) for row in counting_reviews(rows).values())
        counts = Counter(due.label for due in asked if due)
        if counts:
            found[layer] = counts
    return found


def outdated_gold(gold: LayerView, demands: Demands) -> set[UUID]:
    """Return the lines of gold that stand as they were settled under an older guideline than is asked for."""
    return {
        line
        for line, row in gold.standing.items()
        if asked_anew(demands, [row.label], gold.held[line].guideline if line in gold.held else 0)
    }
