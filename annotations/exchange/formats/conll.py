"""CoNLL in IOB2: a token a line, a blank line at each line end of the text, `-DOCSTART-` before an article.

The four columns of CoNLL-2003, two of them empty. A token has one tag, so that of annotations that share
characters the longest is kept.
"""

from collections.abc import Iterable
from typing import IO

from annotations.exchange.articles import Article, Layer
from annotations.exchange.format import Format
from annotations.exchange.losses import Losses, Part, apart
from annotations.exchange.tokens import Tokens
from annotations.exchange.units import Unit


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    for article in articles:
        for layer in article.said():
            target.write(_document(article, layer, losses).encode())


def _document(article: Article, layer: Layer, losses: Losses) -> str:
    rows, overlapping = apart(layer.annotations)
    losses.lose(article.external_id, Part.OVERLAPS.value, overlapping)
    tokens = Tokens(article.text, (span for row in rows for span in row.segments))
    tags = ["O"] * len(tokens.spans)
    for row in rows:
        for span in row.segments:
            own = tokens.within(span)
            losses.lose(article.external_id, "spans of white space", not own)
            for number in own:
                tags[number] = f"{'B' if number == own[0] else 'I'}-{row.label}"
    lines = ["-DOCSTART- -X- O O\n\n"]
    end = 0
    for span, tag in zip(tokens.spans, tags, strict=True):
        if end and "\n" in article.text[end : span.start]:
            lines.append("\n")
        lines.append(f"{span.of(article.text)} -X- _ {tag}\n")
        end = span.end
    return "".join([*lines, "\n"])


FORMAT = Format(
    name="conll",
    title="CoNLL-2003 with IOB2 tags",
    suffix=".conll",
    media_type="text/plain",
    unit=Unit.CODE_POINT,
    carries=frozenset(),
    write=write,
)
