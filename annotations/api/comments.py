"""Comments: threads on a line or an article, replies, mentions, open or resolved."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Comment
from annotations.services.comments import (
    MAX_TEXT,
    Said,
    Thread,
    comments_seen_by,
    delete_comment,
    edit_comment,
    find_comment,
    find_thread,
    of_state,
    post_comment,
    read_threads,
    reply_to,
    settle_thread,
    threads_seen_by,
)
from corpus.api.articles import find_article
from corpus.api.fields import Identifier, Input, Text
from corpus.api.idempotency import idempotent
from corpus.api.pagination import cursor_id, next_address, page_limit
from corpus.api.preconditions import required_version
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, IF_MATCH, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import Actor, Scope, corpus_and_role
from corpus.services.errors import BadInput

ERRORS = (403, 404)
STATES = ("open", "resolved")
FILTERS = (
    OpenApiParameter("corpus", str, required=True, description="The slug of the corpus."),
    OpenApiParameter("article", OpenApiTypes.UUID, description="Those on one article."),
    OpenApiParameter("line", OpenApiTypes.UUID, description="Those on one line, by the `root` of it."),
    OpenApiParameter("mentions", str, enum=["me"], description="Those in which you are named."),
    OpenApiParameter("state", str, enum=STATES, description="All by default."),
)


class Words(Input):
    text = Text(max_length=MAX_TEXT, help_text="`@name` names a member.")


class NewThread(Words):
    article = Identifier()
    annotation = Identifier(required=False, help_text="Any annotation of the line; without it, the article.")


class CommentShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    author = serializers.UUIDField(help_text="The public id.")
    name = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField(help_text="Empty where it was deleted, or its article erased.")
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted = serializers.BooleanField()
    version = serializers.IntegerField(help_text="How often it was changed; for If-Match.")
    mentions = serializers.ListField(child=serializers.UUIDField())


class ThreadShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="That of its first comment.")
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    line = serializers.UUIDField(allow_null=True, help_text="What it is on; null for the article.")
    resolved = serializers.BooleanField()
    comments = CommentShape(many=True)


class CommentsRoute(Route):
    @documented(
        "list_comments",
        "List the threads of a corpus, newest first, as far as you may see them.",
        tag="comments",
        response=paged(ThreadShape),
        query=(*CURSOR, *FILTERS),
        errors=ERRORS,
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        if not query.get("corpus"):
            raise BadInput("corpus names the corpus, by its slug.", field="corpus")
        corpus, role = corpus_and_role(self.actor, query["corpus"], Role.REVIEWER)
        threads = threads_seen_by(self.actor, corpus, role).select_related("revision").defer("revision__text")
        if article := query.get("article"):
            threads = threads.filter(revision__article=_id(article, "article"))
        if line := query.get("line"):
            threads = threads.filter(line=_id(line, "line"))
        if "mentions" in query:
            if query["mentions"] != "me":
                raise BadInput("mentions is me.", field="mentions")
            seen = comments_seen_by(self.actor, corpus, role).filter(mentions__user=self.actor.user)
            threads = threads.filter(pk__in=seen.values("thread"))
        if state := query.get("state"):
            if state not in STATES:
                raise BadInput(f"state is one of {', '.join(STATES)}.", field="state")
            threads = of_state(threads, resolved=state == "resolved")
        if cursor := query.get("cursor"):
            threads = threads.filter(pk__lt=cursor_id(cursor))
        limit = page_limit(request)
        found = list(threads.order_by("-pk")[: limit + 1])
        page = found[:limit]
        return Response(
            {
                "next": next_address(request, page[-1].pk) if len(found) > limit else None,
                "results": [thread_body(thread) for thread in read_threads(self.actor, corpus, role, page)],
            }
        )

    @documented(
        "post_comment",
        "Begin a thread on a line or an article.",
        tag="comments",
        response=ThreadShape,
        status=201,
        request=NewThread,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        given = self.input(NewThread)
        article = find_article(self.actor, given["article"], Role.REVIEWER, Scope.REVIEW)
        row = post_comment(self.actor, article, given["text"], annotation=given.get("annotation"))
        return _answer(self.actor, row, status=HTTPStatus.CREATED)


class CommentRoute(Route):
    @documented(
        "read_thread",
        "Read the thread that a comment is in.",
        tag="comments",
        response=ThreadShape,
        errors=ERRORS,
    )
    def get(self, request: Request, comment_id: UUID) -> Response:
        return _answer(self.actor, find_comment(self.actor, comment_id)[0], scope=Scope.READ)

    @documented(
        "edit_comment",
        "Put other words in the place of your own.",
        tag="comments",
        response=ThreadShape,
        request=Words,
        headers=[IF_MATCH],
        errors=(*ERRORS, 409),
    )
    def patch(self, request: Request, comment_id: UUID) -> Response:
        """If-Match takes the comment's `version`, such as "0"."""
        row, _ = find_comment(self.actor, comment_id, Scope.REVIEW)
        version = required_version(request)
        edit_comment(self.actor, row, self.input(Words)["text"], version=version)
        return _answer(self.actor, row)

    @documented(
        "delete_comment",
        "Take the words of your own comment away for good.",
        tag="comments",
        status=204,
        errors=ERRORS,
    )
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Its place in the thread stays."""
        delete_comment(self.actor, find_comment(self.actor, comment_id, Scope.REVIEW)[0])
        return Response(status=HTTPStatus.NO_CONTENT)


class RepliesRoute(Route):
    @documented(
        "reply",
        "Add a comment to the thread of one.",
        tag="comments",
        response=ThreadShape,
        status=201,
        request=Words,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request, comment_id: UUID) -> Response:
        first, _ = find_thread(self.actor, comment_id, Scope.REVIEW)
        row = reply_to(self.actor, first, self.input(Words)["text"])
        return _answer(self.actor, row, status=HTTPStatus.CREATED)


class ResolveThreadRoute(Route):
    @documented(
        "resolve_thread",
        "Call a thread resolved.",
        tag="comments",
        response=ThreadShape,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request, comment_id: UUID) -> Response:
        """For whoever began it, adjudicators and above."""
        first, _ = find_thread(self.actor, comment_id, Scope.REVIEW)
        settle_thread(self.actor, first, resolved=True)
        return _answer(self.actor, first)


class ReopenThreadRoute(Route):
    @documented(
        "reopen_thread",
        "Open a resolved thread again.",
        tag="comments",
        response=ThreadShape,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request, comment_id: UUID) -> Response:
        first, _ = find_thread(self.actor, comment_id, Scope.REVIEW)
        settle_thread(self.actor, first, resolved=False)
        return _answer(self.actor, first)


def thread_body(thread: Thread) -> dict[str, Any]:
    first = thread.first
    return {
        "id": first.pk,
        "article": first.revision.article_id,
        "revision": first.revision.number,
        "line": first.line,
        "resolved": thread.resolved,
        "comments": [comment_body(said) for said in thread.comments],
    }


def comment_body(said: Said) -> dict[str, Any]:
    return {
        "id": said.row.pk,
        "author": said.row.author.public_id,
        "name": str(said.row.author),
        "at": said.row.at,
        "text": said.text,
        "edited_at": said.edited_at,
        "deleted": said.deleted,
        "version": said.version,
        "mentions": sorted(str(user.public_id) for user in said.mentioned),
    }


def _answer(
    actor: Actor, row: Comment, *, scope: Scope = Scope.REVIEW, status: int = HTTPStatus.OK
) -> Response:
    first, role = find_thread(actor, row.thread, scope)
    (thread,) = read_threads(actor, first.revision.article.corpus, role, [first])
    return Response(thread_body(thread), status=status)


def _id(value: str, field: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise BadInput(f"{field} is an id.", field=field) from None
