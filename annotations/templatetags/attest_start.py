"""What the start page of the admin shows: my corpora, what waits for me, the latest runs."""

from typing import Any

from django import template
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from annotations.models import Layer, LayerKind, Run
from annotations.services.seeing import next_revision
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
    corpora = list(_counted(Corpus.objects.filter(pk__in=roles), person(request).pk)[:MAX_CORPORA])
    reviewable = [corpus for corpus in corpora if roles[corpus.pk].reaches(Role.REVIEWER)]
    return {
        "corpora": [(corpus, roles[corpus.pk], roles[corpus.pk].reaches(Role.LEAD)) for corpus in corpora],
        "many": MANY,
        "next": _next(request, reviewable),
        "runs": Run.objects.filter(corpus__in=corpora_reached(request, Role.VIEWER)).select_related(
            "corpus", "pipeline"
        )[:5],
        "may_put_in": [corpus for corpus in corpora if roles[corpus.pk].reaches(Role.LEAD)],
        "user": request.user,
    }


def _counted(corpora: QuerySet[Corpus], user_id: Any) -> QuerySet[Corpus, Any]:
    """Annotate corpora with counts that stop at `MANY`: articles, my own open and my submitted passes.

    Of others' work nothing is counted, so the page is the same in a blind corpus.
    """
    articles = Revision.objects.filter(corpus=OuterRef("pk"), current=True).order_by().values("pk")
    mine = Layer.objects.filter(kind=LayerKind.REVIEWER, reviewer=user_id, revision__corpus=OuterRef("pk"))
    mine = mine.filter(revision__current=True).order_by()
    return corpora.order_by("-pk").annotate(
        articles_up_to=CountUpTo(articles[: MANY + 1]),
        open_passes=CountUpTo(mine.filter(submitted_at__isnull=True).values("pk")[: MANY + 1]),
        submitted_passes=CountUpTo(mine.filter(submitted_at__isnull=False).values("pk")[: MANY + 1]),
    )


def _next(request: HttpRequest, corpora: list[Corpus]) -> Revision | None:
    """Return what to review next, from the first of my corpora that has something."""
    actor = admin_actor(request)
    for corpus in corpora[:5]:
        if found := next_revision(actor, corpus):
            return Revision.objects.select_related("article", "corpus").defer("text").get(pk=found)
    return None


@register.filter
def up_to(value: int) -> str:
    return f"{MANY:,}+" if value > MANY else f"{value:,}"
