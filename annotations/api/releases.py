"""Releases: frozen data sets with their splits, files, cards and differences."""

import base64
import io
from http import HTTPStatus
from typing import IO, Any
from uuid import UUID

from django.http import FileResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.exports import FILE_TYPES
from annotations.api.files import STRICT, WRITTEN_AS, read_truth
from annotations.exchange import FORMATS, UnknownFormat, check_writable
from annotations.exchange.native import NATIVE
from annotations.models import Release
from annotations.releasing.splits import Split
from annotations.services.release_card import card_of
from annotations.services.release_differences import compare_releases, comparison_body
from annotations.services.released import erased_of, release_body, write_split
from annotations.services.releases import (
    GOLD,
    NONE,
    Plan,
    Prepared,
    find_release,
    keep_release,
    prepared_release,
    read_shares,
    release_named,
)
from corpus.api.fields import Flag, Input, Text
from corpus.api.idempotency import earlier_answer, idempotent
from corpus.api.ndjson import written
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, ETAG, IDEMPOTENCY_KEY, NDJSON, binary, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import Scope, find_corpus
from corpus.services.errors import BadInput, NotFound

ERRORS = (403, 404)
MARKDOWN = "text/markdown"
#: Articles whose differences are listed, of those that differ.
LISTED = 100
OF_CORPUS = OpenApiParameter("corpus", str, required=True, description="The slug of the corpus.")
FROM = OpenApiParameter("from", str, required=True, description="The name of the older release.")
HEADERS = (
    ETAG,
    OpenApiParameter(
        "Repr-Digest", str, OpenApiParameter.HEADER, response=[200], description="The file's sha256."
    ),
)


class Share(serializers.FloatField):
    """A number, and no string that reads as one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class SharesInput(Input):
    train = Share()
    dev = Share()
    test = Share()


class ReleaseInput(Input):
    corpus = Text(max_length=64)
    name = Text(max_length=64, help_text="Small letters, digits, points, hyphens and underscores.")
    layer = Text(max_length=128, required=False, help_text=f"`{GOLD}` by default; any view.")
    shares = SharesInput(required=False, help_text="Parts of 1; 0.8, 0.1 and 0.1 by default.")
    seed = Text(max_length=64, allow_blank=True, required=False)
    after = Text(
        max_length=64,
        required=False,
        help_text=f"The release whose splits are kept: the newest by default, `{NONE}` to begin anew.",
    )
    filters = serializers.DictField(
        child=Text(max_length=200), required=False, help_text="`status`, `outlet`, `language`."
    )
    allow_due = Flag(required=False, help_text="Take gold in that an open re-review asks for anew.")
    words = Flag(required=False, help_text="false: offsets and labels alone, of no text.")
    protected = serializers.ListField(
        child=Text(max_length=200),
        max_length=10_000,
        required=False,
        help_text="Names that must not leave. They are blacked out and kept nowhere.",
    )


class ReleaseShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    name = serializers.CharField()
    layer = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.UUIDField(allow_null=True, help_text="The public id.")
    manifest = serializers.DictField()


class ReleaseStateShape(ReleaseShape):
    erased = serializers.DictField(
        child=serializers.IntegerField(), help_text="Articles erased since, by split; others have lost none."
    )


class LineDifferenceShape(serializers.Serializer[Any]):
    root = serializers.UUIDField()  # type: ignore[assignment]
    layer = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    change = serializers.CharField(help_text="`added`, `removed` or `changed`.")
    aspects = serializers.ListField(child=serializers.CharField())


class ArticleDifferenceShape(serializers.Serializer[Any]):
    article = serializers.UUIDField()
    external_id = serializers.CharField()
    fate = serializers.CharField(help_text="`added`, `dropped`, `erased`, `amended` or `kept`.")
    old_split = serializers.CharField()
    new_split = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    annotations = LineDifferenceShape(many=True)
    relations = LineDifferenceShape(many=True)


class MovedShape(serializers.Serializer[Any]):
    articles = serializers.IntegerField()
    to = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Add what is no name in Python."""
        return {"from": serializers.CharField(), **super().get_fields()}


class ComparisonShape(serializers.Serializer[Any]):
    to = serializers.CharField()
    articles = serializers.DictField(child=serializers.IntegerField(), help_text="By what became of them.")
    moved = MovedShape(many=True, help_text="Articles in another split than before.")
    test_to_train = serializers.IntegerField(help_text="Tested with before, and trained on now.")
    fields = serializers.DictField(child=serializers.IntegerField())  # type: ignore[assignment]
    annotations = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    relations = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    listed = ArticleDifferenceShape(many=True, help_text=f"The first {LISTED} that differ.")

    def get_fields(self) -> dict[str, Any]:
        """Add what is no name in Python."""
        return {"from": serializers.CharField(), **super().get_fields()}


class ReleasesRoute(Route):
    @documented(
        "list_releases",
        "List the releases of a corpus.",
        tag="releases",
        response=paged(ReleaseShape),
        query=(*CURSOR, OF_CORPUS),
        errors=ERRORS,
    )
    def get(self, request: Request) -> Response:
        corpus = find_corpus(self.actor, request.query_params.get("corpus", ""), Role.LEAD, Scope.EXPORT)
        rows = Release.objects.filter(corpus=corpus).select_related("corpus", "made_by")
        return Response(page_of(request, rows, release_body))

    @documented(
        "make_release",
        "Freeze what a layer says now, under a name, split by story.",
        tag="releases",
        response=ReleaseStateShape,
        status=201,
        request=ReleaseInput,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    def post(self, request: Request) -> Response:
        """Of gold, what is gold as a whole. The files come back byte for byte whatever happens afterwards."""
        if answered := earlier_answer(request):
            return answered
        given = self.input(ReleaseInput)
        corpus = find_corpus(self.actor, given.pop("corpus"), Role.LEAD, Scope.EXPORT)
        if shares := given.pop("shares", None):
            given["shares"] = read_shares(**shares)
        with prepared_release(self.actor, corpus, Plan(**given)) as prepared:
            return self._kept(request, prepared)

    @idempotent
    def _kept(self, request: Request, prepared: Prepared) -> Response:
        return Response(_state(keep_release(self.actor, prepared)), status=HTTPStatus.CREATED)


class ReleaseRoute(Route):
    @documented(
        "read_release",
        "Read the manifest of a release.",
        tag="releases",
        response=ReleaseStateShape,
        errors=ERRORS,
    )
    def get(self, request: Request, release_id: UUID) -> Response:
        return Response(_state(find_release(self.actor, release_id)))


class ReleaseFileRoute(Route):
    @documented(
        "download_release",
        "Download a split of a release.",
        tag="releases",
        responses=binary(NDJSON) | {key: value for name in FILE_TYPES for key, value in binary(name).items()},
        query=(WRITTEN_AS, STRICT),
        headers=HEADERS,
        errors=ERRORS,
    )
    def get(self, request: Request, release_id: UUID, split: str) -> FileResponse:
        """The native file has the sha256 of the manifest; erased articles alone have tombstones there."""
        release, asked = find_release(self.actor, release_id), request.query_params
        if split not in list(Split):
            raise NotFound(f"There is no split {split!r}; there are {', '.join(Split)}.")
        name = asked.get("format", NATIVE)
        try:
            check_writable(name)
        except UnknownFormat as error:
            raise BadInput(str(error), field="format") from None

        def write(target: IO[bytes]) -> dict[str, str]:
            strict = read_truth(asked.get("strict", "false"))
            file = write_split(release, Split(split), target, format=name, strict=strict)
            return {
                "ETag": f'"{file.sha256}"',
                "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
                "Content-Disposition": f'attachment; filename="{release.name}-{file.path}"',
            }

        return written(write, FORMATS[name].media_type if name in FORMATS else NDJSON)


class ReleaseCardRoute(Route):
    @documented(
        "read_release_card",
        "Read the data card of a release.",
        tag="releases",
        responses=binary(MARKDOWN),
        errors=ERRORS,
    )
    def get(self, request: Request, release_id: UUID) -> FileResponse:
        """Markdown with a head of YAML, as Hugging Face's data set cards have it."""
        card = card_of(find_release(self.actor, release_id))
        return FileResponse(io.BytesIO(card.encode()), content_type=f"{MARKDOWN}; charset=utf-8")


class ReleaseDiffRoute(Route):
    @documented(
        "compare_releases",
        "Compare a release with an earlier one.",
        tag="releases",
        response=ComparisonShape,
        query=(FROM,),
        errors=ERRORS,
    )
    def get(self, request: Request, release_id: UUID) -> Response:
        """Both are read from their rows, so that it takes time in proportion to their size."""
        release = find_release(self.actor, release_id)
        if not (name := request.query_params.get("from")):
            raise BadInput(f"Name the release to compare with: {FROM.description}", field="from")
        earlier = release_named(release.corpus, name)
        return Response(comparison_body(earlier, release, *compare_releases(earlier, release, most=LISTED)))


def _state(release: Release) -> dict[str, Any]:
    return {**release_body(release), "erased": erased_of(release)}
