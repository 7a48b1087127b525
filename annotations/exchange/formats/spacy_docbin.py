"""spaCy's DocBin, the file that `spacy train` reads: each layer is a group of spans by its name.

The one format that is no stream: a DocBin is packed whole, in memory.
"""

from collections.abc import Iterable
from typing import IO

from annotations.exchange.articles import Article, fields_of
from annotations.exchange.format import Format
from annotations.exchange.formats.spacy_json import CARRIES, tokens_of
from annotations.exchange.losses import Losses
from annotations.exchange.units import Unit


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    import spacy  # noqa: PLC0415 - it is not among the requirements
    from spacy.tokens import Doc, DocBin  # noqa: PLC0415

    vocabulary = spacy.blank("xx").vocab
    packed = DocBin(store_user_data=True)
    for article in articles:
        tokens = tokens_of(article)
        doc = Doc(vocabulary, words=[word for word, _ in tokens], spaces=[space for _, space in tokens])
        doc.user_data = fields_of(article)
        for layer in article.layers:
            every = [(row, span) for row in layer.annotations for span in row.segments]
            found = [doc.char_span(span.start, span.end, label=row.label) for row, span in every]
            losses.lose(article.external_id, "spans that begin or end in white space", found.count(None))
            doc.spans[layer.name] = [span for span in found if span is not None]
        packed.add(doc)
    target.write(packed.to_bytes())


FORMAT = Format(
    name="spacy",
    title="spaCy's DocBin",
    suffix=".spacy",
    media_type="application/octet-stream",
    unit=Unit.CODE_POINT,
    carries=CARRIES,
    write=write,
    needs="spacy",
)
