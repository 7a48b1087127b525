"""Taking away all that people did with the texts of a corpus, and writing back what the events tell of it."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from annotations.models import Annotation, Assignment, Dispute, Layer, LayerKind, Relation, Review, Segment
from annotations.models import Settlement as Settled
from annotations.services.replay import replay
from corpus.models import Block, Corpus, Revision, RevisionStatus
from corpus.triggers import remove
from tests.conftest import GUARDS

#: What no event tells: words, what each sign of life moves, and what follows from the settings.
UNTOLD: dict[Any, dict[str, Any]] = {
    Review: {"note": None},
    Settled: {"note": None},
    Assignment: {"lease_until": None, "rank": None},
}
IN_LAYERS = (Annotation, Relation, Review, Settled)


def tables(corpus: Corpus) -> dict[str, list[Any]]:
    """Return the rows of all that people did, whole but for what no event tells."""
    layers = of_people(corpus)
    found: dict[str, list[Any]] = {"layers": rows(layers), "statuses": statuses(corpus)}
    for model in IN_LAYERS:
        found[model.__name__] = rows(model._default_manager.filter(layer__in=layers))
    further = Segment.objects.filter(annotation__layer__in=layers).order_by("annotation_id", "number")
    found["segments"] = list(further.values("annotation_id", "number", "start", "end", "surface"))
    found["assignments"] = rows(given(corpus))
    found["disputes"] = rows(Dispute.objects.filter(corpus=corpus))
    found["blocks"] = list(set_blocks(corpus).order_by("pk").values("pk", "kind_set", "set_by"))
    return found


def rows(queryset: QuerySet[Any]) -> list[Any]:
    return [row | UNTOLD.get(queryset.model, {}) for row in queryset.order_by("pk").values()]


def statuses(corpus: Corpus) -> list[Any]:
    return list(Revision.objects.filter(corpus=corpus).order_by("pk").values("pk", "status", "current"))


def of_people(corpus: Corpus) -> QuerySet[Layer]:
    return Layer.objects.filter(revision__corpus=corpus).exclude(kind=LayerKind.MACHINE)


def given(corpus: Corpus) -> QuerySet[Assignment]:
    """Return the passes that somebody has or had."""
    return Assignment.objects.filter(corpus=corpus, reviewer__isnull=False)


def set_blocks(corpus: Corpus) -> QuerySet[Block]:
    return Block.objects.filter(revision__corpus=corpus, kind_set__isnull=False)


def empty(corpus: Corpus) -> None:
    """Take away all that people did, past the guards; texts, machines' layers and events stay."""
    remove(GUARDS, connection)
    layers = of_people(corpus)
    Segment.objects.filter(annotation__layer__in=layers).delete()
    for model in (Review, Settled, Relation, Annotation):
        drop(model._default_manager.filter(layer__in=layers))
    for left in (Dispute.objects.filter(corpus=corpus), Assignment.objects.filter(corpus=corpus), layers):
        drop(left)
    set_blocks(corpus).update(kind_set=None, set_by=None)
    Revision.objects.filter(corpus=corpus).update(status=RevisionStatus.SUPERSEDED, current=False)


def drop(queryset: QuerySet[Any]) -> None:
    """Delete as a shell on the database would, past what Django protects."""
    queryset._raw_delete(queryset.db)


def write_back(corpus: Corpus) -> None:
    """Write what the events tell into the tables, with the words from the texts."""
    for one in list(replay(corpus)):
        moves, text = one.moves, one.revision.text
        superseded = moves.status == RevisionStatus.SUPERSEDED
        Revision.objects.filter(pk=one.revision.pk).update(status=moves.status, current=not superseded)
        Assignment.objects.bulk_create(moves.assignments.values())
        Dispute.objects.bulk_create(moves.disputes.values())
        for pk, (kind, person) in moves.blocks.items():
            Block.objects.filter(pk=pk).update(kind_set=kind, set_by=person)
        for view in one.views.values():
            began = view.layer.created_at
            Layer.objects.bulk_create([view.layer])
            Layer.objects.filter(pk=view.layer.pk).update(created_at=began)
            for row in view.annotations.values():
                row.surface = text[row.start : row.end]
            Annotation.objects.bulk_create(view.annotations.values())
            Segment.objects.bulk_create(
                Segment(annotation_id=pk, number=number, start=start, end=end, surface=text[start:end])
                for pk, further in view.segments.items()
                for number, (start, end) in enumerate(further, 1)
            )
            Relation.objects.bulk_create(view.relations.values())
            Review.objects.bulk_create(view.reviews)
            Settled.objects.bulk_create(view.settlements)
