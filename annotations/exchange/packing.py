"""Formats with files of their own for each article: a zip archive out, files one by one in."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from annotations.exchange.articles import Article, FileRefused, Found, Layer, Refusal
from annotations.exchange.fields import RecordRefused
from annotations.exchange.native import LAYER


def path_of(article: Article, layer: Layer) -> str:
    """Return the path of what a layer says of an article, without its suffix."""
    name = quote(article.external_id or "article", safe=" ")
    return f"{quote(layer.name, safe='@ ')}/{name}" if layer.name else name


def names_of(path: str) -> tuple[str, str]:
    """Return the external id and the layer of a path: the folder is one where it names a layer."""
    stem = PurePosixPath(path).with_suffix("")
    layer = unquote(stem.parent.name)
    if LAYER.match(layer):
        return unquote(stem.name), layer
    return unquote(stem.as_posix()), ""


def read_files(names: Iterable[str], read: Callable[[str], Article]) -> Iterator[Found]:
    """Yield the article of each file, or why it has none."""
    for name in names:
        try:
            yield read(name)
        except (RecordRefused, FileRefused) as refusal:
            yield Refusal(place=name, reason=str(refusal).removeprefix(f"{name}: "))
