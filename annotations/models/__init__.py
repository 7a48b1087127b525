from annotations.models.exports import Export
from annotations.models.jobs import Job, JobStatus, Pipeline, Run
from annotations.models.layers import Annotation, Layer, LayerKind, Origin, Relation, Segment
from annotations.models.reviews import Review, Verdict

__all__ = [
    "Annotation",
    "Export",
    "Job",
    "JobStatus",
    "Layer",
    "LayerKind",
    "Origin",
    "Pipeline",
    "Relation",
    "Review",
    "Run",
    "Segment",
    "Verdict",
]
