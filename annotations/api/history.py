"""What happened to one line, oldest first."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.finding import asked_unit
from annotations.api.history_shapes import HistoryShape
from annotations.api.parts import convert_segments, offsets_in
from annotations.services.history import history_body, line_history
from corpus.api.schema import OFFSET_UNIT, documented
from corpus.api.views import Route


class HistoryRoute(Route):
    @documented(
        "read_history",
        "Read who changed a span, from what, when, why, under which guideline and pipeline version.",
        tag="layers",
        response=HistoryShape,
        query=[OFFSET_UNIT],
        errors=(403, 404),
    )
    def get(self, request: Request, annotation_id: UUID) -> Response:
        """Any annotation of the line leads to all of it, as far as you may see it: `docs/history.md`."""
        unit = asked_unit(request)
        history = line_history(self.actor, annotation_id)
        body = history_body(history)
        texts = {step.revision.number: step.revision for step in history.steps}
        offsets = {number: offsets_in(revision, unit) for number, revision in texts.items()}
        for step in body["steps"]:
            states = [step[side] for side in ("from", "to") if step[side]]
            convert_segments(states, offsets[step["revision"]])
        return Response({**body, "offset_unit": unit})
