"""What the start page of the admin shows: my corpora, what waits for me, the latest runs."""

from collections import Counter
from typing import Any
from uuid import UUID

from django import template
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from annotations.admin.queue import in_hand
from annotations.models import Comment, Layer, LayerKind, Mention, Run
from annotations.services import figures
from annotations.services.comments import of_state, threads_for
from annotations.services.recalls import open_recalls
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
    held = in_hand(person(request))
    reviewable = [corpus for corpus in corpora if roles[corpus.pk].reaches(Role.REVIEWER)]
    recalled = _recalled_passes(person(request).pk)
    following = held[0].corpus if held else _next_corpus(reviewable, recalled)
    return {
        "corpora": [
            {
                "corpus": corpus,
                "role": roles[corpus.pk],
                "reviewer": roles[corpus.pk].reaches(Role.REVIEWER),
                "adjudicator": roles[corpus.pk].reaches(Role.ADJUDICATOR),
                "lead": roles[corpus.pk].reaches(Role.LEAD),
                "open": passes[corpus.pk, False],
                "submitted": passes[corpus.pk, True],
                "recalled": recalled[corpus.pk],
            }
            for corpus in corpora
        ],
        "more": "+" if more else "",
        "comments": _comments_for(request, reviewable),
        "held": held,
        "next": following,
        "next_is_recalled": not held and following is not None and recalled[following.pk] > 0,
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


def _recalled_passes(user_id: int) -> Counter[UUID]:
    """Count one's own submitted passes, by corpus, that a re-review asks for again."""
    mine = open_recalls().filter(reviewer=user_id, layer__submitted_at__isnull=False).order_by()
    passes = mine.values_list("rereview__corpus_id", "layer").distinct()[:MANY]
    return Counter(corpus_id for corpus_id, _ in passes)


def _comments_for(request: HttpRequest, corpora: list[Corpus]) -> list[tuple[Corpus, int]]:
    """Return the corpora with open threads that are for this person, and how many."""
    me = person(request)
    written = Comment.objects.filter(author=me).order_by()
    named = Comment.objects.filter(pk__in=Mention.objects.filter(user=me).values("comment")).order_by()
    there = {pk for (pk,) in written.values_list("corpus").union(named.values_list("corpus"))}
    actor, roles = admin_actor(request), roles_of(request)
    threads = (
        (corpus, of_state(threads_for(actor, corpus, roles[corpus.pk]), resolved=False))
        for corpus in corpora
        if corpus.pk in there
    )
    counted = ((corpus, figures.up_to(rows, MANY)) for corpus, rows in threads)
    return [(corpus, count) for corpus, count in counted if count]


def _next_corpus(corpora: list[Corpus], recalled: Counter[UUID]) -> Corpus | None:
    """Return where to take the next article from: where own passes are asked for, else where there is any."""
    return max(corpora, key=lambda corpus: (recalled[corpus.pk] > 0, _articles(corpus) > 0), default=None)


def _articles(corpus: Corpus) -> int:
    return int(corpus.articles_up_to)  # type: ignore[attr-defined]


@register.filter
def up_to(value: int) -> str:
    return f"{MANY:,}+" if value > MANY else f"{value:,}"


@register.filter
def counted(value: int) -> str:
    """Write a count that may have ended at its limit."""
    return f"{figures.COUNTED:,}+" if value >= figures.COUNTED else f"{value:,}"
