"""What taking a submitted pass up again means for its layer and its text."""

from annotations.models import Layer, LayerKind
from annotations.services.settling import drop_disputes
from corpus.models import Revision, RevisionStatus
from corpus.services.actors import JOB, Actor
from corpus.services.events import Change, record
from corpus.services.revisions import move_revision


def reopen_layer(actor: Actor, revision: Revision, layer: Layer, *, reason: str = "") -> None:
    """Open a submitted pass again, in the caller's transaction and with the text held.

    What differs is found anew once it is submitted again. What was settled of it stands until then, and after
    that too where the passes still say what was settled.
    """
    layer.submitted_at = None
    layer.save(update_fields=["submitted_at"])
    reopened = Change(
        action="pass.reopened",
        object_type="layer",
        object_id=layer.pk,
        corpus_id=revision.corpus_id,
        subject_id=revision.pk,
        reason=reason,
    )
    record(actor, reopened)
    others = Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, submitted_at__isnull=False)
    if revision.status == RevisionStatus.DISPUTED:
        # Nobody's act: one's own events do not tell that others differ.
        drop_disputes(JOB, [revision.pk])
        move_revision(JOB, revision, RevisionStatus.IN_REVIEW, reason=reason)
    elif revision.status == RevisionStatus.GOLD or (
        revision.status == RevisionStatus.SUBMITTED and not others.exists()
    ):
        move_revision(actor, revision, RevisionStatus.IN_REVIEW, reason=reason)
