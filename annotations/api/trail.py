"""What happened, and how far the work has come, as far as each may know."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.running_shapes import EventPageShape, StatsShape
from annotations.models import Layer, LayerKind
from annotations.services.seeing import events_seen_by, sees_others_work
from annotations.services.telling import told_event
from corpus.api.articles import own_role
from corpus.api.pagination import cursor_id, next_address, page_limit
from corpus.api.schema import CURSOR, documented
from corpus.api.views import Route
from corpus.models import Article, Event, Revision, RevisionStatus
from corpus.services.actors import find_corpus
from corpus.services.errors import BadInput
from corpus.services.events import canonical_event

#: Counts end here, so that their cost does not grow with the corpus.
COUNTED = 100_000
ERRORS = (403, 404)


class EventsRoute(Route):
    @documented(
        "list_events",
        "Follow what happens in a corpus, in the order of its chain.",
        tag="events",
        response=EventPageShape,
        query=CURSOR,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Come back with `last` as the cursor and miss nothing. Events show once sealed, in seconds."""
        corpus = find_corpus(self.actor, slug)
        role = own_role(self.actor, corpus.pk)
        limit = page_limit(request)
        events = Event.objects.filter(corpus=corpus, position__isnull=False)
        cursor = request.query_params.get("cursor")
        if cursor:
            place = events.filter(pk=str(cursor_id(cursor))).values_list("position", flat=True).first()
            if place is None:
                raise BadInput("This cursor is none of ours; begin again without one.", field="cursor")
            events = events.filter(position__gt=place)
        seen = events_seen_by(self.actor, corpus, role, events).select_related("actor").order_by("position")
        found = list(seen[: limit + 1])
        page = found[:limit]
        whole = sees_others_work(self.actor, corpus, role)
        last = page[-1].pk if page else cursor or None
        return Response(
            {
                "next": next_address(request, page[-1].pk) if len(found) > limit else None,
                "last": last,
                "results": [event_body(event, whole=whole) for event in page],
            }
        )


class StatsRoute(Route):
    @documented(
        "read_stats", "Count articles and your own passes.", tag="events", response=StatsShape, errors=ERRORS
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug)
        role = own_role(self.actor, corpus.pk)
        own = Layer.objects.filter(
            kind=LayerKind.REVIEWER, reviewer=self.actor.user, revision__corpus=corpus, revision__current=True
        )
        statuses = None
        if sees_others_work(self.actor, corpus, role):
            statuses = {
                str(status): _count(Revision.objects.filter(corpus=corpus, status=status))
                for status in RevisionStatus
            }
        return Response(
            {
                "counted_up_to": COUNTED,
                "articles": _count(Article.objects.filter(corpus=corpus)),
                "statuses": statuses,
                "own": {
                    "in_review": _count(own.filter(submitted_at__isnull=True)),
                    "submitted": _count(own.filter(submitted_at__isnull=False)),
                },
            }
        )


def event_body(event: Event, *, whole: bool) -> dict[str, Any]:
    """Return an event; without its place in the chain where that would count events that are not shown."""
    return {
        **told_event(event),
        "position": event.position if whole else None,
        "hash": event.hash if whole else None,
        "canonical": canonical_event(event).decode() if whole else None,
    }


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:COUNTED].count()
