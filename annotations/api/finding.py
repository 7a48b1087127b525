"""Find what an address names, for somebody who may see it; anything else does not exist."""

from typing import TypeVar
from uuid import UUID

from rest_framework.request import Request

from annotations.models import Annotation, Layer, Relation
from annotations.services.reading import LayerView, layers_and_terms, own_of, read_layers
from annotations.services.showing import rows_seen_by, shown_to
from corpus.api.articles import find_article
from corpus.api.pagination import WHOLE
from corpus.models import Article, Revision, Role
from corpus.prepared import Prepared
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.errors import BadInput, NotFound
from corpus.text.offsets import OffsetUnit

Part = TypeVar("Part", Annotation, Relation)

NO_SUCH_ANNOTATION = "There is no such annotation, or it is not yours to see."
NO_SUCH_RELATION = "There is no such relation, or it is not yours to see."

_CURRENT = Prepared(lambda article: Revision.objects.filter(article=article, current=True))


def find_revision(
    request: Request, actor: Actor, article_id: UUID, role: Role = Role.VIEWER, scope: Scope = Scope.READ
) -> tuple[Article, Revision]:
    """Return an article and the revision that `?revision=` names, or its current one. Three queries."""
    article = find_article(actor, article_id, role, scope)
    return article, numbered_revision(article, asked_number(request))


def asked_number(request: Request) -> int | None:
    number = request.query_params.get("revision")
    if number is None:
        return None
    if not WHOLE.match(number):
        raise BadInput("revision is a whole number from 1.", field="revision")
    return int(number)


def numbered_revision(article: Article, number: int | None) -> Revision:
    """Return a revision of an article by its number, or the current one, with the article on it."""
    if number is None:
        found = _CURRENT.first(article.pk)
    else:
        found = Revision.objects.filter(article=article, number=number).first()
    if found is None:
        raise NotFound("The article has no such revision.")
    found.article = article
    return found


def asked_unit(request: Request) -> OffsetUnit:
    """Return what the offsets of a request count."""
    unit = request.query_params.get("offset_unit", OffsetUnit.CODE_POINT)
    if unit not in set(OffsetUnit):
        raise BadInput(f"offset_unit is one of {', '.join(OffsetUnit)}.", field="offset_unit")
    return OffsetUnit(unit)


def find_annotation(
    actor: Actor, pk: UUID, role: Role = Role.VIEWER, scope: Scope = Scope.READ
) -> tuple[Annotation, Role]:
    """Return an annotation in a layer that the actor may see, with layer, revision, article and corpus.

    One that is withheld from the actor's pass is not there; one that is planted in it is in the layer of
    the pipeline whose name it bears.
    """
    return _find(Annotation, actor, pk, role, scope, NO_SUCH_ANNOTATION)


def find_relation(
    actor: Actor, pk: UUID, role: Role = Role.VIEWER, scope: Scope = Scope.READ
) -> tuple[Relation, Role]:
    """Return a relation, as `find_annotation` does."""
    return _find(Relation, actor, pk, role, scope, NO_SUCH_RELATION)


def view_of(actor: Actor, layer: Layer) -> tuple[LayerView, LayerView | None]:
    """Read a layer whole, and the actor's own one on the same revision, which may be the same."""
    revision = layer.revision
    role = role_in(actor, revision.corpus_id) or Role.VIEWER
    visible, terms = layers_and_terms(actor, revision.article.corpus, role, revision)
    shown = shown_to(actor, terms, revision, visible)
    if shown and (view := shown.view_of(layer)):
        return view, None if shown.own.layer._state.adding else shown.own
    own = own_of(actor, visible)
    if own is None or own.pk == layer.pk:
        view = read_layers([layer])[0]
        return view, view if own else None
    views = read_layers([layer, own])
    return views[0], views[1]


def _find(
    model: type[Part], actor: Actor, pk: UUID, role: Role, scope: Scope, missing: str
) -> tuple[Part, Role]:
    found = (
        model._default_manager.select_related(
            "layer__pipeline", "layer__reviewer", "layer__revision__article__corpus"
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound(missing)
    revision = found.layer.revision
    corpus = revision.article.corpus
    # First whether it is there for the actor at all: a refusal of the role would tell that it is.
    own_role = role_in(actor, corpus.pk)
    if own_role is None:
        raise NotFound(missing)
    seen = rows_seen_by(actor, corpus, own_role, revision, [found])
    if not seen:
        raise NotFound(missing)
    return seen[0], require(actor, corpus.pk, role, scope)
