"""What the start page of the admin shows: my corpora, what waits for me, the latest runs."""

from collections import Counter
from typing import Any
from uuid import UUID

from django import template
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from annotations.models import Layer, LayerKind, Run
from annotations.services.seeing import next_revisions
from corpus.admin.access import corpora_reached, person, roles_of
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Revision, Role

register = template.Library()

#: Counts stop here, so that the page costs the same in a corpus of a million articles.
MANY = 1_000
MAX_CORPORA = 30


class CountUpTo(Subquery):
    """The number of rows of a query that has a limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@register.inclusion_tag("attest/start.html", takes_context=True)
def start_page(context: dict[str, Any]) -> dict[str, Any]:
    request: HttpRequest = context["request"]
    roles = roles_of(request)
    corpora = list(_counted(Corpus.objects.filter(pk__in=roles))[:MAX_CORPORA])
    passes, more = _own_passes(person(request).pk)
    reviewable = [corpus for corpus in corpora if roles[corpus.pk].reaches(Role.REVIEWER)]
    return {
        "corpora": [
            {
                "corpus": corpus,
                "role": roles[corpus.pk],
                "lead": roles[corpus.pk].reaches(Role.LEAD),
                "open": passes[corpus.pk, False],
                "submitted": passes[corpus.pk, True],
            }
            for corpus in corpora
        ],
        "more": "+" if more else "",
        "next": _next(request, reviewable),
        "runs": Run.objects.filter(corpus__in=corpora_reached(request, Role.VIEWER)).select_related(
            "corpus", "pipeline"
        )[:5],
        "may_put_in": [corpus for corpus in corpora if roles[corpus.pk].reaches(Role.LEAD)],
        "user": request.user,
    }


def _counted(corpora: QuerySet[Corpus]) -> QuerySet[Corpus, Any]:
    """Annotate corpora with the number of their articles, which stops at `MANY`."""
    articles = Revision.objects.filter(corpus=OuterRef("pk"), current=True).order_by().values("pk")
    return corpora.order_by("-pk").annotate(articles_up_to=CountUpTo(articles[: MANY + 1]))


def _own_passes(user_id: int) -> tuple[Counter[tuple[UUID, bool]], bool]:
    """Count one's own passes by corpus and whether they are submitted; True with it where there are more.

    Of others' work nothing is counted, so the page is the same in a blind corpus.
    """
    mine = Layer.objects.filter(kind=LayerKind.REVIEWER, reviewer=user_id).order_by()
    rows = mine.values_list("revision__corpus_id", "submitted_at")[: MANY + 1]
    counts = Counter((corpus_id, submitted_at is not None) for corpus_id, submitted_at in rows)
    return counts, counts.total() > MANY


def _next(request: HttpRequest, corpora: list[Corpus]) -> Revision | None:
    """Return what to review next, from the first of my corpora that has something."""
    actor = admin_actor(request)
    for corpus in corpora[:5]:
        waiting = next_revisions(actor, corpus).select_related("article", "corpus").defer("text")
        if found := waiting.first():
            return found
    return None


@register.filter
def up_to(value: int) -> str:
    return f"{MANY:,}+" if value > MANY else f"{value:,}"
