"""Erasing an article that was taken down: its words go, its offsets, hashes and counts stay."""

from django.db import transaction
from django.utils import timezone

from annotations.models import (
    Annotation,
    Comment,
    Job,
    JobStatus,
    Relation,
    ReleasedArticle,
    Review,
    Segment,
    Settlement,
)
from annotations.models.jobs import OPEN_JOBS
from annotations.models.reviews import REASONS
from annotations.services.exports import drop_files
from annotations.services.settling import end_work
from corpus.models import Article, Corpus, IngestRejection, RawSource, Revision, Role
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput
from corpus.services.events import Change, record
from corpus.services.stories import forget_sketches


@transaction.atomic
def erase_article(actor: Actor, article: Article, *, reason: str) -> None:
    """Take every word of an article out of the database; doing it twice changes nothing.

    Texts, surfaces, raw pages, title, byline, address, licence and metadata go, and what machines and people
    wrote as reasons, notes and comments, and its records in releases. The external id stays, so that the
    article cannot come in again unseen. Why rows of it were refused goes too, since a reason may quote the
    row; so does that of a row that named no article.
    Files of exports that may hold them are removed after commit. What backups hold is for the operator to
    age out (docs/operating.md).

    Raises:
        BadInput: no reason is given.
    """
    require(actor, article.corpus_id, Role.OWNER, Scope.MANAGE)
    if not reason.strip():
        raise BadInput("Erasing needs a reason, which stays in the history.", field="reason")
    # The corpus first, as everybody does who holds both: no export begins to read until the words are gone,
    # and a release that goes in meanwhile would bring them again.
    Corpus.objects.select_for_update(no_key=True).get(pk=article.corpus_id)
    locked = Article.objects.select_for_update().get(pk=article.pk)
    if locked.erased_at:
        return
    # The jobs first, as a worker does that lands one: two that lock in one order never wait for each other.
    jobs = Job.objects.filter(revision__article=article)
    list(jobs.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    jobs.filter(status__in=OPEN_JOBS).update(
        status=JobStatus.CANCELLED, lease_until=None, finished_at=timezone.now()
    )
    jobs.update(cause="")
    # As everybody holds them: a pass that is being taken may bring a layer of its own, and is waited for.
    revisions = list(
        Revision.objects.select_for_update(no_key=True)
        .filter(article=article)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    end_work(actor, revisions)
    counts = {
        "revisions": Revision.objects.filter(pk__in=revisions).update(text=""),
        "annotations": Annotation.objects.filter(layer__revision__in=revisions).update(surface="", reason=""),
        "raw": RawSource.objects.filter(revision__in=revisions).delete()[0],
    }
    Segment.objects.filter(annotation__layer__revision__in=revisions).update(surface="")
    Relation.objects.filter(layer__revision__in=revisions).update(reason="")
    Review.objects.filter(layer__revision__in=revisions).update(note="")
    Settlement.objects.filter(layer__revision__in=revisions).update(note="")
    Comment.objects.filter(revision__in=revisions).update(text="")
    forget_sketches([article.pk])
    ReleasedArticle.objects.filter(article=article).update(record=None)
    # A reason is a code here; one that was imported may be anything.
    Review.objects.filter(layer__revision__in=revisions).exclude(reason__in=REASONS).update(reason="")
    refused = IngestRejection.objects.filter(report__corpus=article.corpus_id)
    refused.filter(external_id__in=("", article.external_id)).exclude(reason="").update(reason="")
    counts["files"] = drop_files(article.corpus_id)
    Article.objects.filter(pk=article.pk).update(
        title="", byline="", url="", licence="", metadata={}, erased_at=timezone.now()
    )
    record(
        actor,
        Change(
            action="article.erased",
            object_type="article",
            object_id=article.pk,
            corpus_id=article.corpus_id,
            subject_id=revisions[-1] if revisions else None,
            after=counts,
            reason=reason,
        ),
    )
    article.refresh_from_db()
