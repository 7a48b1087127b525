"""The OpenAPI document: valid, complete, and the one that was agreed on."""

from pathlib import Path

import orjson
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator

from corpus.api.docs import openapi_bytes, openapi_document
from tests.api.contract import Caller
from tests.api.test_matrix import routes

SNAPSHOT = Path(__file__).parents[1] / "data" / "openapi.json"


def test_the_document_is_valid_openapi() -> None:
    document = orjson.loads(openapi_bytes())
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_the_document_is_made_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "openapi.yaml"))


def test_the_document_has_every_method_of_every_route() -> None:
    documented = {
        operation["operationId"]
        for item in openapi_document()["paths"].values()
        for operation in item.values()
    }
    keys = [key for key, name, _ in routes() if name not in ("schema", "docs")]
    assert len(documented) == len(keys)


def test_every_method_documents_its_errors_in_the_one_shape() -> None:
    for path, item in openapi_document()["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert {"400", "401", "503"} <= set(operation["responses"]), where
            assert ("If-Match" in str(operation.get("parameters"))) == ("428" in operation["responses"]), (
                where
            )
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    shape = response["content"]["application/json"]["schema"]
                    assert shape == {"$ref": "#/components/schemas/ErrorShape"}, where


def test_the_document_is_the_one_that_was_agreed_on() -> None:
    """After a wanted change, write `openapi_bytes()` and a newline to tests/data/openapi.json."""
    assert SNAPSHOT.read_bytes() == openapi_bytes() + b"\n"


def test_anybody_may_read_the_document_and_the_docs() -> None:
    assert Caller().get("schema/").headers["Content-Type"] == "application/vnd.oai.openapi+json"
    page = Caller().get("docs/").content.decode()
    assert "<style" not in page
    assert "<script>" not in page
    assert "https://" not in page
    assert "/api/v1/schema/" in Caller().get("docs/?script=").content.decode()


def test_an_address_that_is_not_there_answers_in_the_one_shape() -> None:
    missing = Caller().get("nothing/")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    page = Caller().client.get("/nothing/")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (404, "text/html")
