"""The submitted passes over a text, as units that can be held against one another."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from annotations.agreement import Unit
from annotations.models import Annotation, Layer, LayerKind
from annotations.services.reading import LayerView, read_layers
from corpus.models import Revision
from corpus.prepared import Prepared
from corpus.text.spans import Span

_SUBMITTED = Prepared(
    lambda revision: (
        Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, submitted_at__isnull=False)
        .select_related("reviewer")
        .order_by("submitted_at", "id")
    )
)


def submitted_passes(revision: Revision) -> list[LayerView]:
    """Return the submitted passes over a text, the first to be submitted first."""
    return read_layers(_SUBMITTED.rows(revision.pk))


def units_of(view: LayerView, *, with_ends: bool = False) -> list[Unit]:
    """Return what a layer says, a unit for each annotation; `with_ends` also what merely ends a relation."""
    leading = links_of(view)
    ends = {child.root for links in leading.values() for children in links.values() for child in children}
    return [
        Unit(
            id=str(row.pk),
            line=str(line),
            label=row.label,
            segments=view.segments_of(row),
            attributes=row.attributes,
            links={
                label: frozenset(view.segments_of(child) for child in children)
                for label, children in leading[line].items()
            },
        )
        for line, row in view.standing.items()
        if with_ends or line not in ends or leading[line]
    ]


def links_of(view: LayerView) -> dict[UUID, dict[str, list[Annotation]]]:
    """Return where the relations of each standing line lead, by label, in the order of the text."""
    found: dict[UUID, dict[str, list[Annotation]]] = defaultdict(dict)
    for relation in view.links.values():
        head, child = view.end_lines(relation)
        found[head].setdefault(relation.label, []).append(view.standing[child])
    for links in found.values():
        for children in links.values():
            children.sort(key=lambda row: (row.start, row.end, row.pk))
    return found


def standing_by_id(views: Sequence[LayerView]) -> dict[str, tuple[LayerView, Annotation]]:
    """Return every standing annotation of some layers by its id, as units name it."""
    return {str(row.pk): (view, row) for view in views for row in view.standing.values()}


def words_of(text: str, segments: Sequence[Span]) -> str:
    return " … ".join(text[span.start : span.end] for span in segments)
