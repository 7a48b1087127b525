"""Training, and how well a pipeline does on what people settled."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.extraction.mistakes import Kind
from annotations.models import Pipeline, Training, TrainingStatus
from annotations.models.learning import LearnerName
from annotations.services.evaluating import report_on
from annotations.services.trainings import cancel_training, start_training
from annotations.tasks import ring_trainings_after_commit
from corpus.api.fields import Input
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import Actor, Scope, find_corpus, require
from corpus.services.errors import NotFound

NO_SUCH_TRAINING = "There is no such training, or it is in no corpus of yours."
ERRORS = (403, 404)


class TrainingShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    learner = serializers.ChoiceField(LearnerName.choices)
    status = serializers.ChoiceField(TrainingStatus.choices)
    stage = serializers.CharField(help_text="What it is at, for people.")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    cause = serializers.CharField(help_text="Why it failed.")
    pipeline = serializers.CharField(allow_null=True, help_text="What came of it.")
    rival = serializers.CharField(allow_null=True, help_text="What it was measured against.")
    promoted = serializers.BooleanField(allow_null=True)
    verdict = serializers.CharField()
    figures = serializers.DictField(help_text="Of both, on articles that neither has learned from.")
    card = serializers.DictField(
        allow_null=True, help_text="Data, counts, figures and versions of the model."
    )


class TrainingInput(Input):
    learner = serializers.ChoiceField(
        LearnerName.choices,
        default=LearnerName.LIGHT,
        help_text="“neural” fine-tunes an encoder, where the operator has named one.",
    )


class ConstructionShape(serializers.Serializer[Any]):
    construction = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())


class EvaluationShape(serializers.Serializer[Any]):
    pipeline = serializers.CharField()
    articles = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Left out: the pipeline has learned from them.")
    unread = serializers.IntegerField(help_text="Left out: the pipeline has not read them.")
    capped = serializers.BooleanField(help_text="There are more; these are the newest.")
    figures = serializers.DictField()
    calibration_error = serializers.FloatField(allow_null=True)
    constructions = ConstructionShape(many=True)


class TrainingsRoute(Route):
    @documented(
        "list_trainings",
        "List the trainings of a corpus, newest first.",
        tag="machines",
        response=paged(TrainingShape),
        query=CURSOR,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        trainings = Training.objects.filter(corpus=corpus).select_related(
            "corpus", "pipeline", "rival", "model"
        )
        return Response(page_of(request, trainings.defer("model__data"), training_body))

    @documented(
        "start_training",
        "Learn a pipeline from what people of the corpus have reviewed.",
        tag="machines",
        response=TrainingShape,
        status=201,
        request=TrainingInput,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """A worker trains in the background. It goes into service only where it has shown to be better."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        training = start_training(self.actor, corpus, self.input(TrainingInput)["learner"])
        ring_trainings_after_commit()
        return Response(training_body(training), status=HTTPStatus.CREATED)


class TrainingRoute(Route):
    @documented(
        "read_training",
        "See how far a training has come, or what came of it.",
        tag="machines",
        response=TrainingShape,
        errors=ERRORS,
    )
    def get(self, request: Request, training_id: UUID) -> Response:
        return Response(training_body(find_training(self.actor, training_id)))


class CancelTrainingRoute(Route):
    @documented(
        "cancel_training",
        "Cancel a training that has not ended.",
        tag="machines",
        response=TrainingShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, training_id: UUID) -> Response:
        """Doing it twice changes nothing."""
        training = find_training(self.actor, training_id, Scope.MANAGE)
        cancel_training(self.actor, training)
        return Response(training_body(find_training(self.actor, training_id, Scope.MANAGE)))


class EvaluationRoute(Route):
    @documented(
        "evaluate_pipeline",
        "See how a pipeline does on what people settled.",
        tag="machines",
        response=EvaluationShape,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str, pipeline_id: UUID) -> Response:
        """Of the newest 500 articles that it has read and not learned from."""
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        pipeline = Pipeline.objects.filter(corpus=corpus, pk=pipeline_id).first()
        if pipeline is None:
            raise NotFound("There is no such pipeline in this corpus.")
        report = report_on(corpus, pipeline)
        return Response(
            {
                "pipeline": pipeline.identity,
                "articles": report.articles,
                "known": report.known,
                "unread": report.unread,
                "capped": report.capped,
                "figures": report.figures,
                "calibration_error": report.calibration_error,
                "constructions": [
                    {"construction": name, "counts": {kind.value: counts[kind] for kind in Kind}}
                    for name, counts in report.constructions.items()
                ],
            }
        )


def find_training(actor: Actor, training_id: UUID, scope: Scope = Scope.READ) -> Training:
    related = Training.objects.select_related("corpus", "pipeline", "rival", "model").defer("model__data")
    training = related.filter(pk=training_id).first()
    if training is None:
        raise NotFound(NO_SUCH_TRAINING)
    try:
        require(actor, training.corpus_id, Role.LEAD, scope)
    except NotFound:
        raise NotFound(NO_SUCH_TRAINING) from None
    return training


def training_body(training: Training) -> dict[str, Any]:
    return {
        "id": training.pk,
        "corpus": training.corpus.slug,
        "learner": training.learner,
        "status": training.status,
        "stage": training.stage,
        "started_at": training.started_at,
        "finished_at": training.finished_at,
        "cause": training.cause,
        "pipeline": training.pipeline.identity if training.pipeline else None,
        "rival": training.rival.identity if training.rival else None,
        "promoted": training.promoted,
        "verdict": training.verdict,
        "figures": training.figures,
        "card": training.model.card if training.model else None,
    }
