"""The pipeline "http": a model server that speaks `attest-pipeline/1`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from annotations.extraction.base import JSON, ArticleText, Suggestions
from annotations.extraction.remote.client import Ask, ask_endpoint
from annotations.extraction.remote.endpoints import Endpoint, endpoint_named
from annotations.extraction.remote.protocol import request_for, suggestions_in


@dataclass(frozen=True, kw_only=True)
class ModelServer:
    """What a server of the operator's choice suggests; it is asked about one article at a time."""

    endpoint: Endpoint
    configuration: Mapping[str, JSON]
    ask: Ask = ask_endpoint
    name: str = "http"
    version: str = "1"

    def suggest(self, article: ArticleText) -> Suggestions:
        """Return what the server says of one article.

        Raises:
            EndpointFailed: it does not answer.
            AnswerRefused: its answer fits the protocol or the text nowhere or not everywhere.
        """
        deadline = time.monotonic() + self.endpoint.seconds
        return suggestions_in(self.ask(self.endpoint, request_for(self, article), deadline), article)


def build(configuration: Mapping[str, JSON]) -> ModelServer:
    """Return the pipeline of `{"endpoint": NAME, …}`; the other keys are for the server to read."""
    return ModelServer(
        endpoint=endpoint_named(configuration.get("endpoint")), configuration=dict(configuration)
    )
