"""Corpora, their members, guideline and scheme."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.api.authentication import person_of
from corpus.api.idempotency import idempotent
from corpus.api.pagination import WHOLE, page_of
from corpus.api.preconditions import required_version
from corpus.api.schema import CURSOR, ETAG, IDEMPOTENCY_KEY, IF_MATCH, documented, paged
from corpus.api.shapes import (
    CorpusSettings,
    CorpusShape,
    GuidelineChangesShape,
    GuidelineShape,
    MemberRole,
    MemberShape,
    NewCorpus,
    NewGuideline,
    NewScheme,
    SchemeShape,
)
from corpus.api.views import Route, tagged
from corpus.models import Corpus, Guideline, Membership, Role, Scheme, User
from corpus.services.actors import Actor, Scope, find_corpus, role_in
from corpus.services.corpora import (
    SETTINGS,
    configure_corpus,
    create_corpus,
    publish_guideline,
    publish_scheme,
    remove_member,
    scheme_of,
    set_member,
)
from corpus.services.errors import BadInput, NotAllowed, NotFound
from corpus.services.guidelines import affected_labels, guideline_changes, rule_change_body

NUMBER = OpenApiParameter("number", int, description="A version; the newest by default.")
SINCE = OpenApiParameter("since", int, description="The version to compare with; the one before by default.")
MEMBER_ERRORS = (403, 404)


class CorporaRoute(Route):
    @documented(
        "list_corpora",
        "List the corpora that you are a member of.",
        tag="corpora",
        response=paged(CorpusShape),
        query=CURSOR,
        errors=[403],
    )
    def get(self, request: Request) -> Response:
        _check_scope(self.actor, Scope.READ)
        return Response(page_of(request, own_corpora(self.actor), corpus_body))

    @documented(
        "create_corpus",
        "Make a corpus with the default scheme; you own it.",
        tag="corpora",
        response=CorpusShape,
        status=201,
        request=NewCorpus,
        headers=(IDEMPOTENCY_KEY, ETAG),
        errors=[403],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        # Before the body is looked at, so that a token that may not cannot learn which slugs are taken.
        if self.actor.narrowed_out(Scope.MANAGE) or self.actor.corpus_id:
            raise NotAllowed(
                "This token cannot make a corpus: that takes the scope manage and no corpus of its own."
            )
        given = self.input(NewCorpus)
        corpus = create_corpus(self.actor, **{"name": given["slug"], **given})
        return tagged(corpus_body(corpus, Role.OWNER), corpus.version, HTTPStatus.CREATED)


class CorpusRoute(Route):
    @documented(
        "read_corpus",
        "Read a corpus and its settings.",
        tag="corpora",
        response=CorpusShape,
        headers=[ETAG],
        errors=MEMBER_ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug)
        return tagged(corpus_body(corpus, role_in(self.actor, corpus.pk)), corpus.version)

    @documented(
        "configure_corpus",
        "Change settings of a corpus.",
        tag="corpora",
        response=CorpusShape,
        request=CorpusSettings(partial=True),
        headers=(IF_MATCH, ETAG),
        errors=MEMBER_ERRORS,
    )
    def patch(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        version = required_version(request)
        changes = self.input(CorpusSettings, partial=True)
        corpus = configure_corpus(self.actor, corpus, version=version, changes=changes)
        return tagged(corpus_body(corpus, role_in(self.actor, corpus.pk)), corpus.version)


class MembersRoute(Route):
    @documented(
        "list_members",
        "List who belongs to a corpus.",
        tag="corpora",
        response=paged(MemberShape),
        query=CURSOR,
        errors=MEMBER_ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug)
        members = Membership.objects.filter(corpus=corpus).select_related("user")
        return Response(page_of(request, members, member_body, newest_first=False))


class MemberRoute(Route):
    @documented(
        "set_member",
        "Make somebody a member, or give a member another role.",
        tag="corpora",
        response=MemberShape,
        request=MemberRole,
        errors=(*MEMBER_ERRORS, 409),
    )
    def put(self, request: Request, slug: str, who: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.OWNER, Scope.MANAGE)
        role = self.input(MemberRole)["role"]
        return Response(member_body(set_member(self.actor, corpus, find_user(who), role)))

    @documented(
        "remove_member",
        "Take a member out of a corpus; what the person decided stays.",
        tag="corpora",
        status=204,
        errors=(*MEMBER_ERRORS, 409),
    )
    def delete(self, request: Request, slug: str, who: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.OWNER, Scope.MANAGE)
        remove_member(self.actor, corpus, find_user(who))
        return Response(status=HTTPStatus.NO_CONTENT)


class GuidelineRoute(Route):
    @documented(
        "read_guideline",
        "Read the guideline.",
        tag="corpora",
        response=GuidelineShape,
        query=[NUMBER],
        headers=[ETAG],
        errors=MEMBER_ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug)
        guideline = _version_of(request, Guideline.objects.filter(corpus=corpus))
        return tagged(guideline_body(guideline), guideline.number)

    @documented(
        "publish_guideline",
        "Publish the next version of the guideline.",
        tag="corpora",
        response=GuidelineShape,
        status=201,
        request=NewGuideline,
        headers=(IF_MATCH, IDEMPOTENCY_KEY, ETAG),
        errors=MEMBER_ERRORS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        version = required_version(request)
        text = self.input(NewGuideline)["text"]
        guideline = publish_guideline(self.actor, corpus, text=text, version=version)
        return tagged(guideline_body(guideline), guideline.number, HTTPStatus.CREATED)


class GuidelineChangesRoute(Route):
    @documented(
        "compare_guidelines",
        "Read what a version of the guideline changed, rule by rule, and which labels that affects.",
        tag="corpora",
        response=GuidelineChangesShape,
        query=(NUMBER, SINCE),
        errors=MEMBER_ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Version 1 is compared with nothing. A changed rule that names no label affects all."""
        corpus = find_corpus(self.actor, slug)
        number = _version_of(request, Guideline.objects.filter(corpus=corpus)).number
        since = request.query_params.get("since", str(number - 1))
        if not WHOLE.match(since) and since != "0":
            raise BadInput("since is a whole number from 0.", field="since")
        changes = guideline_changes(corpus.pk, int(since), number)
        affected, scheme = affected_labels(corpus.pk, changes), scheme_of(corpus.pk)
        return Response(
            {
                "before": int(since),
                "after": number,
                "rules": [rule_change_body(change, scheme) for change in changes.rules],
                "outside": changes.outside,
                "labels": affected.labels,
                "unclear": affected.unclear,
                "cannot_tell": affected.cannot_tell,
            }
        )


class SchemeRoute(Route):
    @documented(
        "read_scheme",
        "Read the labels and relations.",
        tag="corpora",
        response=SchemeShape,
        query=[NUMBER],
        headers=[ETAG],
        errors=MEMBER_ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug)
        scheme = _version_of(request, Scheme.objects.filter(corpus=corpus))
        return tagged(scheme_body(scheme), scheme.number)

    @documented(
        "publish_scheme",
        "Publish the next version of the scheme.",
        tag="corpora",
        response=SchemeShape,
        status=201,
        request=NewScheme,
        headers=(IF_MATCH, IDEMPOTENCY_KEY, ETAG),
        errors=MEMBER_ERRORS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        version = required_version(request)
        definition = self.input(NewScheme)["definition"]
        scheme = publish_scheme(self.actor, corpus, definition=definition, version=version)
        return tagged(scheme_body(scheme), scheme.number, HTTPStatus.CREATED)


def own_corpora(actor: Actor) -> QuerySet[Corpus]:
    """Return the corpora of the actor, each with its `own_role`."""
    corpora = Corpus.objects.visible_to(person_of(actor).pk).annotate(own_role=F("members__role"))
    return corpora.filter(pk=actor.corpus_id) if actor.corpus_id else corpora


def find_user(who: str) -> User:
    """Return the person of a public id or username."""
    try:
        found = User.objects.filter(public_id=UUID(who)).first()
    except ValueError:
        found = None
    found = found or User.objects.filter(username=who, is_active=True).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found


def corpus_body(corpus: Corpus, role: Role | None = None) -> dict[str, Any]:
    return {
        "id": corpus.pk,
        "slug": corpus.slug,
        **{name: getattr(corpus, name) for name in SETTINGS},
        "version": corpus.version,
        "created_at": corpus.created_at,
        "role": role.value if role else getattr(corpus, "own_role", None),
    }


def member_body(member: Membership) -> dict[str, Any]:
    return {
        "user": member.user.public_id,
        "name": str(member.user),
        "role": member.role,
        "since": member.created_at,
    }


def guideline_body(guideline: Guideline) -> dict[str, Any]:
    return {"number": guideline.number, "text": guideline.text, "published_at": guideline.created_at}


def scheme_body(scheme: Scheme) -> dict[str, Any]:
    return {"number": scheme.number, "definition": scheme.definition, "published_at": scheme.created_at}


def _version_of(request: Request, versions: QuerySet[Any]) -> Any:
    number = request.query_params.get("number")
    if number is not None:
        if not WHOLE.match(number):
            raise BadInput("number is a whole number from 1.", field="number")
        versions = versions.filter(number=int(number))
    found = versions.order_by("-number").first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


def _check_scope(actor: Actor, scope: Scope) -> None:
    if actor.narrowed_out(scope):
        raise NotAllowed(f"This token lacks the scope {scope.value}.")
