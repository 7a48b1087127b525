"""From what clients send to articles that can be put in."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from corpus.api.errors import first_message
from corpus.api.ndjson import body_stream, numbered_lines
from corpus.api.shapes import NewArticle
from corpus.models import Article, Role
from corpus.prepared import Prepared
from corpus.readers.base import IncomingArticle, RowRefused
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.errors import NotFound

NO_SUCH_ARTICLE = "There is no such article, or it is in no corpus of yours."
_ARTICLE = Prepared(lambda pk: Article.objects.select_related("corpus", "outlet").filter(pk=pk))


def find_article(
    actor: Actor, article_id: UUID, role: Role = Role.VIEWER, scope: Scope = Scope.READ
) -> Article:
    """Return an article with its corpus and outlet; a foreign one does not exist. Two queries."""
    article = _ARTICLE.first(article_id)
    if article is None:
        raise NotFound(NO_SUCH_ARTICLE)
    try:
        require(actor, article.corpus_id, role, scope)
    except NotFound:
        raise NotFound(NO_SUCH_ARTICLE) from None
    return article


def own_role(actor: Actor, corpus_id: UUID) -> Role:
    """Return the role of an actor who is known to be a member; one who has just left finds nothing."""
    role = role_in(actor, corpus_id)
    if role is None:
        raise NotFound(NO_SUCH_ARTICLE)
    return role


def incoming_article(given: dict[str, Any], place: str) -> IncomingArticle:
    """Return a checked body as an article; its bytes are the UTF-8 of the text."""
    text = given["text"]
    stated = {name: value for name, value in given.items() if value is not None}
    return IncomingArticle(**{"metadata": {}, **stated, "place": place, "text": text, "raw": text.encode()})


def incoming_articles(request: Request) -> Iterator[IncomingArticle | RowRefused]:
    """Yield the article of each line of a body of NDJSON, or why it is none."""
    for place, line in numbered_lines(body_stream(request._request)):
        if isinstance(line, RowRefused):
            yield line
            continue
        try:
            checked = NewArticle(data=loads_strict(line.rstrip(b"\r\n")))
            checked.is_valid(raise_exception=True)
        except JSONRefused as error:
            yield RowRefused(place=place, reason=f"It is no JSON that can be stored: {error.reason}")
        except ValidationError as error:
            yield RowRefused(place=place, reason=first_message(error.detail))
        else:
            yield incoming_article(checked.validated_data, place)
