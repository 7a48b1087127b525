"""Making and configuring corpora, and who belongs to them."""

from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction

from corpus.models import Corpus, Guideline, Membership, QueueOrder, Role, Scheme, SuggestionsShown, User
from corpus.prepared import Prepared
from corpus.schemes import DEFAULT_SCHEME, SchemeDefinition, SchemeError, default_scheme, parse_scheme, united
from corpus.services.actors import Actor, Scope, require
from corpus.services.disclosure import DISCLOSURE, disclosing_rule
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from corpus.services.events import Change, record

#: The settings that `configure_corpus` takes, and so the ones in an event's before and after.
SETTINGS = (
    "name", "description", "language", "blind", "suggestions_shown", "queue_order", "seed", "passes",
    "second_share", "unaided_share", "withheld_share", "planted_share", "hand_cap", "lease_minutes",
    "agreed_is_gold", "single_is_gold", "two_people",
)  # fmt: skip
#: The settings that are numbers, with the least and the most that each may be.
RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**31 - 1),
    "passes": (1, 9),
    "second_share": (0, 1),
    "unaided_share": (0, 1),
    "withheld_share": (0, 0.5),
    "planted_share": (0, 0.2),
    "hand_cap": (0, 1_000),
    "lease_minutes": (1, 60 * 24 * 30),
}
_SCHEME = Prepared(
    lambda corpus: (
        Scheme.objects.filter(corpus=corpus).order_by("-number").values_list("definition", flat=True)[:1]
    )
)
_GUIDELINES = Guideline.objects.order_by("-number")
_GUIDELINE_NUMBER = Prepared(
    lambda corpus: _GUIDELINES.filter(corpus=corpus).values_list("number", flat=True)[:1]
)
_GUIDELINE_TEXT = Prepared(
    lambda corpus: _GUIDELINES.filter(corpus=corpus).values_list("text", flat=True)[:1]
)
CHOICES = {"suggestions_shown": SuggestionsShown.values, "queue_order": QueueOrder.values}
SWITCHES = ("blind", "agreed_is_gold", "single_is_gold", "two_people")


@transaction.atomic
def create_corpus(
    actor: Actor,
    *,
    slug: str,
    name: str,
    owner: User | None = None,
    guideline: str = "",
    scheme: Any = DEFAULT_SCHEME,
    **settings: Any,
) -> Corpus:
    """Make a corpus with a first scheme and guideline; `owner` (or the actor) owns it.

    Raises:
        BadInput: the slug is taken, the scheme is not sound, a setting is none, or wrong suggestions are to
            be planted and the guideline does not say so.
        NotAllowed: a token without the scope `manage`, or one that is bound to a corpus.
    """
    if actor.narrowed_out(Scope.MANAGE) or actor.corpus_id:
        raise NotAllowed(
            "This token cannot make a corpus: that takes the scope manage and no corpus of its own."
        )
    _check_settings(settings)
    _check_disclosed(settings.get("planted_share"), guideline)
    _check_scheme(scheme)
    try:
        with transaction.atomic():
            corpus = Corpus.objects.create(slug=slug, name=name or slug, **settings)
    except IntegrityError:
        raise BadInput(f"The slug {slug!r} is taken; choose another.", field="slug") from None
    Scheme.objects.create(corpus=corpus, number=1, definition=scheme, created_by=actor.user)
    Guideline.objects.create(corpus=corpus, number=1, text=guideline, created_by=actor.user)
    record(actor, _change(corpus, "corpus.created", after=_settings_of(corpus)))
    first = owner or actor.user
    if first is not None:
        Membership.objects.create(corpus=corpus, user=first, role=Role.OWNER)
        record(actor, _change(corpus, "member.added", after={"user": str(first.public_id), "role": "owner"}))
    return corpus


@transaction.atomic
def configure_corpus(actor: Actor, corpus: Corpus, *, version: int, changes: dict[str, Any]) -> Corpus:
    """Change settings, if nobody else has since `version`.

    Raises:
        StaleVersion: somebody else was quicker; nothing is changed.
        BadInput: a setting is unknown or cannot have that value, or wrong suggestions are to be planted and
            the guideline does not say so.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    _check_settings(changes)
    locked = Corpus.objects.select_for_update().get(pk=corpus.pk)
    if locked.version != version:
        raise StaleVersion(
            f"The settings are at version {locked.version} by now; yours was {version}.",
            version=locked.version,
            current=_settings_of(locked),
        )
    # A share that stays is no new request: a guideline that no longer discloses it has stopped the planting.
    if changes.get("planted_share") != locked.planted_share:
        _check_disclosed(changes.get("planted_share"), guideline_text(locked.pk))
    before = _settings_of(locked)
    for name, value in changes.items():
        setattr(locked, name, value)
    if _settings_of(locked) == before:
        return locked
    locked.version += 1
    locked.save(update_fields=[*changes, "version"])
    record(actor, _change(locked, "corpus.configured", before=before, after=_settings_of(locked)))
    return locked


@transaction.atomic
def set_member(actor: Actor, corpus: Corpus, user: User, role: str) -> Membership:
    """Make `user` a member with `role`, or give a member another role; only an owner can.

    Raises:
        InvalidTransition: it would leave the corpus without an owner.
    """
    require(actor, corpus.pk, Role.OWNER, Scope.MANAGE)
    if role not in Role.values:
        raise BadInput(f"There is no role {role!r}; there are {', '.join(Role.values)}.", field="role")
    member = _held_member(corpus, user)
    before = member.role if member else None
    if before == role and member:
        return member
    if member is None:
        member = Membership.objects.create(corpus=corpus, user=user, role=role)
    else:
        _keep_an_owner(corpus, member)
        member.role = role
        member.save(update_fields=["role"])
    action = "member.changed" if before else "member.added"
    who = str(user.public_id)
    record(
        actor,
        _change(
            corpus, action, before=before and {"user": who, "role": before}, after={"user": who, "role": role}
        ),
    )
    return member


@transaction.atomic
def remove_member(actor: Actor, corpus: Corpus, user: User) -> None:
    """Take a member out of the corpus; what the person decided stays."""
    require(actor, corpus.pk, Role.OWNER, Scope.MANAGE)
    _remove(actor, corpus, user)


@transaction.atomic
def leave_corpus(actor: Actor, corpus: Corpus) -> None:
    """Give up one's own membership, whatever the role; the last owner stays."""
    require(actor, corpus.pk, Role.VIEWER, Scope.MANAGE)
    if actor.user is None:
        raise BadInput("Only a person can leave a corpus.")
    _remove(actor, corpus, actor.user)


def _remove(actor: Actor, corpus: Corpus, user: User) -> None:
    member = _held_member(corpus, user)
    if member is None:
        raise NotFound("There is no such member.")
    _keep_an_owner(corpus, member)
    member.delete()
    record(
        actor, _change(corpus, "member.removed", before={"user": str(user.public_id), "role": member.role})
    )


@transaction.atomic
def publish_guideline(actor: Actor, corpus: Corpus, *, text: str, version: int) -> Guideline:
    """Store the next version of the guideline, if `version` is still the newest."""
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    number = _next_number(corpus, Guideline, version)
    guideline = Guideline.objects.create(corpus=corpus, number=number, text=text, created_by=actor.user)
    record(actor, _change(corpus, "guideline.published", before=version, after=number))
    return guideline


@transaction.atomic
def publish_scheme(actor: Actor, corpus: Corpus, *, definition: Any, version: int) -> Scheme:
    """Store the next version of the scheme, if `version` is still the newest and the definition is sound."""
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    _check_scheme(definition)
    number = _next_number(corpus, Scheme, version)
    scheme = Scheme.objects.create(corpus=corpus, number=number, definition=definition, created_by=actor.user)
    record(actor, _change(corpus, "scheme.published", before=version, after={"number": number, **definition}))
    return scheme


def scheme_of(corpus_id: UUID) -> SchemeDefinition:
    """Return the newest scheme of a corpus. One query."""
    definition = _SCHEME.first(corpus_id)
    return parse_scheme(definition) if definition else default_scheme()


def every_scheme_of(corpus_id: UUID) -> SchemeDefinition:
    """Return all that any version of a corpus's scheme has had. One query."""
    schemes = Scheme.objects.filter(corpus_id=corpus_id).order_by("number")
    definitions = [parse_scheme(definition) for definition in schemes.values_list("definition", flat=True)]
    return united(definitions) if definitions else default_scheme()


def guideline_number(corpus_id: UUID, *, using: str = DEFAULT_DB_ALIAS) -> int:
    """Return the version of the guideline that counts now; 0 where there is none. One query."""
    return _GUIDELINE_NUMBER.first(corpus_id, using=using) or 0


def guideline_text(corpus_id: UUID) -> str:
    """Return the guideline that counts now. One query."""
    return _GUIDELINE_TEXT.first(corpus_id) or ""


def _check_disclosed(planted_share: float | None, guideline: str) -> None:
    if planted_share and disclosing_rule(guideline) is None:
        raise BadInput(
            "Wrong suggestions are planted only where the guideline says so, in a rule such as this, which "
            f"you can paste into it: {DISCLOSURE}",
            field="planted_share",
        )


def _check_scheme(definition: Any) -> None:
    try:
        parse_scheme(definition)
    except SchemeError as error:
        raise BadInput(str(error), field="definition") from None


def _next_number(corpus: Corpus, model: type[Guideline] | type[Scheme], version: int) -> int:
    Corpus.objects.select_for_update().get(pk=corpus.pk)
    newest = (
        model.objects.filter(corpus=corpus).order_by("-number").values_list("number", flat=True).first() or 0
    )
    if newest != version:
        raise StaleVersion(f"Version {newest} is the newest by now; yours was {version}.", version=newest)
    return newest + 1


def _held_member(corpus: Corpus, user: User) -> Membership | None:
    """Return a member, with the whole list of members locked: two owners must not demote each other."""
    Corpus.objects.select_for_update(no_key=True).get(pk=corpus.pk)
    return Membership.objects.filter(corpus=corpus, user=user).first()


def _keep_an_owner(corpus: Corpus, member: Membership) -> None:
    others = corpus.members.filter(role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise InvalidTransition("A corpus keeps one owner or more: make somebody else an owner first.")


def _check_settings(changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name not in SETTINGS:
            raise BadInput(f"A corpus has no setting {name!r}.", field=name)
        if name in CHOICES and value not in CHOICES[name]:
            raise BadInput(f"{name} is one of {', '.join(CHOICES[name])}.", field=name)
        if name in SWITCHES and not isinstance(value, bool):
            raise BadInput(f"{name} is true or false.", field=name)
        if name in RANGES:
            least, most = RANGES[name]
            kind = float if name.endswith("_share") else int
            if isinstance(value, bool) or not isinstance(value, (kind, int)) or not least <= value <= most:
                raise BadInput(f"{name} lies between {least} and {most}.", field=name)


def _settings_of(corpus: Corpus) -> dict[str, Any]:
    return {name: getattr(corpus, name) for name in SETTINGS}


def _change(corpus: Corpus, action: str, *, before: Any = None, after: Any = None) -> Change:
    return Change(
        action=action,
        object_type="corpus",
        object_id=corpus.pk,
        corpus_id=corpus.pk,
        before=before,
        after=after,
    )
