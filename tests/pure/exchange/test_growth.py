"""An article of many annotations is written and read in time that grows with them, and no faster."""

import io
import time

import pytest

from annotations.exchange import FORMATS
from annotations.exchange.articles import Annotation, Article, Layer, Relation
from annotations.exchange.losses import Losses
from corpus.text.spans import Span
from tests.growth import grows_no_faster
from tests.pure.exchange.made_up import uuid
from tests.pure.exchange.test_damaged import taken

WRITERS = [
    name for name, format in FORMATS.items() if format.write and not format.needs and name != "claim-review"
]
SENTENCE = "Ida 🌊 said so, and Zoe\u0301 did.\r\n"


def large(sentences: int) -> Article:
    """Return an article with a quote, a source and their link in each sentence, and one quote around all."""
    rows, links = [], []
    for number in range(sentences):
        start = number * len(SENTENCE)
        quote, source = uuid(2 * number), uuid(2 * number + 1)
        rows.append(Annotation(key=source, label="attribution", segments=(Span(start, start + 3),)))
        rows.append(Annotation(key=quote, label="quote", segments=(Span(start + 6, start + 14),)))
        links.append(Relation(label="source", head=quote, child=source))
    around = Annotation(key="around", label="claim", segments=(Span(0, sentences * len(SENTENCE) - 2),))
    layer = Layer(name="gold", annotations=(*rows, around), relations=tuple(links))
    return Article(text=SENTENCE * sentences, external_id="a", layers=(layer,))


@pytest.mark.parametrize("name", WRITERS)
def test_time_grows_with_the_annotations_of_an_article(name: str) -> None:
    format = FORMATS[name]

    def seconds(sentences: int) -> float:
        article, target = large(sentences), io.BytesIO()
        start = time.process_time()
        assert format.write is not None
        format.write([article], target, Losses())
        if format.read:
            taken(name, target.getvalue())
        return time.process_time() - start

    # Eight times as much; what grew with the square would take sixty-four times as long.
    assert grows_no_faster(seconds, 300, 2_400, factor=32, floor=0.2)
