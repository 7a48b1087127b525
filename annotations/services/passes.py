"""A reviewer's pass over one revision: what it begins with, and its end."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations.models import Layer, LayerKind
from annotations.services.desk import Desk, undecided
from annotations.services.queue import finish, take_up_again
from annotations.services.reading import is_shown, layers_of, own_of, sees_suggestions
from annotations.services.recalls import end_recalls_of, is_recalled
from annotations.services.reopening import reopen_layer
from annotations.services.settling import settle_passes
from annotations.services.showing import read_shown
from annotations.services.telling import told_layer
from annotations.services.terms import Terms, terms_of, when_shown
from corpus.models import Corpus, Event, Revision, RevisionStatus, Role, SuggestionsShown
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import guideline_number, scheme_of
from corpus.services.errors import InvalidTransition, NotFound
from corpus.services.events import Change, record
from corpus.services.racing import retried
from corpus.services.revisions import hold_revision, move_revision

#: Statuses of what nobody has decided on yet.
UNTOUCHED = (RevisionStatus.NEW, RevisionStatus.SUGGESTED)


def open_desk(actor: Actor, role: Role, revision: Revision) -> Desk:
    """Read what this reviewer sees and has decided. Before the first decision the own layer is not stored."""
    corpus = revision.article.corpus
    layers = layers_of(revision)
    own = own_of(actor, layers)
    terms = terms_of(actor, corpus, role, revision, own)
    sees = sees_suggestions(corpus, role, own, terms)
    own = own or Layer(revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user)
    shown = read_shown(terms, revision, own, [layer for layer in layers if sees and is_shown(layer)])
    return Desk(
        revision=revision,
        scheme=scheme_of(corpus.pk),
        guideline=guideline_number(corpus.pk),
        suggestions_shown=sees or _has_seen(corpus, terms, own),
        sees_suggestions=sees,
        shown=shown,
        now=timezone.now(),
    )


def submit_pass(actor: Actor, revision: Revision) -> Layer:
    """End the actor's pass. 'Read, nothing found' is a pass too.

    Raises:
        InvalidTransition: suggestions are left without a decision, or decisions are due; `details` counts
            them and names the first.
    """
    role = require(actor, revision.corpus_id, Role.REVIEWER, Scope.REVIEW)
    # The own other tab may take this very text from the queue meanwhile; then that pass is found.
    return retried(lambda: _submit(actor, role, revision))


def _submit(actor: Actor, role: Role, revision: Revision) -> Layer:
    hold_revision(revision)
    desk = open_desk(actor, role, revision)
    layer = desk.own.layer
    if layer.submitted_at:
        return layer
    check_open(revision, layer)
    left = undecided(desk.own, desk.machines)
    if left:
        raise InvalidTransition(
            f"{len(left)} suggestions are left without a decision; decide or skip each.",
            undecided=len(left),
            first=str(left[0].pk),
        )
    due = desk.due()
    if due:
        raise InvalidTransition(
            f"{len(due)} decisions were made under an older guideline, and a re-review asks for them anew; "
            "confirm or change each.",
            due=len(due),
            first=str(next(iter(due))),
        )
    layer.submitted_at = timezone.now()
    layer.save()
    record(
        actor,
        _about(
            revision,
            "pass.submitted",
            "layer",
            layer.pk,
            after={
                "standing": len(desk.own.standing),
                "shown": [str(view.layer.pk) for view in desk.machines],
                **told_layer(layer),
            },
        ),
    )
    if revision.status in (*UNTOUCHED, RevisionStatus.IN_REVIEW):
        move_revision(actor, revision, RevisionStatus.SUBMITTED)
    finish(actor, revision)
    end_recalls_of([revision.pk], layer.reviewer_id)
    settle_passes(revision)
    return layer


@transaction.atomic
def reopen_pass(actor: Actor, revision: Revision) -> Layer:
    """Take up one's own submitted pass again; its decisions stand until others follow.

    Raises:
        InvalidTransition: the text is gold, and no re-review asks for the pass; or it was erased.
    """
    require(actor, revision.corpus_id, Role.REVIEWER, Scope.REVIEW)
    hold_revision(revision)
    layer = Layer.objects.select_for_update().filter(
        revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user
    ).first()  # fmt: skip
    if layer is None:
        raise NotFound("You have no pass on this text.")
    if layer.submitted_at is None:
        return layer
    if revision.article.erased_at:
        raise InvalidTransition("This article was erased.")
    if revision.status == RevisionStatus.GOLD and not is_recalled(layer):
        raise InvalidTransition(
            "This text is gold, and your pass stays as it is. Say in a comment on it what is wrong: an "
            "adjudicator can open its disputes again, a lead can ask for decisions anew."
        )
    reopen_layer(actor, revision, layer)
    take_up_again(actor, revision)
    return layer


def check_open(revision: Revision, layer: Layer) -> None:
    """Raise InvalidTransition where a pass can take no decision, or no more."""
    if revision.article.erased_at:
        raise InvalidTransition("This article was erased.")
    if layer.submitted_at:
        raise InvalidTransition("Your pass is submitted; take it up again to change it.")
    if revision.status == RevisionStatus.SUPERSEDED and layer._state.adding:
        raise InvalidTransition("An amended text has taken the place of this one; review that.")


def _has_seen(corpus: Corpus, terms: Terms, layer: Layer) -> bool:
    """Return whether a pass that is open again was shown the suggestions when it was first submitted."""
    if when_shown(corpus, terms) != SuggestionsShown.AFTER_PASS:
        return False
    submitted = Event.objects.filter(subject_id=layer.revision_id, action="pass.submitted")
    return submitted.filter(object_id=str(layer.pk)).exists()


def _about(
    revision: Revision, action: str, object_type: str, object_id: object, *, after: Any = None
) -> Change:
    return Change(
        action=action,
        object_type=object_type,
        object_id=object_id,
        corpus_id=revision.corpus_id,
        subject_id=revision.pk,
        after=after,
    )
