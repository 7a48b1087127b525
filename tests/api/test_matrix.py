"""Who may do what: every route x method x person x object, from the URL map, each with an expectation."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from annotations.models import (
    Annotation,
    Delivery,
    Dispute,
    Export,
    Job,
    JobStatus,
    Layer,
    Relation,
    ReReview,
    Run,
    Training,
    Webhook,
)
from annotations.services.comments import post_comment
from annotations.services.jobs import work_jobs
from annotations.services.opening import close_passes
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import take_article
from annotations.services.releases import Plan, make_release
from annotations.services.webhooks import make_webhook
from corpus.models import Block, Corpus, Event, Revision, Role, Token, User
from corpus.services.actors import COMMAND, Scope
from corpus.services.corpora import create_corpus, set_member
from corpus.services.invitations import invite
from tests.api.contract import ALL, Caller, caller, content_of
from tests.conftest import acting, person, put_in

METHODS = ("get", "post", "put", "patch", "delete")
VIEWER, REVIEWER, ADJUDICATOR, LEAD, OWNER = Role
READ, INGEST, SUGGEST, REVIEW, EXPORT, MANAGE = Scope
V0, V1 = {"If_Match": '"0"'}, {"If_Match": '"1"'}
TEXT = "A text that nobody has sent before."
SENT = {
    "revision": 1,
    "pipeline": {"name": "mine", "version": "1"},
    "annotations": [{"key": 1, "label": "claim", "segments": [[0, 5]], "score": 0.5}],
}
REJECTED = {"reject": True, "reason": "boundary"}
SCHEME = {"labels": [{"name": "claim"}], "relations": []}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What a method takes: the least role (None where no corpus is named), a scope, a request that works."""

    role: Role | None = None
    scope: Scope | None = READ
    status: int = 200
    body: Any = None
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: A token of one corpus does not reach it.
    unbound: bool = False
    public: bool = False
    #: To whom the role does not reach it is not there at all.
    hidden: bool = False


EXPECTED: dict[str, Cell] = {
    # Reading who you are takes no scope: a token can always see what it is.
    "me GET": Cell(scope=None),
    "tokens GET": Cell(scope=MANAGE),
    "tokens POST": Cell(scope=MANAGE, status=201, body={"name": "x", "scopes": ["manage"]}, unbound=True),
    "token DELETE": Cell(role=VIEWER, scope=MANAGE, status=204),
    "corpora GET": Cell(),
    "corpora POST": Cell(scope=MANAGE, status=201, body={"slug": "new"}, unbound=True),
    "corpus GET": Cell(role=VIEWER),
    "corpus PATCH": Cell(role=LEAD, scope=MANAGE, body={"name": "x"}, headers=V1),
    "members GET": Cell(role=VIEWER),
    "member PUT": Cell(role=OWNER, scope=MANAGE, body={"role": "viewer"}),
    "member DELETE": Cell(role=OWNER, scope=MANAGE, status=204),
    "invitations GET": Cell(role=LEAD),
    "invitations POST": Cell(role=LEAD, scope=MANAGE, status=201, body={"role": "reviewer"}),
    "invitation DELETE": Cell(role=LEAD, scope=MANAGE, status=204),
    "guideline GET": Cell(role=VIEWER),
    "guideline POST": Cell(role=LEAD, scope=MANAGE, status=201, body={"text": "R2."}, headers=V1),
    "guideline-changes GET": Cell(role=VIEWER),
    "scheme GET": Cell(role=VIEWER),
    "scheme POST": Cell(role=LEAD, scope=MANAGE, status=201, body={"definition": SCHEME}, headers=V1),
    "articles GET": Cell(role=VIEWER),
    "articles POST": Cell(role=LEAD, scope=INGEST, status=201, body={"external_id": "n", "text": TEXT}),
    "next GET": Cell(role=REVIEWER),
    "pipelines GET": Cell(role=VIEWER),
    "pipelines POST": Cell(role=LEAD, scope=MANAGE, body={"name": "rules"}),
    "pipeline DELETE": Cell(role=LEAD, scope=MANAGE, status=204),
    "evaluation GET": Cell(role=LEAD),
    "trainings GET": Cell(role=LEAD),
    # Nothing is reviewed in these corpora, so that there is nothing to learn from.
    "trainings POST": Cell(role=LEAD, scope=MANAGE, status=400),
    "training GET": Cell(role=LEAD),
    "cancel-training POST": Cell(role=LEAD, scope=MANAGE),
    "jobs GET": Cell(role=LEAD),
    "export GET": Cell(role=LEAD, scope=EXPORT, query="?layer=all"),
    "import POST": Cell(
        role=LEAD, scope=INGEST, body=b"{}", headers={"content_type": "application/x-ndjson"}
    ),
    "events GET": Cell(role=VIEWER),
    "stats GET": Cell(role=VIEWER),
    "rereviews GET": Cell(role=LEAD),
    "rereviews POST": Cell(role=LEAD, scope=MANAGE, status=201, body={"labels": ["quote"]}),
    "rereview-extent GET": Cell(role=LEAD, query="?labels=quote"),
    "rereview GET": Cell(role=LEAD),
    "close-rereview POST": Cell(role=LEAD, scope=MANAGE),
    "agreement GET": Cell(role=ADJUDICATOR),
    "differences GET": Cell(role=ADJUDICATOR, query="?label=quote"),
    "vigilance GET": Cell(role=REVIEWER),
    "article GET": Cell(role=VIEWER),
    "article PUT": Cell(role=LEAD, scope=INGEST, body={"text": TEXT}, headers=V1),
    "article DELETE": Cell(role=OWNER, scope=MANAGE, status=204, query="?reason=taken+down"),
    "revisions GET": Cell(role=VIEWER),
    "blocks GET": Cell(role=VIEWER),
    "block PATCH": Cell(
        role=REVIEWER, scope=REVIEW, body={"kind": "caption"}, headers={"If_Match": '"body"'}
    ),
    "annotations GET": Cell(role=VIEWER),
    "relations GET": Cell(role=VIEWER),
    "suggestions POST": Cell(role=LEAD, scope=SUGGEST, status=201, body=SENT),
    "candidates GET": Cell(role=REVIEWER),
    "reviews GET": Cell(role=REVIEWER),
    "reviews POST": Cell(role=REVIEWER, scope=REVIEW, body={"decisions": []}),
    "pass GET": Cell(role=REVIEWER),
    "pass POST": Cell(role=REVIEWER, scope=REVIEW, status=409),
    "pass DELETE": Cell(role=REVIEWER, scope=REVIEW, status=404),
    "annotation GET": Cell(role=VIEWER),
    "annotation-review POST": Cell(role=REVIEWER, scope=REVIEW, body={"verdict": "skip"}, headers=V0),
    "annotation-history GET": Cell(role=VIEWER),
    "relation GET": Cell(role=VIEWER),
    "relation-review POST": Cell(role=REVIEWER, scope=REVIEW, body={"verdict": "skip"}, headers=V0),
    "runs GET": Cell(),
    "runs POST": Cell(role=LEAD, scope=MANAGE, status=201, body={"corpus": "{slug}"}),
    "run GET": Cell(role=VIEWER),
    "cancel-run POST": Cell(role=LEAD, scope=MANAGE),
    "retry-job POST": Cell(role=LEAD, scope=MANAGE),
    "assignments GET": Cell(role=REVIEWER, query="?corpus={slug}"),
    "take POST": Cell(role=REVIEWER, scope=REVIEW, status=201, body={"corpus": "{slug}"}),
    # The assignment of each world is its owner's own.
    "assignment GET": Cell(role=LEAD, hidden=True),
    "heartbeat POST": Cell(role=OWNER, scope=REVIEW, hidden=True),
    "return POST": Cell(role=OWNER, scope=REVIEW, hidden=True),
    "submit POST": Cell(role=OWNER, scope=REVIEW, hidden=True, status=409),
    "hand-over POST": Cell(role=LEAD, scope=MANAGE, hidden=True, body={"to": "{to}"}),
    "disputes GET": Cell(role=ADJUDICATOR, query="?corpus={slug}"),
    "dispute GET": Cell(role=ADJUDICATOR),
    "settle POST": Cell(role=ADJUDICATOR, scope=REVIEW, body=REJECTED, headers=V1),
    "reopen POST": Cell(role=ADJUDICATOR, scope=REVIEW, headers=V1),
    "approve POST": Cell(role=ADJUDICATOR, scope=REVIEW, status=409),
    "exports GET": Cell(scope=EXPORT),
    "exports POST": Cell(role=LEAD, scope=EXPORT, status=202, body={"corpus": "{slug}", "layer": "all"}),
    # Those of these worlds are of downloads: no file was kept.
    "export-file GET": Cell(role=LEAD, scope=EXPORT, status=410),
    "cancel-export POST": Cell(role=LEAD, scope=EXPORT),
    "export-manifest GET": Cell(role=LEAD, scope=EXPORT),
    "releases GET": Cell(role=LEAD, scope=EXPORT, query="?corpus={slug}"),
    "releases POST": Cell(
        role=LEAD, scope=EXPORT, status=201, body={"corpus": "{slug}", "name": "v2", "layer": "machine"}
    ),
    "release GET": Cell(role=LEAD, scope=EXPORT),
    "release-file GET": Cell(role=LEAD, scope=EXPORT),
    "release-card GET": Cell(role=LEAD, scope=EXPORT),
    "release-diff GET": Cell(role=LEAD, scope=EXPORT, query="?from=v1"),
    "comments GET": Cell(role=REVIEWER, query="?corpus={slug}"),
    "comments POST": Cell(
        role=REVIEWER, scope=REVIEW, status=201, body={"article": "{article_id}", "text": "Why?"}
    ),
    # The comment of each world is its owner's own, and its corpus is blind.
    "comment GET": Cell(role=ADJUDICATOR, hidden=True),
    "comment PATCH": Cell(role=OWNER, scope=REVIEW, body={"text": "Oh."}, headers=V0, hidden=True),
    "comment DELETE": Cell(role=OWNER, scope=REVIEW, status=204, hidden=True),
    "replies POST": Cell(role=ADJUDICATOR, scope=REVIEW, status=201, body={"text": "So."}, hidden=True),
    "resolve-thread POST": Cell(role=ADJUDICATOR, scope=REVIEW, hidden=True),
    "reopen-thread POST": Cell(role=ADJUDICATOR, scope=REVIEW, hidden=True),
    "webhooks GET": Cell(role=LEAD, query="?corpus={slug}"),
    "webhooks POST": Cell(
        role=LEAD,
        scope=MANAGE,
        status=201,
        body={"corpus": "{slug}", "url": "https://hooks.test/", "kinds": ["gold"]},
    ),
    "webhook GET": Cell(role=LEAD),
    "webhook PATCH": Cell(role=LEAD, scope=MANAGE, body={"active": False}, headers=V1),
    "webhook DELETE": Cell(role=LEAD, scope=MANAGE, status=204),
    "ping POST": Cell(role=LEAD, scope=MANAGE, status=204),
    "rotate POST": Cell(role=LEAD, scope=MANAGE),
    "replay POST": Cell(role=LEAD, scope=MANAGE, body={"position": 0}),
    "deliveries GET": Cell(role=LEAD),
    "delivery GET": Cell(role=LEAD),
    "replay-delivery POST": Cell(role=LEAD, scope=MANAGE),
    "schema GET": Cell(public=True),
    "docs GET": Cell(public=True),
}


@dataclass(frozen=True, kw_only=True)
class Persona:
    call: Caller
    role: Role | None
    scopes: frozenset[str] = frozenset(ALL)
    signed_in: bool = True
    bound: bool = False


@dataclass(frozen=True, kw_only=True)
class World:
    own: dict[str, Any]
    foreign: dict[str, Any]
    missing: dict[str, Any]


def routes() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the name, methods and parameters of each route below /api/v1/."""
    for pattern in _patterns(get_resolver().url_patterns, ""):
        view = getattr(pattern.callback, "cls", None)
        methods = [method for method in METHODS if hasattr(view, method)] if view else ["get"]
        for method in methods:
            yield f"{pattern.name} {method.upper()}", str(pattern.name), list(pattern.pattern.converters)


def _patterns(patterns: list[Any], prefix: str) -> Iterator[URLPattern]:
    for pattern in patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, place)
        elif place.startswith("api/v1/"):
            yield pattern


def unexpected(expected: dict[str, Cell]) -> set[str]:
    """Return the routes without an expectation, and the expectations without a route."""
    return {name for name, _, _ in routes()} ^ set(expected)


def test_every_route_has_an_expectation() -> None:
    assert not unexpected(EXPECTED)


def test_a_route_without_an_expectation_is_noticed() -> None:
    without = {name: cell for name, cell in EXPECTED.items() if name != "reviews POST"}
    assert unexpected(without) == {"reviews POST"}


def furnished(slug: str, owner: User) -> dict[str, Any]:
    """Return what addresses can name in a corpus of `owner` in which everything has happened once."""
    corpus = Corpus.objects.filter(slug=slug).first() or create_corpus(
        COMMAND, slug=slug, name=slug, owner=owner, guideline="R1."
    )
    pipeline = activate_pipeline(COMMAND, corpus, "rules")
    # One text for the owner, one that is disputed, and one to take.
    revision, disputed, _ = (put_in(corpus, external_id=f"{slug}-{number}") for number in (1, 2, 3))
    work_jobs("test", limit=10, seconds=30)
    assignment = take_article(acting(owner), revision)
    set_member(COMMAND, corpus, helper := person(f"{slug}-helper"), Role.REVIEWER)
    layer = Layer.objects.get(revision=revision, pipeline=pipeline)
    job = Job.objects.get(revision=revision)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PARKED)
    webhook = make_webhook(acting(owner), corpus, url="https://hooks.test/", kinds=["gold"])
    delivery = _delivery(webhook)
    return {
        "slug": corpus.slug,
        "who": helper.username,
        "to": str(helper.public_id),
        "invitation_id": invite(acting(owner), corpus, Role.VIEWER)[0].pk,
        "assignment_id": assignment.pk,
        "dispute_id": _dispute(disputed).pk,
        "article_id": revision.article_id,
        "annotation_id": Annotation.objects.filter(layer=layer).first().pk,  # type: ignore[union-attr]
        "relation_id": Relation.objects.filter(layer=layer).first().pk,  # type: ignore[union-attr]
        "block_id": Block.objects.filter(revision=revision).first().pk,  # type: ignore[union-attr]
        "pipeline_id": pipeline.pk,
        "run_id": Run.objects.create(corpus=corpus, pipeline=pipeline).pk,
        "job_id": job.pk,
        "training_id": Training.objects.create(corpus=corpus, due_at=timezone.now(), status="done").pk,
        "rereview_id": ReReview.objects.create(corpus=corpus, guideline=1, at=timezone.now()).pk,
        "comment_id": post_comment(acting(owner), revision.article, "Why?").pk,
        "webhook_id": webhook.pk,
        "delivery_id": delivery.pk,
        "release_id": make_release(acting(owner), corpus, Plan(name="v1", layer="machine")).pk,
        "split": "train",
        "export_id": Export.objects.create(
            corpus=corpus, format="attest-jsonl", layer="all", status="done", made_at=timezone.now()
        ).pk,
    }


def _delivery(webhook: Webhook) -> Delivery:
    event = Event.objects.filter(corpus=webhook.corpus, action="corpus.created")[0]
    return Delivery.objects.create(webhook=webhook, event=event, due_at=timezone.now())


def _dispute(revision: Revision) -> Dispute:
    close_passes([revision.pk])
    Revision.objects.filter(pk=revision.pk).update(status="disputed")
    return Dispute.objects.create(
        corpus=revision.corpus, revision=revision, line=uuid.uuid4(), start=0, opened_at=timezone.now()
    )


@pytest.fixture
def world(corpus: Corpus, owen: User) -> World:
    zoe = person("zoe")
    own, foreign = furnished("harbour", owen), furnished("abroad", zoe)
    # The matrix is about roles; that an owner with the text in hand settles nothing of it has its own tests.
    Corpus.objects.update(two_people=False)
    foreign["token_id"] = _token(zoe).pk
    missing: dict[str, Any] = {name: uuid.uuid4() for name in own if name.endswith("_id")}
    missing |= {
        "slug": "nowhere",
        "who": "nobody",
        "to": str(uuid.uuid4()),
        "block_id": 10**17,
        "job_id": 10**17,
        "token_id": uuid.uuid4(),
        "split": "train",
    }
    return World(own=own, foreign=foreign, missing=missing)


def _token(user: User) -> Token:
    caller(user)
    return Token.objects.filter(user=user).first()  # type: ignore[return-value]


@pytest.fixture
def personas(
    corpus: Corpus, owen: User, lea: User, cy: User, ada: User, vic: User, dee: User
) -> dict[str, Persona]:
    expired = caller(owen)
    Token.objects.filter(user=owen).update(expires_at=timezone.now() - timedelta(seconds=1))
    elsewhere = create_corpus(COMMAND, slug="elsewhere", name="Elsewhere", owner=owen)
    return {
        "anonymous": Persona(call=Caller(), role=None, signed_in=False),
        "an expired token": Persona(call=expired, role=None, signed_in=False),
        "dee the stranger": Persona(call=caller(dee), role=None),
        "vic the viewer": Persona(call=caller(vic), role=Role.VIEWER),
        "ada the reviewer": Persona(call=caller(ada), role=Role.REVIEWER),
        "cy the adjudicator": Persona(call=caller(cy), role=Role.ADJUDICATOR),
        "lea the lead": Persona(call=caller(lea), role=Role.LEAD),
        "owen the owner": Persona(call=caller(owen), role=Role.OWNER),
        "a token of another corpus": Persona(call=caller(owen, corpus=elsewhere), role=None, bound=True),
        "a token that only reads": Persona(call=caller(owen, "read"), role=OWNER, scopes=frozenset({"read"})),
    }


def expected_status(cell: Cell, persona: Persona, *, there: bool) -> int:
    if cell.public:
        return 200
    if not persona.signed_in:
        return 401
    reaches = cell.scope is None or cell.scope in persona.scopes
    if cell.role is None:
        return cell.status if reaches and not (cell.unbound and persona.bound) else 403
    if not there or persona.role is None or (cell.hidden and not persona.role.reaches(cell.role)):
        return 404
    return cell.status if reaches and persona.role.reaches(cell.role) else 403


def ask(
    persona: Persona, name: str, method: str, cell: Cell, things: dict[str, Any], needed: list[str]
) -> Any:
    """Send the request of a cell and undo what it did."""
    path = address_of(name, needed, cell, things)
    with undone():
        response = persona.call.send(method, path, body_of(cell, things), **cell.headers)
        return response.status_code, content_of(response)


def address_of(name: str, needed: list[str], cell: Cell, things: dict[str, Any]) -> str:
    query = cell.query.replace("{slug}", things["slug"])
    return reverse(name, kwargs={key: things[key] for key in needed}) + query


def body_of(cell: Cell, things: dict[str, Any]) -> Any:
    """Return the body of a cell; the fields that name a thing name this world's."""
    if not isinstance(cell.body, dict):
        return cell.body
    names = {"{slug}": things["slug"], "{to}": things["to"], "{article_id}": str(things["article_id"])}
    return {
        field: names.get(value, value) if isinstance(value, str) else value
        for field, value in cell.body.items()
    }


class undone:
    def __enter__(self) -> None:
        self.point = transaction.savepoint()

    def __exit__(self, *_: object) -> None:
        transaction.savepoint_rollback(self.point)


@pytest.mark.parametrize("things", ["own", "foreign", "missing"])
def test_every_cell(world: World, personas: dict[str, Persona], things: str) -> None:
    wrong, asked = [], 0
    for key, name, needed in routes():
        cell, method = EXPECTED[key], key.split()[1]
        if name == "token":
            continue
        for who, persona in personas.items():
            status, body = ask(persona, name, method, cell, getattr(world, things), needed)
            wanted = expected_status(cell, persona, there=things == "own")
            asked += 1
            if status != wanted:
                wrong.append(f"{key} by {who} on {things}: {status} instead of {wanted}: {body[:200]!r}")
    assert not wrong, "\n".join(wrong)
    assert asked > 500


def test_a_foreign_thing_answers_like_a_missing_one(world: World, personas: dict[str, Persona]) -> None:
    for key, name, needed in routes():
        cell, method = EXPECTED[key], key.split()[1]
        if not needed and cell.role is None:
            continue
        for who, persona in personas.items():
            foreign = ask(persona, name, method, cell, world.foreign, needed)
            assert foreign == ask(persona, name, method, cell, world.missing, needed), f"{key} by {who}"
            if name in ("block", "pipeline", "invitation", "delivery", "replay-delivery"):
                # A child of another corpus below a parent of one's own.
                child = needed[-1]
                mixed = {**world.own, child: world.foreign[child]}
                nothing = {**world.own, child: world.missing[child]}
                assert ask(persona, name, method, cell, mixed, needed) == ask(
                    persona, name, method, cell, nothing, needed
                ), f"{key} by {who} below an own parent"


def test_a_token_is_its_owners_alone(world: World, owen: User, ada: User) -> None:
    token = _token(owen)
    path = f"tokens/{token.pk}/"
    stranger = caller(ada).delete(path)
    assert stranger.status_code == 404
    assert stranger.content == caller(ada).delete(f"tokens/{uuid.uuid4()}/").content
    assert caller(owen, "read").delete(path).status_code == 403
    assert caller(owen, corpus=Corpus.objects.get(slug="harbour")).delete(path).status_code == 404
    assert Caller().delete(path).status_code == 401
    assert caller(owen).delete(path).status_code == 204


def test_a_method_that_a_route_has_not_is_refused(world: World, personas: dict[str, Persona]) -> None:
    there = {name for name, _, _ in routes()}
    for name, parameters in {name: needed for _, name, needed in routes()}.items():
        if name == "token":
            continue
        path = reverse(name, kwargs={key: world.own[key] for key in parameters})
        for method in (*METHODS, "options", "trace"):
            if f"{name} {method.upper()}" not in there:
                assert personas["owen the owner"].call.send(method.upper(), path).status_code == 405, (
                    name,
                    method,
                )


def test_scopes_reach_just_what_they_name(world: World, owen: User) -> None:
    """Every cell once for each scope alone, as the owner: what a scope does not name is refused."""
    wrong = []
    people = {
        scope: Persona(call=caller(owen, scope), role=OWNER, scopes=frozenset({scope})) for scope in Scope
    }
    for key, name, needed in routes():
        cell, method = EXPECTED[key], key.split()[1]
        if name in ("token", "import"):
            continue
        for scope, persona in people.items():
            status, _ = ask(persona, name, method, cell, world.own, needed)
            if status != expected_status(cell, persona, there=True):
                wrong.append(f"{key} with {scope}: {status}")
    assert not wrong, "\n".join(wrong)
