"""Articles, their revisions and blocks."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.finding import asked_unit, find_revision
from annotations.api.parts import convert_segments, offsets_in, standing_parts
from annotations.api.shapes import (
    ArticleRowShape,
    ArticleShape,
    BlockKindInput,
    BlockShape,
    BlocksShape,
    NextShape,
    RevisionShape,
)
from annotations.services.due import demands_of
from annotations.services.erasing import erase_article
from annotations.services.reading import layers_and_terms, layers_named, own_of
from annotations.services.seeing import next_revisions, status_seen_by, with_seen_status
from annotations.services.showing import shown_to
from corpus.api.articles import NO_SUCH_ARTICLE, find_article, incoming_article, incoming_articles, own_role
from corpus.api.idempotency import idempotent
from corpus.api.ndjson import is_ndjson, outcome_body, results
from corpus.api.pagination import page_of
from corpus.api.preconditions import required_tag, required_version
from corpus.api.schema import (
    CURSOR,
    ETAG,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    NDJSON,
    OFFSET_UNIT,
    REVISION,
    binary,
    documented,
    paged,
)
from corpus.api.shapes import AmendedArticle, NewArticle, OutcomeShape
from corpus.api.views import Route, tagged
from corpus.models import Article, Block, Corpus, Revision, RevisionStatus, Role
from corpus.prepared import Prepared
from corpus.services.actors import Scope, corpus_and_role, find_corpus
from corpus.services.amending import amend_article
from corpus.services.errors import BadInput, NotFound
from corpus.services.ingest import ingest_article, ingest_articles
from corpus.services.revisions import set_block_kind
from corpus.text.blocks import SEGMENTER
from corpus.text.offsets import OffsetMap

FILTERS = (
    OpenApiParameter("status", str, enum=RevisionStatus.values, description="As you may see it."),
    OpenApiParameter("outlet", str, description="The outlet's name."),
    OpenApiParameter("external_id", str),
    OpenApiParameter("language", str),
    OpenApiParameter("story", UUID, description="As an article has it."),
)
COLUMNS = {
    "outlet": "article__outlet__name",
    "external_id": "article__external_id",
    "language": "article__language",
}
_BLOCKS = Prepared(
    lambda revision: Block.objects.filter(revision=revision, segmenter=SEGMENTER).order_by("start")
)
ERRORS = (403, 404)


class ArticlesRoute(Route):
    @documented(
        "list_articles",
        "List the articles of a corpus, newest text first.",
        tag="articles",
        response=paged(ArticleRowShape),
        query=(*CURSOR, *FILTERS),
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """An article that is amended while you page comes to the front again; `events/` misses nothing."""
        corpus, role = corpus_and_role(self.actor, slug)
        rows: QuerySet[Revision, Any] = Revision.objects.filter(corpus=corpus, current=True)
        if (status := request.query_params.get("status")) is not None:
            if status not in RevisionStatus.values:
                raise BadInput(f"status is one of {', '.join(RevisionStatus.values)}.", field="status")
            rows = with_seen_status(self.actor, corpus, role, rows, status)
        for name, column in COLUMNS.items():
            if (value := request.query_params.get(name)) is not None:
                rows = rows.filter(**{column: value})
        if (story := request.query_params.get("story")) is not None:
            # Apart: SQLite would go through the whole list, the newest first, to find these in it.
            own = Revision.objects.filter(article__story=_story(story), current=True)
            rows = rows.filter(pk__in=own.values("pk"))
        rows = status_seen_by(self.actor, corpus, role, rows)
        return Response(page_of(request, rows.values_list(*ROW, named=True), row_body))

    @documented(
        "put_in_articles",
        "Put in one article, or many as NDJSON with a result a line.",
        tag="articles",
        responses={201: OutcomeShape, 200: OutcomeShape, **binary(NDJSON)},
        request={"application/json": NewArticle, NDJSON: NewArticle},
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """One article answers 201 when it is new, 200 when it was amended or is unchanged.

        Lines are put in by twos of hundreds, each a transaction; sending them again changes nothing.
        """
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.INGEST)
        if is_ndjson(request):
            outcomes = ingest_articles(self.actor, corpus, incoming_articles(request), source=request.path)
            return results(outcomes)
        return self.put_in(request, corpus)

    @idempotent
    def put_in(self, request: Request, corpus: Corpus) -> Response:
        incoming = incoming_article(self.input(NewArticle), "body")
        outcome = ingest_article(self.actor, corpus, incoming, source=request.path)
        if outcome.outcome == "rejected":
            raise BadInput(outcome.reason)
        status = HTTPStatus.CREATED if outcome.outcome == "created" else HTTPStatus.OK
        return Response(outcome_body(outcome), status=status)


class NextRoute(Route):
    @documented(
        "read_next",
        "Read the next article to review, with all that it takes.",
        tag="reviews",
        response=NextShape,
        responses={204: None},
        query=[OFFSET_UNIT],
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """The oldest suggested one that you have not finished; 204 when there is none.

        `annotations` and `relations` are what the active pipelines suggest, as far as it is shown to you, and
        what stands in your own layer; with your `version` and `verdict` on each.
        """
        unit = asked_unit(request)
        corpus, role = corpus_and_role(self.actor, slug, Role.REVIEWER)
        waiting = next_revisions(self.actor, corpus).select_related("article__outlet")
        revision = status_seen_by(self.actor, corpus, role, waiting).first()
        if revision is None:
            return Response(status=HTTPStatus.NO_CONTENT)
        revision.article.corpus = corpus
        offsets = offsets_in(revision, unit)
        visible, terms = layers_and_terms(self.actor, corpus, role, revision)
        own = own_of(self.actor, visible)
        shown = shown_to(self.actor, terms, revision, visible)
        layers = [*layers_named(visible, "machine"), *([own] if own else [])]
        # Of what nobody has decided on, nothing is due.
        demands = demands_of(corpus.pk) if own else {}
        standing = standing_parts(layers, own, demands, shown)
        convert_segments(standing.annotations, offsets)
        return Response(
            {
                "article": article_body(revision.article, revision, revision.seen_status),
                "offset_unit": unit,
                "blocks": block_bodies(revision, offsets),
                "annotations": standing.annotations,
                "relations": standing.relations,
            }
        )


class ArticleRoute(Route):
    @documented(
        "read_article",
        "Read an article with its text.",
        tag="articles",
        response=ArticleShape,
        query=[REVISION],
        headers=[ETAG],
        errors=ERRORS,
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        article, revision = find_revision(request, self.actor, article_id)
        return tagged(article_body(article, revision, self._status(article, revision)), revision.number)

    @documented(
        "amend_article",
        "Give an article a new text, which makes a revision.",
        tag="articles",
        response=OutcomeShape,
        request=AmendedArticle,
        headers=(IF_MATCH, ETAG),
        errors=(*ERRORS, 409),
    )
    def put(self, request: Request, article_id: UUID) -> Response:
        """The ETag is the number of the current revision. What is not stated stays as it is."""
        article = find_article(self.actor, article_id, Role.LEAD, Scope.INGEST)
        number = required_version(request)
        given = {**self.input(AmendedArticle), "external_id": article.external_id}
        incoming = incoming_article(given, "body")
        outcome = amend_article(self.actor, article, incoming, number=number, source=request.path)
        return tagged(outcome_body(outcome), outcome.number)

    @documented(
        "erase_article",
        "Erase an article that was taken down.",
        tag="articles",
        status=204,
        query=[OpenApiParameter("reason", str, required=True, description="It stays in the history.")],
        errors=ERRORS,
    )
    def delete(self, request: Request, article_id: UUID) -> Response:
        """Its words go for good; offsets, hashes and counts stay. Doing it twice changes nothing."""
        article = find_article(self.actor, article_id, Role.OWNER, Scope.MANAGE)
        erase_article(self.actor, article, reason=request.query_params.get("reason", ""))
        return Response(status=HTTPStatus.NO_CONTENT)

    def _status(self, article: Article, revision: Revision) -> str:
        role = own_role(self.actor, article.corpus_id)
        seen = status_seen_by(self.actor, article.corpus, role, Revision.objects.filter(pk=revision.pk))
        return str(seen.values_list("seen_status", flat=True).get())  # type: ignore[misc]  # annotated above


class RevisionsRoute(Route):
    @documented(
        "list_revisions",
        "List the revisions of an article.",
        tag="articles",
        response=paged(RevisionShape),
        query=CURSOR,
        errors=ERRORS,
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        article = find_article(self.actor, article_id)
        role = own_role(self.actor, article.corpus_id)
        revisions = Revision.objects.without_text().filter(article=article)
        return Response(
            page_of(request, status_seen_by(self.actor, article.corpus, role, revisions), revision_body)
        )


class BlocksRoute(Route):
    @documented(
        "list_blocks",
        "List the blocks of a revision, in the order of the text.",
        tag="articles",
        response=BlocksShape,
        query=(REVISION, OFFSET_UNIT),
        errors=ERRORS,
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        unit = asked_unit(request)
        _, revision = find_revision(request, self.actor, article_id)
        found = block_bodies(revision, offsets_in(revision, unit))
        return Response({"revision": revision.number, "offset_unit": unit, "results": found})


class BlockRoute(Route):
    @documented(
        "set_block_kind",
        "Say what a block is, against the segmenter.",
        tag="articles",
        response=BlockShape,
        request=BlockKindInput,
        headers=(IF_MATCH, ETAG),
        errors=ERRORS,
    )
    def patch(self, request: Request, article_id: UUID, block_id: int) -> Response:
        """The ETag is the kind that it has now."""
        article = find_article(self.actor, article_id, Role.REVIEWER, Scope.REVIEW)
        block = (
            Block.objects.select_related("revision").filter(pk=block_id, revision__article=article).first()
        )
        if block is None:
            raise NotFound(NO_SUCH_ARTICLE)
        seen = required_tag(request)
        block = set_block_kind(self.actor, block, self.input(BlockKindInput)["kind"], seen=seen)
        return tagged(block_body(block, None), block.effective_kind)


ROW = (
    "pk",
    "article_id",
    "number",
    "seen_status",
    "text_sha256",
    "length",
    "article__external_id",
    "article__title",
    "article__outlet__name",
    "article__url",
    "article__published_at",
    "article__language",
    "article__licence",
    "article__text_withheld",
    "article__story",
)


def _story(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise BadInput("story is the id of an article.", field="story") from None


def row_body(row: Any) -> dict[str, Any]:
    return {
        "id": row.article_id,
        "external_id": row.article__external_id,
        "title": row.article__title,
        "outlet": row.article__outlet__name or "",
        "url": row.article__url,
        "published_at": row.article__published_at,
        "language": row.article__language,
        "licence": row.article__licence,
        "text_withheld": row.article__text_withheld,
        "revision": row.number,
        "status": row.seen_status,
        "text_sha256": row.text_sha256,
        "length": row.length,
        "story": row.article__story,
    }


def article_body(article: Article, revision: Revision, status: str) -> dict[str, Any]:
    return {
        "id": article.pk,
        "corpus": article.corpus.slug,
        "external_id": article.external_id,
        "title": article.title,
        "outlet": article.outlet.name if article.outlet else "",
        "byline": article.byline,
        "url": article.url,
        "published_at": article.published_at,
        "language": article.language,
        "licence": article.licence,
        "text_withheld": article.text_withheld,
        "metadata": article.metadata,
        "created_at": article.created_at,
        "erased_at": article.erased_at,
        "revision": revision.number,
        "current": revision.current,
        "status": status,
        "text_sha256": revision.text_sha256,
        "sha256": revision.sha256,
        "length": revision.length,
        "story": article.story,
        "encoding": revision.encoding,
        "bom": revision.bom,
        "content_type": revision.content_type,
        "extractor": revision.extractor,
        "text": revision.text,
    }


def revision_body(revision: Any) -> dict[str, Any]:
    return {
        "number": revision.number,
        "current": revision.current,
        "status": revision.seen_status,
        "text_sha256": revision.text_sha256,
        "sha256": revision.sha256,
        "length": revision.length,
        "created_at": revision.created_at,
    }


def block_bodies(revision: Revision, offsets: OffsetMap | None) -> list[dict[str, Any]]:
    return [block_body(block, offsets) for block in _BLOCKS.rows(revision.pk)]


def block_body(block: Block, offsets: OffsetMap | None) -> dict[str, Any]:
    def place(offset: int) -> int:
        return offsets.from_code_points(offset) if offsets else offset

    name = None
    if block.name_start is not None and block.name_end is not None:
        name = {"start": place(block.name_start), "end": place(block.name_end)}
    return {
        "id": block.pk,
        "start": place(block.start),
        "end": place(block.end),
        "kind": block.effective_kind,
        "set_by_person": block.kind_set is not None,
        "name": name,
    }
