"""What else may be taken: other boundaries, sources and cues of a suggestion, and what may be missing."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.finding import asked_unit, find_revision
from annotations.api.parts import Part, offsets_in
from annotations.api.shapes import PAIRS, UNITS
from annotations.extraction.candidates import Candidate, Choices
from annotations.services.offering import offer_candidates
from corpus.api.schema import OFFSET_UNIT, REVISION, documented
from corpus.api.views import Route
from corpus.models import Role
from corpus.text.offsets import OffsetMap
from corpus.text.spans import Span

#: Each the segments of one.
OPTIONS = serializers.ListField(child=PAIRS)
#: The segments of what is linked, or null.
LINKED = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()), allow_null=True)


class AlternativeShape(serializers.Serializer[Any]):
    segments = PAIRS
    attributes = serializers.DictField(child=serializers.CharField())
    reason = serializers.CharField(help_text="How it differs.")


class LinkChoicesShape(serializers.Serializer[Any]):
    source = OPTIONS  # type: ignore[assignment]
    cue = OPTIONS


class CandidateLinksShape(serializers.Serializer[Any]):
    source = LINKED  # type: ignore[assignment]
    cue = LINKED


class CorrectionShape(AlternativeShape):
    links = CandidateLinksShape()


class ChoicesShape(serializers.Serializer[Any]):
    alternatives = AlternativeShape(many=True)
    links = LinkChoicesShape()
    corrections = CorrectionShape(
        many=True,
        help_text="The likeliest two of what it may be as a whole; none where the pipeline has learned none.",
    )


class LineChoicesShape(ChoicesShape):
    line = serializers.UUIDField(help_text="The root of a suggestion or of an annotation of your own.")


class CandidateShape(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    segments = PAIRS
    attributes = serializers.DictField(child=serializers.CharField())
    links = CandidateLinksShape()
    score = serializers.FloatField(help_text="A rank among the candidates of this revision.")
    reason = serializers.CharField()
    choices = ChoicesShape()


class CandidatesShape(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    offset_unit = serializers.ChoiceField(UNITS)
    lines = LineChoicesShape(many=True)
    missing = CandidateShape(many=True, help_text="In the order of the text.")


class CandidatesRoute(Route):
    @documented(
        "list_candidates",
        "Read what else may be taken: for each line, and where nothing was suggested.",
        tag="reviews",
        response=CandidatesShape,
        query=(REVISION, OFFSET_UNIT),
        errors=(403, 404),
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        """Of each kind nine at most, the likeliest first. Empty where the corpus shows you no suggestions."""
        unit = asked_unit(request)
        _, revision = find_revision(request, self.actor, article_id, Role.REVIEWER)
        offer = offer_candidates(self.actor, revision)
        sent = Sent(offsets_in(revision, unit))
        return Response(
            {
                "revision": revision.number,
                "offset_unit": unit,
                "lines": [{"line": line, **sent.choices(one)} for line, one in offer.choices.items()],
                "missing": [sent.candidate(one) for one in offer.missing],
            }
        )


class Sent:
    """Writes candidates as they are sent, in the unit that was asked for."""

    def __init__(self, offsets: OffsetMap | None) -> None:
        self._offsets = offsets

    def candidate(self, one: Candidate) -> Part:
        return {
            "label": one.label,
            **self._whole(one),
            "score": one.score,
            "choices": self.choices(one.choices),
        }

    def _whole(self, one: Candidate) -> Part:
        return {
            **self._alternative(one),
            "links": {
                "source": one.source and self._pairs([one.source]),
                "cue": one.cue and self._pairs([one.cue]),
            },
        }

    def _alternative(self, one: Candidate) -> Part:
        return {
            "segments": self._pairs(one.segments),
            "attributes": dict(one.attributes),
            "reason": one.reason,
        }

    def choices(self, choices: Choices) -> Part:
        return {
            "alternatives": [self._alternative(one) for one in choices.alternatives],
            "links": {
                "source": [self._pairs([span]) for span in choices.sources],
                "cue": [self._pairs([span]) for span in choices.cues],
            },
            "corrections": [self._whole(one) for one in choices.corrections],
        }

    def _pairs(self, segments: Iterable[Span]) -> list[list[int]]:
        if self._offsets is None:
            return [list(segment) for segment in segments]
        convert = self._offsets.from_code_points
        return [[convert(start), convert(end)] for start, end in segments]
