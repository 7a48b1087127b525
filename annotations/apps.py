from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.conf import settings

from annotations.extraction.remote.endpoints import ENDPOINTS
from corpus.signals import revisions_made


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        ENDPOINTS.update(settings.ATTEST_ENDPOINTS)
        revisions_made.connect(give_jobs, dispatch_uid="annotations.give_jobs")


def give_jobs(*, corpus_id: UUID, revision_ids: list[UUID], **_: Any) -> None:
    """Give new revisions their jobs in the transaction that makes them, and ring once it is committed.

    Where no machine looks at them first, they go straight to the reviewers.
    """
    # Models can be imported only once the apps are loaded, and this module is what loads them.
    from annotations.services.jobs import active_pipelines, enqueue_jobs  # noqa: PLC0415
    from annotations.services.opening import open_ready_passes  # noqa: PLC0415
    from annotations.services.settling import end_superseded  # noqa: PLC0415
    from annotations.tasks import ring_after_commit  # noqa: PLC0415

    pipelines = active_pipelines(corpus_id)
    end_superseded(revision_ids)
    if pipelines:
        enqueue_jobs(pipelines, revision_ids)
        ring_after_commit()
    else:
        open_ready_passes(corpus_id, revision_ids)
