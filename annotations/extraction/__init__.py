"""Pipelines that propose suggestions. A new one is one file and one line of the registry here."""

from collections.abc import Callable, Mapping

from annotations.extraction.base import JSON, Pipeline
from annotations.extraction.remote.chat_pipeline import build as build_chat
from annotations.extraction.remote.http_pipeline import build as build_http
from annotations.extraction.rules import build as build_rules


class UnknownPipeline(ValueError):
    """No pipeline has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no pipeline is called {name!r}; known are: {', '.join(sorted(PIPELINES))}")


PIPELINES: dict[str, Callable[[Mapping[str, JSON]], Pipeline]] = {
    "rules": build_rules,
    "http": build_http,
    "chat": build_chat,
}
#: Those that nobody can put in service without a configuration.
CONFIGURED = frozenset({"http", "chat"})


def build_pipeline(name: str, configuration: Mapping[str, JSON] | None = None) -> Pipeline:
    """Return the pipeline of that name.

    Raises:
        UnknownPipeline: if there is none; the message names the known ones.
    """
    if name not in PIPELINES:
        raise UnknownPipeline(name)
    return PIPELINES[name](configuration or {})
