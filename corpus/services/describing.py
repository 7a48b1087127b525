"""What is known of an article besides its text, and how a later delivery renews it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from corpus.models import Article, Corpus, Outlet
from corpus.readers.base import IncomingArticle
from corpus.services.actors import Actor
from corpus.services.events import Change, record_many


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a delivery states of an article that stands; `title` may have been read off its text."""

    article_id: UUID
    revision_id: UUID
    title: str
    row: IncomingArticle


def renew_metadata(
    actor: Actor, corpus: Corpus, descriptions: Sequence[Description]
) -> dict[UUID, list[str]]:
    """Take over what deliveries state anew; return the names of the renewed fields by article.

    What a delivery leaves out stays as it was. One query, and one more for each article that is renewed.
    """
    outlets = outlets_named(corpus, {item.row.outlet for item in descriptions if item.row.outlet})
    articles = Article.objects.in_bulk([item.article_id for item in descriptions])
    renewed: dict[UUID, list[str]] = {}
    changes: list[Change] = []
    for item in descriptions:
        article = articles[item.article_id]
        news = {
            name: value
            for name, value in _stated(item, outlets).items()
            if value not in (None, "", {}) and value != getattr(article, name)
        }
        if not news:
            continue
        for name, value in news.items():
            setattr(article, name, value)
        article.save(update_fields=list(news))
        names = sorted(name.removesuffix("_id") for name in news)
        renewed[article.pk] = sorted({*renewed.get(article.pk, []), *names})
        changes.append(_described(corpus, item, names))
    record_many(actor, changes)
    return renewed


def outlets_named(corpus: Corpus, names: set[str]) -> dict[str, int]:
    """Return the outlets of these names in a corpus, made where they are new, by name."""
    known = dict(Outlet.objects.filter(corpus=corpus, name__in=names).values_list("name", "pk"))
    for name in sorted(names - set(known)):
        known[name] = Outlet.objects.get_or_create(corpus=corpus, name=name[:200])[0].pk
    return known


def _stated(item: Description, outlets: dict[str, int]) -> dict[str, Any]:
    row = item.row
    return {
        "title": item.title,
        "byline": row.byline,
        "url": row.url,
        "published_at": row.published_at,
        "language": row.language,
        "licence": row.licence,
        "text_withheld": row.text_withheld,
        "metadata": row.metadata,
        "outlet_id": outlets.get(row.outlet),
    }


def _described(corpus: Corpus, item: Description, names: list[str]) -> Change:
    """Return the event: which fields, but not their words, which an erasure could not reach."""
    return Change(
        action="article.described",
        object_type="article",
        object_id=item.article_id,
        corpus_id=corpus.pk,
        subject_id=item.revision_id,
        after={"renewed": names},
    )
