"""The states of a revision, and what a person may set on it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from corpus.models import Article, Block, Revision, RevisionStatus, Role
from corpus.models.articles import MOVES
from corpus.prepared import Prepared
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput, InvalidTransition, StaleVersion
from corpus.services.events import Change, record, record_many
from corpus.text.blocks import BlockKind

_HELD = Prepared(
    lambda pk: Revision.objects.select_for_update(no_key=True).filter(pk=pk).values_list("status", "current")
)
_ERASED_AT = Prepared(lambda pk: Article.objects.filter(pk=pk).values_list("erased_at", flat=True))


def hold_revision(revision: Revision) -> None:
    """Lock a revision until the caller's transaction ends, and renew what may have changed since it was read.

    Whoever decides, submits, erases or brings a layer waits here for the others, and then judges by the
    status and the erasure as they are.
    """
    [(revision.status, revision.current)] = _HELD.rows(revision.pk)
    # After the lock: whoever had it may have erased the article.
    [revision.article.erased_at] = _ERASED_AT.rows(revision.article_id)


def move_revision(actor: Actor, revision: Revision, to: str, *, reason: str = "") -> bool:
    """Move a revision to the status `to` inside the caller's transaction; return whether that was a change.

    Raises:
        InvalidTransition: the table of moves does not lead there.
    """
    if revision.status == to:
        return False
    if to not in MOVES[revision.status]:
        raise InvalidTransition(f"A revision that is {revision.status} cannot become {to}.")
    moved = Revision.objects.filter(pk=revision.pk, status=revision.status).update(
        status=to, current=to != RevisionStatus.SUPERSEDED
    )
    if not moved:
        revision.refresh_from_db(fields=["status", "current"])
        return move_revision(actor, revision, to, reason=reason)
    record(actor, _moved(revision.corpus_id, revision.pk, revision.status, to, reason))
    revision.status, revision.current = to, to != RevisionStatus.SUPERSEDED
    return True


def supersede(revision_ids: Sequence[UUID]) -> None:
    """Put the texts of articles that get others out of service; the articles are due to be grouped anew.

    The articles first, as whoever erases one locks them.
    """
    Article.objects.filter(revisions__in=revision_ids).update(story_due=True)
    Revision.objects.filter(pk__in=revision_ids).update(status=RevisionStatus.SUPERSEDED, current=False)


def move_new_ones(actor: Actor, revisions: Iterable[tuple[UUID, UUID]], to: str) -> None:
    """Move those of (corpus id, revision id) that are still new; the others have come further already."""
    pairs = {revision_id: corpus_id for corpus_id, revision_id in revisions}
    with transaction.atomic():
        fresh = list(
            Revision.objects.select_for_update()
            .filter(pk__in=pairs, status=RevisionStatus.NEW)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        Revision.objects.filter(pk__in=fresh).update(status=to)
        record_many(actor, [_moved(pairs[pk], pk, RevisionStatus.NEW, to, "") for pk in fresh])


@transaction.atomic
def set_block_kind(actor: Actor, block: Block, kind: str, *, seen: str | None = None) -> Block:
    """Say what a block is, against the segmenter; it holds for that block from now on.

    Raises:
        StaleVersion: the block is no longer of the kind `seen`, where one is given.
        BadInput: there is no such kind.
    """
    revision = block.revision
    require(actor, revision.corpus_id, Role.REVIEWER, Scope.REVIEW)
    if kind not in set(BlockKind):
        raise BadInput(f"There is no block kind {kind!r}; there are {', '.join(BlockKind)}.", field="kind")
    block = Block.objects.select_for_update().get(pk=block.pk)
    before = block.effective_kind
    if seen is not None and seen != before:
        raise StaleVersion(f"The block is {before} by now; yours was {seen}.", version=before)
    if before == kind:
        return block
    block.kind_set, block.set_by = kind, actor.user
    block.save(update_fields=["kind_set", "set_by"])
    record(
        actor,
        Change(
            action="block.kind_set",
            object_type="block",
            object_id=block.pk,
            corpus_id=revision.corpus_id,
            subject_id=revision.pk,
            before=before,
            after=kind,
            versions={"segmenter": block.segmenter},
        ),
    )
    return block


def _moved(corpus_id: UUID, revision_id: UUID, before: str, after: str, reason: str) -> Change:
    return Change(
        action="revision.moved",
        object_type="revision",
        object_id=revision_id,
        corpus_id=corpus_id,
        subject_id=revision_id,
        before=before,
        after=after,
        reason=reason,
    )
