"""The routes of what is said of the texts, and of the texts as far as that shows in them."""

from django.urls import path, register_converter

from annotations.api.agreement import AgreementRoute, DifferencesRoute
from annotations.api.articles import (
    ArticleRoute,
    ArticlesRoute,
    BlockRoute,
    BlocksRoute,
    NextRoute,
    RevisionsRoute,
)
from annotations.api.candidates import CandidatesRoute
from annotations.api.comments import (
    CommentRoute,
    CommentsRoute,
    ReopenThreadRoute,
    RepliesRoute,
    ResolveThreadRoute,
)
from annotations.api.disputes import ApproveRoute, DisputeRoute, DisputesRoute, ReopenRoute, SettleRoute
from annotations.api.exports import (
    CancelExportRoute,
    ExportFileRoute,
    ExportManifestRoute,
    ExportsRoute,
)
from annotations.api.files import ExportRoute, ImportRoute
from annotations.api.history import HistoryRoute
from annotations.api.layers import (
    AnnotationRoute,
    AnnotationsRoute,
    RelationRoute,
    RelationsRoute,
    SuggestionsRoute,
)
from annotations.api.learning import CancelTrainingRoute, EvaluationRoute, TrainingRoute, TrainingsRoute
from annotations.api.machines import (
    CancelRunRoute,
    JobsRoute,
    PipelineRoute,
    PipelinesRoute,
    RetryJobRoute,
    RunRoute,
    RunsRoute,
)
from annotations.api.queue import (
    AssignmentRoute,
    AssignmentsRoute,
    HandOverRoute,
    HeartbeatRoute,
    ReturnRoute,
    SubmitRoute,
    TakeRoute,
)
from annotations.api.releases import (
    ReleaseCardRoute,
    ReleaseDiffRoute,
    ReleaseFileRoute,
    ReleaseRoute,
    ReleasesRoute,
)
from annotations.api.rereviews import (
    CloseReReviewRoute,
    ReReviewExtentRoute,
    ReReviewRoute,
    ReReviewsRoute,
)
from annotations.api.reviews import AnnotationReviewRoute, PassRoute, RelationReviewRoute, ReviewsRoute
from annotations.api.trail import EventsRoute, StatsRoute
from annotations.api.vigilance import VigilanceRoute
from annotations.api.webhooks import (
    DeliveriesRoute,
    DeliveryRoute,
    PingRoute,
    ReplayDeliveryRoute,
    ReplayRoute,
    RotateRoute,
    WebhookRoute,
    WebhooksRoute,
)


class NumberConverter:
    """A whole number that fits any column; `<int>` would take one of a thousand digits."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(NumberConverter, "number")

urlpatterns = [
    path("corpora/<slug:slug>/articles/", ArticlesRoute.as_view(), name="articles"),
    path("corpora/<slug:slug>/next/", NextRoute.as_view(), name="next"),
    path("corpora/<slug:slug>/pipelines/", PipelinesRoute.as_view(), name="pipelines"),
    path("corpora/<slug:slug>/pipelines/<uuid:pipeline_id>/", PipelineRoute.as_view(), name="pipeline"),
    path(
        "corpora/<slug:slug>/pipelines/<uuid:pipeline_id>/evaluation/",
        EvaluationRoute.as_view(),
        name="evaluation",
    ),
    path("corpora/<slug:slug>/trainings/", TrainingsRoute.as_view(), name="trainings"),
    path("trainings/<uuid:training_id>/", TrainingRoute.as_view(), name="training"),
    path("trainings/<uuid:training_id>/cancel/", CancelTrainingRoute.as_view(), name="cancel-training"),
    path("corpora/<slug:slug>/jobs/", JobsRoute.as_view(), name="jobs"),
    path("corpora/<slug:slug>/export/", ExportRoute.as_view(), name="export"),
    path("corpora/<slug:slug>/import/", ImportRoute.as_view(), name="import"),
    path("corpora/<slug:slug>/events/", EventsRoute.as_view(), name="events"),
    path("corpora/<slug:slug>/rereviews/", ReReviewsRoute.as_view(), name="rereviews"),
    path("corpora/<slug:slug>/rereviews/extent/", ReReviewExtentRoute.as_view(), name="rereview-extent"),
    path("rereviews/<uuid:rereview_id>/", ReReviewRoute.as_view(), name="rereview"),
    path("rereviews/<uuid:rereview_id>/close/", CloseReReviewRoute.as_view(), name="close-rereview"),
    path("corpora/<slug:slug>/agreement/", AgreementRoute.as_view(), name="agreement"),
    path("corpora/<slug:slug>/agreement/articles/", DifferencesRoute.as_view(), name="differences"),
    path("corpora/<slug:slug>/vigilance/", VigilanceRoute.as_view(), name="vigilance"),
    path("corpora/<slug:slug>/stats/", StatsRoute.as_view(), name="stats"),
    path("articles/<uuid:article_id>/", ArticleRoute.as_view(), name="article"),
    path("articles/<uuid:article_id>/revisions/", RevisionsRoute.as_view(), name="revisions"),
    path("articles/<uuid:article_id>/blocks/", BlocksRoute.as_view(), name="blocks"),
    path("articles/<uuid:article_id>/blocks/<number:block_id>/", BlockRoute.as_view(), name="block"),
    path("articles/<uuid:article_id>/annotations/", AnnotationsRoute.as_view(), name="annotations"),
    path("articles/<uuid:article_id>/relations/", RelationsRoute.as_view(), name="relations"),
    path("articles/<uuid:article_id>/suggestions/", SuggestionsRoute.as_view(), name="suggestions"),
    path("articles/<uuid:article_id>/candidates/", CandidatesRoute.as_view(), name="candidates"),
    path("articles/<uuid:article_id>/reviews/", ReviewsRoute.as_view(), name="reviews"),
    path("articles/<uuid:article_id>/pass/", PassRoute.as_view(), name="pass"),
    path("annotations/<uuid:annotation_id>/", AnnotationRoute.as_view(), name="annotation"),
    path(
        "annotations/<uuid:annotation_id>/review/", AnnotationReviewRoute.as_view(), name="annotation-review"
    ),
    path("annotations/<uuid:annotation_id>/history/", HistoryRoute.as_view(), name="annotation-history"),
    path("relations/<uuid:relation_id>/", RelationRoute.as_view(), name="relation"),
    path("relations/<uuid:relation_id>/review/", RelationReviewRoute.as_view(), name="relation-review"),
    path("runs/", RunsRoute.as_view(), name="runs"),
    path("runs/<uuid:run_id>/", RunRoute.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel/", CancelRunRoute.as_view(), name="cancel-run"),
    path("jobs/<number:job_id>/retry/", RetryJobRoute.as_view(), name="retry-job"),
    path("assignments/", AssignmentsRoute.as_view(), name="assignments"),
    path("assignments/take/", TakeRoute.as_view(), name="take"),
    path("assignments/<uuid:assignment_id>/", AssignmentRoute.as_view(), name="assignment"),
    path("assignments/<uuid:assignment_id>/heartbeat/", HeartbeatRoute.as_view(), name="heartbeat"),
    path("assignments/<uuid:assignment_id>/return/", ReturnRoute.as_view(), name="return"),
    path("assignments/<uuid:assignment_id>/submit/", SubmitRoute.as_view(), name="submit"),
    path("assignments/<uuid:assignment_id>/hand-over/", HandOverRoute.as_view(), name="hand-over"),
    path("disputes/", DisputesRoute.as_view(), name="disputes"),
    path("disputes/<uuid:dispute_id>/", DisputeRoute.as_view(), name="dispute"),
    path("disputes/<uuid:dispute_id>/settle/", SettleRoute.as_view(), name="settle"),
    path("disputes/<uuid:dispute_id>/reopen/", ReopenRoute.as_view(), name="reopen"),
    path("articles/<uuid:article_id>/approve/", ApproveRoute.as_view(), name="approve"),
    path("comments/", CommentsRoute.as_view(), name="comments"),
    path("comments/<uuid:comment_id>/", CommentRoute.as_view(), name="comment"),
    path("comments/<uuid:comment_id>/replies/", RepliesRoute.as_view(), name="replies"),
    path("comments/<uuid:comment_id>/resolve/", ResolveThreadRoute.as_view(), name="resolve-thread"),
    path("comments/<uuid:comment_id>/reopen/", ReopenThreadRoute.as_view(), name="reopen-thread"),
    path("webhooks/", WebhooksRoute.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>/", WebhookRoute.as_view(), name="webhook"),
    path("webhooks/<uuid:webhook_id>/ping/", PingRoute.as_view(), name="ping"),
    path("webhooks/<uuid:webhook_id>/rotate/", RotateRoute.as_view(), name="rotate"),
    path("webhooks/<uuid:webhook_id>/replay/", ReplayRoute.as_view(), name="replay"),
    path("webhooks/<uuid:webhook_id>/deliveries/", DeliveriesRoute.as_view(), name="deliveries"),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/", DeliveryRoute.as_view(), name="delivery"
    ),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay/",
        ReplayDeliveryRoute.as_view(),
        name="replay-delivery",
    ),
    path("exports/", ExportsRoute.as_view(), name="exports"),
    path("exports/<uuid:export_id>/", ExportManifestRoute.as_view(), name="export-manifest"),
    path("releases/", ReleasesRoute.as_view(), name="releases"),
    path("releases/<uuid:release_id>/", ReleaseRoute.as_view(), name="release"),
    path("releases/<uuid:release_id>/files/<str:split>/", ReleaseFileRoute.as_view(), name="release-file"),
    path("releases/<uuid:release_id>/card/", ReleaseCardRoute.as_view(), name="release-card"),
    path("releases/<uuid:release_id>/diff/", ReleaseDiffRoute.as_view(), name="release-diff"),
    path("exports/<uuid:export_id>/file/", ExportFileRoute.as_view(), name="export-file"),
    path("exports/<uuid:export_id>/cancel/", CancelExportRoute.as_view(), name="cancel-export"),
]
