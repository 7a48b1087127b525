"""The control of kill_workers: a ledger with two usual faults, for a worker's `--include`.

A job is called done apart from its layer (of every second job first, of the others last), without asking
whether its lease still holds, and the layer lands a row a transaction, as `.save()` in a loop does.
"""

from django.utils import timezone

from annotations.extraction.base import Suggestions
from annotations.models import Job, JobStatus, Layer, LayerKind
from annotations.services import jobs
from annotations.services.layers import (
    Proposed,
    ProposedRelation,
    propose,
    write_annotations,
    write_relations,
)
from corpus.models import Revision
from corpus.services.corpora import scheme_of


def land_in_pieces(claim: jobs.Claim, revision: Revision, suggestions: Suggestions) -> bool:
    done_first = claim.job_id % 2 == 0
    if done_first:
        _call_done(claim)
    layer, _ = Layer.objects.get_or_create(
        revision_id=claim.revision_id, pipeline_id=claim.pipeline_id, kind=LayerKind.MACHINE
    )
    annotations, relations = propose(
        layer.pk,
        revision.text,
        scheme_of(revision.corpus_id),
        (
            Proposed(
                key=found.key,
                label=found.label,
                segments=found.segments,
                score=found.score,
                attributes=found.attributes,
                reason=found.reason,
            )
            for found in suggestions.annotations
        ),
        (
            ProposedRelation(
                label=link.label, head=link.head, child=link.child, score=link.score, reason=link.reason
            )
            for link in suggestions.relations
        ),
    )
    for annotation in annotations:
        write_annotations([annotation])
    for relation in relations:
        write_relations([relation])
    jobs._record_landed(claim, revision, layer, annotations, relations)
    if not done_first:
        _call_done(claim)
    jobs.finish_revisions(revision.corpus_id, Revision.objects.filter(pk=claim.revision_id))
    return True


def _call_done(claim: jobs.Claim) -> None:
    Job.objects.filter(pk=claim.job_id).update(
        status=JobStatus.DONE, lease_until=None, finished_at=timezone.now()
    )


jobs._land = land_in_pieces
