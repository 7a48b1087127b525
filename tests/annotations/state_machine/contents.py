"""What is said of a text, as the model keeps it: contents to compare, without the ids of rows."""

from typing import Any, NamedTuple
from uuid import UUID

from annotations.models import Annotation, Layer
from annotations.services.comparing import links_of
from annotations.services.reading import LayerView, read_layers
from corpus.models import Article, Corpus, Revision
from corpus.text.spans import Span


class Content(NamedTuple):
    """What is said of one thing; `ends` has where its relations lead, as (relation, label, segments)."""

    label: str
    segments: tuple[Span, ...]
    attributes: frozenset[tuple[str, str]]
    ends: frozenset[tuple[str, str, tuple[Span, ...]]]


#: What is to stand in the gold of a revision, by line.
Gold = dict[UUID, Content]


def content_of(view: LayerView, row: Annotation) -> Content:
    links = links_of(view).get(row.root, {})
    ends = {
        (name, child.label, view.segments_of(child)) for name, children in links.items() for child in children
    }
    return Content(row.label, view.segments_of(row), frozenset(row.attributes.items()), frozenset(ends))


def pairs_of(corpus: Corpus) -> set[tuple[Any, Any]]:
    """Return the pairs of articles that are of one story."""
    stories = Article.objects.filter(corpus=corpus).exclude(story=None).values_list("pk", "story")
    return {(one, other) for one, mine in stories for other, theirs in stories if mine == theirs}


def said(corpus: Corpus) -> list[Any]:
    """Return what a corpus says, without the ids that a copy has of its own."""
    revisions = Revision.objects.filter(corpus=corpus, article__erased_at=None).select_related("article")
    found = []
    for revision in revisions.order_by("article__external_id", "number"):
        layers = Layer.objects.filter(revision=revision).select_related("pipeline", "reviewer")
        views = [
            (
                str(view.layer),
                view.layer.submitted_at,
                sorted(
                    (row.label, view.segments_of(row), repr(row.attributes)) for row in view.standing.values()
                ),
                sorted(
                    (row.label, *(view.segments_of(view.standing[line]) for line in view.end_lines(row)))
                    for row in view.links.values()
                ),
                sorted((review.verdict, review.version, review.note, review.at) for review in view.reviews),
            )
            for view in read_layers(list(layers))
        ]
        key = (revision.article.external_id, revision.number, revision.text, revision.status)
        found.append((key, sorted(repr((*view[1:],)) for view in views)))
    return found
