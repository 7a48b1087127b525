from annotations.models.comments import Comment, CommentAct, Mention
from annotations.models.exports import Export, FileState
from annotations.models.gold import Dispute, DisputeStatus, Outcome, Settlement
from annotations.models.jobs import Job, JobStatus, Pipeline, Run
from annotations.models.layers import Annotation, Layer, LayerKind, Origin, Relation, Segment
from annotations.models.learning import ModelFile, Training, TrainingStatus
from annotations.models.ledger import OPEN_WORK, LedgerEntry, WorkStatus
from annotations.models.queue import Assignment, AssignmentStatus, QueueState
from annotations.models.releases import Release, ReleasedArticle
from annotations.models.rereviews import Recall, ReReview
from annotations.models.reviews import Absence, RejectReason, Review, Verdict
from annotations.models.webhooks import Delivery, DeliveryAttempt, DeliveryStatus, Webhook

__all__ = [
    "OPEN_WORK",
    "Absence",
    "Annotation",
    "Assignment",
    "AssignmentStatus",
    "Comment",
    "CommentAct",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryStatus",
    "Dispute",
    "DisputeStatus",
    "Export",
    "FileState",
    "Job",
    "JobStatus",
    "Layer",
    "LayerKind",
    "LedgerEntry",
    "Mention",
    "ModelFile",
    "Origin",
    "Outcome",
    "Pipeline",
    "QueueState",
    "ReReview",
    "Recall",
    "RejectReason",
    "Relation",
    "Release",
    "ReleasedArticle",
    "Review",
    "Run",
    "Segment",
    "Settlement",
    "Training",
    "TrainingStatus",
    "Verdict",
    "Webhook",
    "WorkStatus",
]
