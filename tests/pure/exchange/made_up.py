"""Articles with everything that a format may stumble over, and strategies for more of them."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from annotations.exchange.articles import Annotation, Article, Layer, Relation
from annotations.exchange.format import Format
from annotations.exchange.losses import METADATA, Part, apart
from corpus.text.spans import Span, joined_surface

TEXT = (
    "🌊 Vell Point\r\n\r\n"
    "“The wall,” said Zoe\u0301 Quint 👩🏽‍🔧, “will hold — until \\ spring | at [most].”\r\n"
    "She added:\tthe “tide of ’09” cost 4 % of it.\n"
)
PLAIN = "Bread rose by 4 percent, the guild said.\n"


def at(text: str, *pieces: str) -> tuple[Span, ...]:
    return tuple(Span(text.index(piece), text.index(piece) + len(piece)) for piece in pieces)


def annotation(text: str, key: str, label: str, *pieces: str, **more: object) -> Annotation:
    segments = at(text, *pieces)
    words = joined_surface(text, segments)
    return Annotation(key=key, label=label, segments=segments, words=words, **more)  # type: ignore[arg-type]


def uuid(number: int) -> str:
    return f"0197a000-0000-7000-8000-{number:012x}"


ADA = f"reviewer:{uuid(900)}"


def two_layers() -> tuple[Layer, ...]:
    """Return a person's layer, with a broken quote and one within another, and a machine's."""
    person = Layer(
        name=ADA,
        annotations=(
            annotation(
                TEXT, uuid(1), "quote", "“The wall,”", "“will hold — until \\ spring | at [most].”",
                attributes={"type": "direct"},
            ),
            annotation(TEXT, uuid(2), "attribution", "Zoe\u0301 Quint 👩🏽‍🔧"),
            annotation(TEXT, uuid(3), "cue", "said"),
            annotation(TEXT, uuid(4), "claim", "the “tide of ’09” cost 4 % of it"),
            annotation(TEXT, uuid(5), "quote", "“tide of ’09”", attributes={"type": "direct"}),
        ),
        relations=(
            Relation(label="source", head=uuid(1), child=uuid(2)),
            Relation(label="cue", head=uuid(1), child=uuid(3)),
        ),
    )  # fmt: skip
    machine = Layer(
        name="machine:rules@3",
        annotations=(
            annotation(TEXT, uuid(6), "quote", "“The wall,”", score=0.75, reason="cue said;\n“two” lines"),
            annotation(TEXT, uuid(7), "attribution", "Zoe\u0301 Quint", score=0.5),
        ),
        relations=(Relation(label="source", head=uuid(6), child=uuid(7), score=0.25, reason="next to it"),),
    )
    return machine, person


def articles() -> list[Article]:
    return [
        Article(
            text=TEXT,
            external_id="vell/point",
            title='=Vell, "Point"',
            outlet="Harbour Post",
            url="https://post.example/a?b=1&c=<2>",
            published_at="2026-03-01T08:00:00+00:00",
            language="en",
            licence="CC-BY-4.0",
            layers=two_layers(),
        ),
        Article(
            text=PLAIN,
            external_id="bread",
            layers=(
                Layer(
                    name="gold", annotations=(annotation(PLAIN, uuid(8), "claim", "Bread rose by 4 percent"),)
                ),
            ),
        ),
    ]


def carried(article: Article, format: Format) -> Article:
    """Return what is left of an article in a format that carries no more than it says."""
    parts = format.carries
    fields: dict[str, Any] = {part.value: "" for part in METADATA - parts}
    return replace(article, layers=tuple(_carried(layer, parts) for layer in article.layers), **fields)


def _carried(layer: Layer, parts: frozenset[Part]) -> Layer:
    rows = list(layer.annotations)
    if Part.SEGMENTS not in parts:
        rows = [row for row in rows if len(row.segments) == 1]
    if Part.OVERLAPS not in parts:
        rows, _ = apart(rows)
    if Part.ATTRIBUTES not in parts:
        rows = [replace(row, attributes={}) for row in rows]
    if Part.SCORES not in parts:
        rows = [replace(row, score=None) for row in rows]
    if Part.REASONS not in parts:
        rows = [replace(row, reason="") for row in rows]
    keys = {row.key for row in rows}
    links = [link for link in layer.relations if {link.head, link.child} <= keys and Part.RELATIONS in parts]
    if Part.SCORES not in parts:
        links = [replace(link, score=None) for link in links]
    if Part.REASONS not in parts:
        links = [replace(link, reason="") for link in links]
    name = layer.name if Part.ANNOTATORS in parts else ""
    return Layer(name=name, annotations=tuple(rows), relations=tuple(links))


PIECES = st.sampled_from(
    ["a", "Zoe\u0301", "\U0001f30a", "\U0001f469\U0001f3fd\u200d\U0001f527", " ", "\r\n", "\n", "\t", '"',
     "\\", "|", "[", "]", "_", ";", "*", "->", ",", "=", "“", "”", "\u2028", "\xa0", "x1", "&", "<",
     "#Text=", "１"]
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=24).map("".join).filter(lambda text: bool(text.strip()))


@st.composite
def layers(draw: st.DrawFn, text: str, name: str) -> Layer:
    rows = []
    for number in range(draw(st.integers(0, 4))):
        places = draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True).map(sorted))
        cuts = places[: len(places) // 2 * 2]
        segments = tuple(Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=True))
        machine = name.startswith("machine:")
        rows.append(
            Annotation(
                key=uuid(draw(st.integers(1, 9)) * 100 + number),
                label=draw(st.sampled_from(["quote", "claim"])),
                segments=segments,
                words=joined_surface(text, segments),
                attributes=draw(st.sampled_from([{}, {"type": "direct"}])),
                score=draw(st.sampled_from([0.0, 0.25, 1.0])) if machine else None,
                reason=draw(st.sampled_from(["", "why\nso; “x”\t|"])),
            )
        )
    links = []
    keys = [row.key for row in rows]
    if len(keys) > 1 and draw(st.booleans()):
        links.append(Relation(label="source", head=keys[0], child=keys[1], score=0.5 if machine else None))
    return Layer(name=name, annotations=tuple(rows), relations=tuple(links))


@st.composite
def any_article(draw: st.DrawFn) -> Article:
    text = draw(TEXTS)
    names = draw(
        st.lists(st.sampled_from(["gold", ADA, "machine:rules@3"]), min_size=1, unique=True).map(sorted)
    )
    return Article(
        text=text,
        external_id=draw(st.sampled_from(["a", "b/c", "ü 1"])),
        title=draw(st.sampled_from(["", "A “title”", "=1+1"])),
        layers=tuple(draw(layers(text, name)) for name in names),
    )
