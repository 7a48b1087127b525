"""Who acts, and how far that reaches."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from corpus.models import Corpus, Membership, Role, User
from corpus.prepared import Prepared
from corpus.services.errors import NotAllowed, NotFound


class Scope(StrEnum):
    """What a token may be used for, on top of its user's role."""

    READ = "read"
    INGEST = "ingest"
    SUGGEST = "suggest"
    REVIEW = "review"
    EXPORT = "export"
    MANAGE = "manage"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The one on whose behalf a service acts, passed to every act instead of a request.

    `user` is None for the operator of the machine, at a command line, and for Attest's own jobs; the two
    answer to nobody's role. `scopes` is None where no token narrows what the user may do.
    """

    user: User | None
    via: str
    request_id: str = ""
    scopes: frozenset[str] | None = None
    corpus_id: UUID | None = None

    def narrowed_out(self, scope: Scope) -> bool:
        return self.scopes is not None and scope not in self.scopes


_ROLE = Prepared(
    lambda corpus, user: Membership.objects.filter(corpus=corpus, user=user).values_list("role", flat=True)
)
_OF_SLUG = Prepared(lambda slug: Corpus.objects.filter(slug=slug))

COMMAND = Actor(user=None, via="command")
JOB = Actor(user=None, via="job")


def role_in(actor: Actor, corpus_id: UUID) -> Role | None:
    """Return the actor's role in a corpus, or None for a stranger to it. One query; none for the operator."""
    if actor.user is None:
        return Role.OWNER
    if actor.corpus_id is not None and actor.corpus_id != corpus_id:
        return None
    role = _ROLE.first(corpus_id, actor.user.pk)
    return Role(role) if role else None


def require(actor: Actor, corpus_id: UUID, role: Role, scope: Scope) -> Role:
    """Return the actor's role, or refuse.

    Raises:
        NotFound: the actor is no member; the corpus might as well not exist.
        NotAllowed: the role or the token's scopes do not reach so far.
    """
    own = role_in(actor, corpus_id)
    if own is None:
        raise NotFound("There is no such corpus, or you are not a member of it.")
    if not own.reaches(role):
        raise NotAllowed(f"This takes the role {role.label} or more; yours is {own.label}.")
    if actor.narrowed_out(scope):
        raise NotAllowed(f"This token lacks the scope {scope.value}.")
    return own


def find_corpus(actor: Actor, slug: str, role: Role = Role.VIEWER, scope: Scope = Scope.READ) -> Corpus:
    """Return the corpus of that slug for an actor who may see it; refuses as `require` does."""
    return corpus_and_role(actor, slug, role, scope)[0]


def corpus_and_role(
    actor: Actor, slug: str, role: Role = Role.VIEWER, scope: Scope = Scope.READ
) -> tuple[Corpus, Role]:
    """Return the corpus, as `find_corpus` does, and the actor's role in it. Two queries."""
    corpus = _OF_SLUG.first(slug)
    if corpus is None:
        raise NotFound("There is no such corpus, or you are not a member of it.")
    return corpus, require(actor, corpus.pk, role, scope)
