"""The data card of a release: Markdown with the YAML head of Hugging Face's data set cards.

The same figures make the same bytes. Names of outlets and licences come from articles, so they may be
anything: none can end the head or a table, or bring markup of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from annotations.releasing.features import record_features

#: The licences that the head may name, by their SPDX ids in small letters; others are `other` there.
KNOWN_LICENCES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            *(
                "apache-2.0",
                "mit",
                "unlicense",
                "cc0-1.0",
                "cc-by-2.0",
                "cc-by-2.5",
                "cc-by-3.0",
                "cc-by-4.0",
            ),
            *("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0"),
            *("cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
            *("cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0"),
        )
    },
    "odc-by-1.0": "odc-by",
    "odbl-1.0": "odbl",
    "pddl-1.0": "pddl",
}
#: The names of sizes, by the number of articles that they end below.
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


@dataclass(frozen=True, kw_only=True)
class SplitFigures:
    """What a split holds; `file` is its path in the folder of the release, empty where none is written."""

    name: str
    file: str
    articles: int
    #: None where articles were not grouped into stories.
    stories: int | None
    annotations: Mapping[str, int]
    #: By label, attribute and value.
    attributes: Mapping[str, Mapping[str, Mapping[str, int]]]
    relations: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class SourceFigures:
    """What comes from an outlet; dates as ISO 8601 has them, empty where none is stated."""

    outlet: str
    articles: int
    first: str = ""
    last: str = ""


@dataclass(frozen=True, kw_only=True)
class AgreementFigure:
    """One figure on one label, of passes with shown suggestions or of those without."""

    shown: bool
    label: str
    statistic: str
    #: None where it is undefined, which is neither 0 nor 1.
    value: float | None
    low: float | None
    high: float | None
    #: How many it rests on.
    articles: int


@dataclass(frozen=True, kw_only=True)
class LicenceFigures:
    """Under which words articles may be passed on, and how many are there with their text and without."""

    licence: str
    with_text: int
    without_text: int


@dataclass(frozen=True, kw_only=True)
class FileFigures:
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class CardFigures:
    """Everything that a card says. People are numbers, never names."""

    name: str
    corpus: str
    layer: str
    #: ISO 8601.
    made_at: str
    seed: str
    #: The place in the chain of events up to which the release knows them.
    event_position: int
    splits: Sequence[SplitFigures]
    #: Whether the files hold native records; the head then states their shape.
    native: bool = True
    description: str = ""
    #: The release whose test split this one keeps out of train.
    after: str = ""
    #: What each label of the scheme means.
    labels: Mapping[str, str]
    #: The version of the guideline, and where its text is to be found.
    guideline: int | None
    guideline_text: str = ""
    people: int
    adjudicators: int
    #: How many articles had so many submitted passes.
    passes: Mapping[int, int]
    #: Submitted passes for which suggestions were shown, and those for which none were.
    passes_shown: int
    passes_unaided: int
    #: Names and versions.
    pipelines: Sequence[str]
    sources: Sequence[SourceFigures]
    #: Articles by language.
    languages: Mapping[str, int]
    agreement: Sequence[AgreementFigure]
    licences: Sequence[LicenceFigures]
    #: Articles in which protected sources are blacked out, and the stretches of text that are black.
    redacted: int = 0
    redacted_stretches: int = 0
    #: Articles that are there without their text.
    withheld: int = 0
    erased: int = 0
    #: Other articles of the corpus that are not in it, by the reason.
    left_out: Mapping[str, int]
    files: Sequence[FileFigures]
    #: Further limits than those of every release, a sentence each.
    limits: Sequence[str] = ()

    @property
    def articles(self) -> int:
        return sum(split.articles for split in self.splits)


def data_card(figures: CardFigures) -> str:
    """Return the card of a release, to be written as its README.md in UTF-8."""
    # With escapes for what is not ASCII: PyYAML writes some line ends of Unicode so that it reads others.
    head = yaml.safe_dump(card_head(figures), sort_keys=False, allow_unicode=False, width=1_000)
    parts = [f"# {_line(figures.name)}", *_what(figures)]
    for title, lines in (
        ("How it was made", _how(figures)),
        ("Splits", _splits(figures)),
        ("Sources", _sources(figures)),
        ("Agreement", _agreement(figures)),
        ("Licences", _licences(figures)),
        ("What was left out", _left_out(figures)),
        ("Known limits", _limits(figures)),
        ("How to verify", _verify(figures)),
    ):
        parts += [f"## {title}", *lines]
    return f"---\n{head}---\n\n" + "\n\n".join(parts) + "\n"


def card_head(figures: CardFigures) -> dict[str, Any]:
    """Return what the head of the card says, in the fields of Hugging Face's data set cards."""
    languages = sorted({language.lower().split("-")[0] for language in figures.languages})
    files = [split for split in figures.splits if split.file]
    head: dict[str, Any] = {
        "pretty_name": figures.name,
        "language": [language for language in languages if re.fullmatch("[a-z]{2,3}", language)],
        **_licence_of(figures.licences),
        "size_categories": [next((name for least, name in SIZES if figures.articles < least), "100M<n<1B")],
        "task_categories": ["token-classification"],
        "annotations_creators": [
            "machine-generated" if figures.layer.startswith("machine") else "expert-generated"
        ],
        "language_creators": ["found"],
        "tags": ["news", "quotation-attribution", "claim-detection"],
    }
    if files:
        paths = [{"split": split.name, "path": split.file} for split in files]
        head["configs"] = [{"config_name": "default", "data_files": paths}]
        if figures.native:
            said = {name for split in files for stated in split.attributes.values() for name in stated}
            head["dataset_info"] = {"features": record_features(said)}
    return head


def _licence_of(licences: Sequence[LicenceFigures]) -> dict[str, Any]:
    """Return the licence of the head: known ones by their names, whatever else as other, none as unknown."""
    stated = [row.licence.strip().lower() for row in licences]
    known = sorted({KNOWN_LICENCES[licence] for licence in stated if licence in KNOWN_LICENCES})
    if not any(stated):
        return {"license": "unknown"}
    if all(licence in KNOWN_LICENCES for licence in stated):
        return {"license": known[0] if len(known) == 1 else known}
    return {"license": "other", "license_name": "by-article"}


def _what(figures: CardFigures) -> Iterator[str]:
    if figures.description.strip():
        yield f"About the corpus: {_line(figures.description)}"
    yield (
        f"{figures.articles:,} news articles of the corpus {_line(figures.corpus)} with what the layer "
        f"{_line(figures.layer)} says of them: spans with labels, attributes and relations, one article a "
        "line. Offsets are half-open and count Unicode code points."
    )
    made_at, seed = _line(figures.made_at), _line(figures.seed)
    yield f"Frozen on {made_at} at event {figures.event_position:,}; the seed is {seed}."
    if figures.labels:
        yield _table(["label", "means"], figures.labels.items())


def _how(figures: CardFigures) -> Iterator[str]:
    guideline = "No guideline was published."
    if figures.guideline is not None:
        guideline = f"The guideline is version {figures.guideline}"
        guideline += f" ({_line(figures.guideline_text)})." if figures.guideline_text else "."
    yield guideline
    yield f"Numbers of people: {figures.people:,} labelled, {figures.adjudicators:,} settled disputes."
    articles = sum(figures.passes.values())
    two = sum(count for passes, count in figures.passes.items() if passes > 1)
    if articles:
        yield _table(["passes an article", "articles"], sorted(figures.passes.items()))
        yield f"{_share(two, articles)} of the articles had two independent passes or more."
    passes = figures.passes_shown + figures.passes_unaided
    if passes:
        yield (
            f"Suggestions of a machine were shown in {figures.passes_shown:,} passes and not in "
            f"{figures.passes_unaided:,} ({_share(figures.passes_shown, passes)} with)."
        )
    if figures.pipelines:
        yield f"Pipelines that suggested: {', '.join(map(_line, figures.pipelines))}."


def _splits(figures: CardFigures) -> Iterator[str]:
    yield (
        "Articles of one story, near-duplicates and copies of one agency's text, are in one split"
        + (f"; what the release {_line(figures.after)} tests with is not in train." if figures.after else ".")
    )
    splits = figures.splits
    rows: list[tuple[object, ...]] = [("articles", *(split.articles for split in splits))]
    rows.append(("stories", *("not grouped" if split.stories is None else split.stories for split in splits)))
    rows += _counted("", [split.annotations for split in splits])
    for label in _names(split.attributes for split in splits):
        attributes = [split.attributes.get(label, {}) for split in splits]
        for attribute in _names(attributes):
            rows += _counted(f"{label}, {attribute}: ", [some.get(attribute, {}) for some in attributes])
    rows += _counted("relation ", [split.relations for split in splits])
    yield _table(["", *(split.name for split in splits)], rows)


def _counted(prefix: str, counts: Sequence[Mapping[str, int]]) -> list[tuple[object, ...]]:
    return [(prefix + name, *(some.get(name, 0) for some in counts)) for name in _names(counts)]


def _names(mappings: Iterable[Mapping[str, object]]) -> list[str]:
    return sorted({name for mapping in mappings for name in mapping})


def _sources(figures: CardFigures) -> Iterator[str]:
    rows = sorted(figures.sources, key=lambda row: (-row.articles, row.outlet))
    yield _table(
        ["outlet", "articles", "first", "last"],
        [(row.outlet or "not stated", row.articles, row.first, row.last) for row in rows],
    )
    languages = sorted(figures.languages.items(), key=lambda item: (-item[1], item[0]))
    yield _table(["language", "articles"], [(name or "not stated", count) for name, count in languages])


def _agreement(figures: CardFigures) -> Iterator[str]:
    for shown, title in ((False, "Read without suggestions"), (True, "With shown suggestions")):
        rows = [row for row in figures.agreement if row.shown == shown]
        yield f"### {title}"
        if not rows:
            yield "No article has two such passes: nothing is known of their agreement."
            continue
        yield _table(
            ["label", "figure", "value", "95 % interval", "articles"],
            [
                (row.label, row.statistic, _figure(row.value), _interval(row), row.articles)
                for row in sorted(rows, key=lambda row: row.label)
            ],
        )
    yield (
        "The two are never put together: people who decide on the same suggestions agree because of them. "
        "A figure that is undefined is neither 0 nor 1. They are of the corpus when the release was made: of "
        "its newest articles with two passes, as many as the column says, whether released or not."
    )


def _licences(figures: CardFigures) -> Iterator[str]:
    rows = sorted(figures.licences, key=lambda row: (-row.with_text - row.without_text, row.licence))
    yield _table(
        ["licence of the articles", "with text", "without text"],
        [(row.licence or "not stated", row.with_text, row.without_text) for row in rows],
    )
    yield "Each record states its own under `licence`. Not stated means unknown, not free."


def _left_out(figures: CardFigures) -> Iterator[str]:
    rows: list[tuple[object, object]] = [
        ("articles without text, since it may not be passed on", figures.withheld),
        ("articles with protected sources blacked out", figures.redacted),
        ("stretches of text blacked out", figures.redacted_stretches),
        ("articles erased since", figures.erased),
        *sorted(figures.left_out.items()),
    ]
    yield _table(["", "number"], rows)
    if figures.withheld:
        yield (
            "An article without text has its offsets, `length`, `text_sha256` and address: whoever has the "
            "text puts it back, and the sha256 tells whether it is the same."
        )
    if figures.redacted:
        yield (
            "What is black in an article is listed in its `redacted`. Offsets hold; the address is left out, "
            "and the sha256 is that of the text as it stands here."
        )


def _limits(figures: CardFigures) -> Iterator[str]:
    limits = [
        "Labels are what the people named above agreed on or settled under this guideline, not what is true.",
        "A claim that is labelled is worth checking; whether it holds is not said.",
        "Articles were chosen by people: they stand for no outlet, language or time but those of the tables.",
        *map(_line, figures.limits),
    ]
    yield "\n".join(f"- {limit}" for limit in limits)


def _verify(figures: CardFigures) -> Iterator[str]:
    yield "Each file has the size and sha256 of this table; `sha256sum` tells them."
    yield _table(["file", "bytes", "sha256"], [(row.path, row.size, row.sha256) for row in figures.files])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [_row(head), "|" + " --- |" * len(head)]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: Sequence[object]) -> str:
    return (
        "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else _line(str(cell)) for cell in cells) + " |"
    )


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _interval(row: AgreementFigure) -> str:
    if row.low is None or row.high is None:
        return "undefined"
    return f"{row.low:.3f} to {row.high:.3f}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


#: What Markdown would read as markup anywhere in a line.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|~#&!$]")
#: Line ends of every kind and other controls, and the signs that turn the direction of what follows.
_UNSEEN = re.compile("[\\s\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def _line(words: str) -> str:
    """Return words as they are to be read, in one line, wherever they stand in one."""
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", _UNSEEN.sub(" ", words).strip())
