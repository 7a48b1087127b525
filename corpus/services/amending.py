"""A new text for an article that stands."""

from django.db import transaction

from corpus.models import Article, Corpus, Revision, Role
from corpus.readers.base import IncomingArticle
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput, StaleVersion
from corpus.services.ingest import RowOutcome, ingest_article


@transaction.atomic
def amend_article(
    actor: Actor, article: Article, incoming: IncomingArticle, *, number: int, source: str
) -> RowOutcome:
    """Give an article the next revision, if `number` is still its current one.

    Raises:
        StaleVersion: another text came in meanwhile.
        BadInput: the text cannot be stored, or the article was erased.
    """
    require(actor, article.corpus_id, Role.LEAD, Scope.INGEST)
    # The lock makes two amendments wait for one another; without it both would see the same number.
    corpus = Corpus.objects.get(pk=article.corpus_id)
    Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    current = Revision.objects.filter(article=article, current=True).values_list("number", flat=True).get()
    if current != number:
        raise StaleVersion(
            f"The article is at revision {current} by now; yours was {number}.", version=current
        )
    outcome = ingest_article(actor, corpus, incoming, source=source)
    if outcome.outcome == "rejected":
        raise BadInput(outcome.reason)
    return outcome
