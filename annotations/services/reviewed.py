"""What people settled on, in the shapes that pipelines speak: to learn from and to measure against.

The truth of a text is its gold layer. Where it has none, it is the pass that was submitted first: somebody
has gone through the whole text and said that this is all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import Q, QuerySet

from annotations.extraction.base import ArticleText, Link, Suggestion, Suggestions
from annotations.models import Layer, LayerKind
from annotations.services.reading import LayerView, read_layers
from annotations.services.texts import article_texts
from corpus.models import Corpus, Revision

CHUNK = 100
IS_TRUTH = Q(kind=LayerKind.GOLD) | Q(kind=LayerKind.REVIEWER, submitted_at__isnull=False)


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A text with what people say of it; `settled_at` is when they were done."""

    revision: Revision
    article: ArticleText
    truth: Suggestions
    settled_at: datetime


def count_reviewed(corpus: Corpus) -> int:
    """Return how many current texts of a corpus have a truth. One query."""
    return _settled(corpus).values("revision").distinct().count()


def reviewed_articles(corpus: Corpus, *, newest_first: bool = False) -> Iterator[Reviewed]:
    """Yield the reviewed current texts of a corpus, oldest first; seven statements for each hundred."""
    order = "-revision" if newest_first else "revision"
    every = iter(_settled(corpus).order_by(order).values_list("revision", flat=True).distinct())
    while ids := list(islice(every, CHUNK)):
        layers = _truths(ids)
        revisions = Revision.objects.select_related("article").in_bulk(ids)
        texts = article_texts(revisions.values())
        for view in read_layers([layers[pk] for pk in ids]):
            pk = view.layer.revision_id
            yield Reviewed(
                revision=revisions[pk],
                article=texts[pk],
                truth=said_in(view),
                settled_at=view.layer.submitted_at or view.layer.created_at,
            )


def said_in(view: LayerView) -> Suggestions:
    """Return what stands in a layer, as a pipeline would have said it; scores are 1 where there are none."""
    rows = sorted(view.standing.values(), key=lambda row: (row.start, row.end, row.label, row.pk))
    keys = {row.root: key for key, row in enumerate(rows)}
    annotations = tuple(
        Suggestion(
            key=keys[row.root],
            label=row.label,
            segments=view.segments_of(row),
            score=row.score if row.score is not None else 1.0,
            reason=row.reason,
            attributes=row.attributes,
        )
        for row in rows
    )
    links = []
    for relation in view.links.values():
        head, child = (keys[line] for line in view.end_lines(relation))
        links.append(Link(label=relation.label, head=head, child=child, score=1.0, reason=relation.reason))
    links.sort(key=lambda link: (link.head, link.child, link.label))
    return Suggestions(annotations=annotations, relations=tuple(links))


def _settled(corpus: Corpus) -> QuerySet[Layer]:
    return Layer.objects.filter(
        IS_TRUTH, revision__corpus=corpus, revision__current=True, revision__article__erased_at=None
    )


def _truths(revision_ids: Sequence[UUID]) -> dict[UUID, Layer]:
    """Return the layer that counts for each revision: gold, or else the pass that was submitted first."""
    found: dict[UUID, Layer] = {}
    layers = Layer.objects.filter(IS_TRUTH, revision__in=revision_ids)
    for layer in sorted(
        layers, key=lambda row: (row.kind != LayerKind.GOLD, row.submitted_at or row.created_at)
    ):
        found.setdefault(layer.revision_id, layer)
    return found
