"""Versions in headers: no silent overwrite."""

import re
from uuid import UUID

from rest_framework.request import Request

from corpus.api.errors import OtherPerson, PreconditionRequired
from corpus.services.errors import BadInput

#: A proxy that compresses makes an ETag weak; it is the same version.
ONE_TAG = re.compile(r'\s*(?:W/)?"([^"\\]{0,64})"\s*\Z')
VERSION = re.compile(r"[0-9]{1,9}\Z")


def required_tag(request: Request) -> str:
    """Return what If-Match names.

    Raises:
        PreconditionRequired: it is missing (428).
        BadInput: it is not one ETag.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired
    found = ONE_TAG.match(header)
    if found is None:
        raise BadInput('If-Match takes one ETag as it was read, such as "3".', field="If-Match")
    return found[1]


def check_person(request: Request, public_id: UUID) -> None:
    """Refuse a request that names another person than the one who is signed in.

    A page keeps what its reviewer decided until it is sent; by then somebody else may have signed in.

    Raises:
        OtherPerson: Attest-Person has another public id (409).
    """
    named = request.headers.get("Attest-Person")
    if named is not None and named != str(public_id):
        raise OtherPerson


def required_version(request: Request) -> int:
    """Return the version that If-Match names; as `required_tag`."""
    tag = required_tag(request)
    if not VERSION.match(tag):
        raise BadInput('The ETags here are numbers, such as "3".', field="If-Match")
    return int(tag)
