"""Files as other tools write them, with texts of our own."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from annotations.exchange import FORMATS
from annotations.exchange.articles import Annotation, Article, FileRefused, Layer, Refusal, Relation
from annotations.exchange.format import Unwritable
from annotations.exchange.formats.spacy_json import tokens_of
from annotations.exchange.losses import Losses
from annotations.exchange.source import Source, source_of
from annotations.exchange.units import settle_offsets
from corpus.text.spans import Span
from tests.pure.exchange.made_up import TEXT as MADE_UP
from tests.pure.exchange.made_up import articles, carried, two_layers
from tests.pure.exchange.test_damaged import taken
from tests.pure.exchange.test_formats import comparable, read, written

TEXT = "🌊 Ida said “the pier is shut”. Holm agreed.\nHe sighed."


def source(data: bytes | str | dict[str, Any], suffix: str = ".jsonl") -> Source:
    if isinstance(data, dict):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in data.items():
                archive.writestr(name, content)
        return source_of(packed, "files.zip")
    return source_of(io.BytesIO(data.encode() if isinstance(data, str) else data), f"file{suffix}")


def found(name: str, files: Source) -> list[Article | Refusal]:
    read = FORMATS[name].read
    assert read is not None
    return list(read(files))


def one(name: str, data: bytes | str | dict[str, Any], suffix: str = ".jsonl") -> Article:
    (article,) = found(name, source(data, suffix))
    assert isinstance(article, Article), article
    format = FORMATS[name]
    return settle_offsets(article, own=format.unit, declared=None, spelling=format.spelling).article


def refused(name: str, data: bytes | str | dict[str, Any], suffix: str = ".jsonl") -> str:
    (refusal,) = found(name, source(data, suffix))
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def rows(layer: Layer, text: str = TEXT) -> list[tuple[str, str]]:
    return [(row.label, " … ".join(span.of(text) for span in row.segments)) for row in layer.annotations]


def links(layer: Layer, text: str = TEXT) -> list[tuple[str, str, str]]:
    words = {row.key: row.segments[0].of(text) for row in layer.annotations}
    return [(link.label, words[link.head], words[link.child]) for link in layer.relations]


# -- Label Studio ------------------------------------------------------------------------------------


def region(key: str, start: int, end: int, label: str, words: str | None = None) -> dict[str, Any]:
    value: dict[str, Any] = {"start": start, "end": end, "labels": [label]}
    if words is not None:
        value["text"] = words
    return {"id": key, "from_name": "l", "to_name": "t", "type": "labels", "value": value}


def task(*result: dict[str, Any], **more: Any) -> str:
    annotation = {"id": 3, "completed_by": {"id": 4, "email": "ida@x.example"}, "result": result}
    return json.dumps([{"id": 9, "data": {"body": TEXT, "n": 1}, "annotations": [annotation], **more}])


def test_a_task_of_label_studio_as_it_exports_it() -> None:
    link = {"type": "relation", "from_id": "b", "to_id": "a", "direction": "left", "labels": ["said_by"]}
    kind = {"id": "k", "from_name": "kind", "type": "choices", "value": {"choices": ["news"]}}
    last = region("c", 31, 46, "X", "Holm agreed.\\nHe")
    cancelled = {"was_cancelled": True, "result": []}
    data = json.loads(
        task(region("a", 2, 5, "SPEAKER", "Ida"), region("b", 11, 29, "QUOTE"), link, kind, last)
    )
    data[0]["annotations"].append(cancelled)
    data[0]["predictions"] = [
        {"model_version": "v 1", "score": 0.5, "result": [region("a", 2, 5, "SPEAKER")]}
    ]
    data[0]["drafts"] = [{}]
    article = one("label-studio", json.dumps(data), ".json")
    assert article.external_id == "label-studio-9" and article.metadata == {"n": 1}
    machine, person = article.layers
    assert machine.name == "machine:label-studio@v-1" and machine.annotations[0].score == 0.5
    assert person.name == "ida@x.example"
    assert rows(person) == [
        ("SPEAKER", "Ida"),
        ("QUOTE", "“the pier is shut”"),
        ("X", "Holm agreed.\nHe"),
    ]
    assert links(person) == [("said_by", "Ida", "“the pier is shut”")]
    assert article.left_out == {"results of type choices": 1, "drafts": 1, "cancelled annotations": 1}


def test_old_data_of_label_studio_count_utf16_units() -> None:
    article = one("label-studio", task(region("a", 3, 6, "S", "Ida")), ".json")
    assert rows(article.layers[0]) == [("S", "Ida")]


def test_predictions_that_are_ids_are_left_out() -> None:
    article = one("label-studio", task(region("a", 2, 5, "S"), predictions=[7, 8]), ".json")
    assert article.left_out == {"predictions of which the file has the id alone": 2}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (task(region("a", 2, 5, "S"), region("a", 6, 8, "S")), "two regions"),
        (task({**region("a", 2, 5, "S"), "type": "hypertextlabels"}), "hypertextlabels"),
        (task(region("a", 5, 2, "S")), "holds nothing"),
        (task({"type": "relation", "from_id": 1, "to_id": True}), "is no text and no number"),
        (
            task({**region("a", 1, 2, "S"), "value": {"start": "1", "end": 2, "labels": ["S"]}}),
            "start is '1'",
        ),
        ('[{"data": {"a": "x", "b": "y"}}]', "data.text"),
        ('[{"data": {"text": ""}}]', "missing or empty"),
        ("[7]", "an object"),
    ],
)
def test_a_broken_task_is_refused(data: str, reason: str) -> None:
    assert reason in refused("label-studio", data, ".json")


# -- doccano -----------------------------------------------------------------------------------------


def test_both_shapes_of_doccano() -> None:
    row = {"id": 7, "text": TEXT, "source": "wire", "label": [[3, 6, "SPEAKER"]], "Comments": ["x"]}
    article = one("doccano", json.dumps(row))
    assert article.external_id == "doccano-7" and article.metadata == {"source": "wire"}
    assert rows(article.layers[0]) == [("SPEAKER", "Ida")] and article.layers[0].name == ""
    assert article.left_out == {"comments": 1}
    entities = [
        {"id": 5, "label": "QUOTE", "start_offset": 12, "end_offset": 30},
        {"id": 6, "label": "SPEAKER", "start_offset": 3, "end_offset": 6},
    ]
    row = {
        "id": 7,
        "text": TEXT,
        "entities": entities,
        "relations": [{"from_id": 5, "to_id": 6, "type": "by"}],
    }
    assert links(one("doccano", json.dumps(row)).layers[0]) == [("by", "“the pier is shut”", "Ida")]


def test_a_zip_of_doccano_names_the_member() -> None:
    row = json.dumps({"text": "Ida.", "label": [[0, 3, "S"]]})
    articles = found("doccano", source({"ida.jsonl": row, "all.jsonl": row}))
    assert [item.layers[0].name for item in articles if isinstance(item, Article)] == ["", "ida"]


def test_graphemes_are_declared_by_the_format() -> None:
    text = "👩🏽‍🔧 Ida"
    row = {"text": text, "label": [[2, 5, "S"]]}
    assert rows(one("doccano-graphemes", json.dumps(row)).layers[0], text) == [("S", "Ida")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "a", "label": ["sport"]}, "only spans"),
        ({"text": "a", "label": [[0, True, "S"]]}, "end_offset"),
        ({"text": "a", "label": {"a": 1}}, "must be a list"),
        ({"text": "a", "entities": [{"id": [], "label": "S"}]}, "no text and no number"),
        ({"text": None}, "missing"),
    ],
)
def test_a_broken_row_of_doccano_is_refused(row: dict[str, Any], reason: str) -> None:
    assert reason in refused("doccano", json.dumps(row))


# -- Prodigy -----------------------------------------------------------------------------------------


def prodigy(**more: Any) -> str:
    spans = [
        {"start": 2, "end": 5, "token_start": 1, "token_end": 1, "label": "SPEAKER"},
        {"start": 11, "end": 29, "token_start": 3, "token_end": 8, "label": "QUOTE"},
    ]
    return json.dumps({"text": TEXT, "spans": spans, "_input_hash": -5, "answer": "accept", **more})


def test_a_task_of_prodigy_by_token_and_by_span() -> None:
    by_token = {"head": 8, "child": 1, "label": "BY"}
    by_span = {
        "label": "BY",
        "head_span": {"start": 11, "end": 29, "label": "QUOTE"},
        "child_span": {"start": 2, "end": 5, "label": "SPEAKER"},
    }
    article = one("prodigy", prodigy(relations=[by_token, by_span], _annotator_id="set-ida"))
    assert article.external_id == "prodigy--5" and article.layers[0].name == "set-ida"
    assert links(article.layers[0]) == [("BY", "“the pier is shut”", "Ida")] * 2


def test_spans_that_nobody_has_answered_are_suggestions() -> None:
    row = {"text": TEXT, "spans": [{"start": 2, "end": 5, "label": "S", "score": 0.5}]}
    assert one("prodigy", json.dumps(row)).layers[0].name == "machine:prodigy@0"
    assert one("prodigy", json.dumps({"text": TEXT})).layers == ()


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_what_was_not_accepted_says_nothing(answer: str) -> None:
    article = one("prodigy", prodigy(answer=answer))
    assert article.layers == () and article.left_out == {f"tasks answered {answer}": 1}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"answer": "maybe"}, "answer is 'maybe'"),
        ({"relations": [{"head": 8, "child": 4, "label": "BY"}]}, "where 0 spans end"),
        ({"relations": [{"head_span": {"start": 1}, "label": "BY"}]}, "none of the spans"),
        ({"spans": [{"start": 2, "label": "S"}]}, "end is missing"),
        ({"meta": []}, "meta"),
        ({"spans": [{"start": 2, "end": 5, "label": "S", "token_end": []}], "relations": []}, "token_end"),
        ({"relations": [{"head": [], "child": 1, "label": "BY"}]}, "head is []"),
        ({"relations": [{"head_span": {"start": {"a": 1}}, "label": "BY"}]}, "start is"),
    ],
)
def test_a_broken_task_of_prodigy_is_refused(more: dict[str, Any], reason: str) -> None:
    assert reason in refused("prodigy", prodigy(**more))


# -- brat --------------------------------------------------------------------------------------------

STANDOFF = (
    "T1\tQUOTE 11 15;21 29\t“the is shut”\n"
    "T2\tSPEAKER 2 5\tIda\nT3\tCUE 6 10\tsaid\r\n"
    "T4\tWIDE 31 43;44 53\tHolm agreed. He sighed\n"
    "R1\tsaid_by Arg1:T1 Arg2:T2\t\nA1\tSpeechType T1 direct\nM1\tSure T2\n"
    "N1\tReference T2 Wikidata:Q1\tIda\n#1\tAnnotatorNotes T1\tcheck\n*\tEquiv T1 T2\n"
)


def test_standoff_of_brat() -> None:
    article = one("brat", {"set/doc.txt": TEXT, "set/doc.ann": STANDOFF})
    (layer,) = article.layers
    assert article.external_id == "set/doc" and layer.name == ""
    assert rows(layer)[0] == ("QUOTE", "“the … is shut”")
    assert layer.annotations[0].attributes == {"SpeechType": "direct"}
    assert layer.annotations[1].attributes == {"Sure": "true"}
    assert links(layer) == [("said_by", "“the", "Ida")]
    assert article.left_out == {"normalizations": 1, "notes": 1, "equivalences": 1}


def test_events_are_relations_from_content_to_source_and_cue() -> None:
    spans = "T1\tSource 2 5\tIda\nT2\tCue 6 10\tsaid\nT3\tContent 11 29\t“the pier is shut”\n"
    held = f"{spans}T4\tAttribution 2 29\t{TEXT[2:29]}\nE1\tAttribution:T4 Content:T3 Cue:T2 Source:T1\n"
    layer = one("brat", {"a.txt": TEXT, "a.ann": held}).layers[0]
    assert links(layer) == [("cue", "“the pier is shut”", "said"), ("source", "“the pier is shut”", "Ida")]
    assert [label for label, _ in rows(layer)] == ["Source", "Cue", "Content"]
    by_cue = f"{spans}E1\tCUE:T2 Content:T3 Source:T1\n"
    layer = one("brat", {"a.txt": TEXT, "a.ann": by_cue}).layers[0]
    assert links(layer) == [("source", "“the pier is shut”", "Ida"), ("cue", "“the pier is shut”", "said")]
    other = f"{spans}E1\tCue:T2 Agent:T1\n"
    assert links(one("brat", {"a.txt": TEXT, "a.ann": other}).layers[0]) == [("agent", "said", "Ida")]


def test_names_that_are_common_become_those_of_the_default_scheme() -> None:
    spans = "T1\tSource 2 5\tIda\nT2\tCue 6 10\tsaid\nT3\tCONTENT 11 29\t“the pier is shut”\n"
    standoff = f"{spans}T4\tAttribution 2 29\t{TEXT[2:29]}\nE1\tAttribution:T4 Content:T3 Cue:T2 Source:T1\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", TEXT)
        archive.writestr("a.ann", standoff + "R1\tsaid_by Arg1:T3 Arg2:T1\n")
    (record,) = taken("brat", packed.getvalue())
    assert [row.label for row in record.annotations] == ["attribution", "cue", "quote"]
    # The event and the relation say the same of the source.
    assert [link.label for link in record.relations] == ["source", "cue"]


@pytest.mark.parametrize(
    ("standoff", "reason"),
    [
        ("T1\tQ 2\tx", "line 1"),
        ("T1\tQ 5 2\tx", "holds nothing"),
        ("T1\tQ 2 5\tIda\nT1\tQ 2 5\tIda", "line 2: the id 'T1' stands twice"),
        ("R1\tx Arg1:T1", "has 1 ends"),
        ("R1\tx Arg1:T1 T2", "no role"),
        ("nonsense", "no line of standoff"),
        ("A1\tx", "no attribute"),
        ("T1\tQ 99999999999 99999999999\tx", "no label with offsets"),
    ],
)
def test_broken_standoff_is_refused_with_its_line(standoff: str, reason: str) -> None:
    assert reason in refused("brat", {"a.txt": TEXT, "a.ann": standoff})


def test_standoff_without_its_text_is_refused_and_a_text_alone_is_an_article() -> None:
    assert "no text file" in refused("brat", {"a.ann": ""})
    assert one("brat", {"a.txt": TEXT}).layers == ()
    assert "not utf-8" in refused("brat", {"a.txt": TEXT, "a.ann": b"\xff"}).lower()


# -- Web Annotation ----------------------------------------------------------------------------------


def page(*items: dict[str, Any], text: str = TEXT) -> str:
    return json.dumps({"type": "AnnotationPage", "attest:article": {"text": text}, "items": items})


def noted(*selectors: dict[str, Any], **more: Any) -> dict[str, Any]:
    target = {"source": "https://x.example/", "selector": list(selectors)}
    return {"body": {"type": "TextualBody", "value": "S"}, "target": target, "creator": "ida", **more}


def quoted(exact: str, **more: str) -> dict[str, Any]:
    return {"type": "TextQuoteSelector", "exact": exact, **more}


# The second is how processors of JSON-LD write the first.
@pytest.mark.parametrize("linked", [{"id": "urn:a"}, "urn:a"])
def test_a_quote_selector_alone_finds_its_one_place(linked: Any) -> None:
    link = {
        "motivation": "linking", "creator": "ida", "target": "urn:b",
        "body": [linked, {"type": "TextualBody", "value": "by"}],
    }  # fmt: skip
    data = page(noted(quoted("Ida"), id="urn:a"), noted(quoted("is", prefix="pier "), id="urn:b"), link)
    (layer,) = one("web-annotation", data, ".json").layers
    assert layer.name == "ida" and rows(layer) == [("S", "Ida"), ("S", "is")]
    assert links(layer) == [("by", "is", "Ida")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (page(noted(quoted("e"))), "more than once"),
        (page(noted(quoted("Ada"))), "do not stand in the text"),
        (page(noted({"type": "CssSelector"})), "neither"),
        (page(noted(quoted("Ida"), body="x")), "no body"),
        (page({"body": {"value": "S"}, "target": "https://x.example/"}), "no span of it"),
        (json.dumps({"items": []}), "attest:article"),
        (page({"motivation": "linking", "body": [{"value": "by"}], "target": "a"}), "links to 0"),
    ],
)
def test_an_annotation_without_a_sure_place_is_refused(data: str, reason: str) -> None:
    assert reason in refused("web-annotation", data, ".json")


# -- Citron ------------------------------------------------------------------------------------------


def test_quotes_of_citron() -> None:
    ida, said = {"start": 2, "end": 5, "text": "Ida"}, {"start": 6, "end": 10, "text": "said"}
    contents = [{"start": 11, "end": 15, "text": "“the"}, {"start": 21, "end": 29, "text": "is shut”"}]
    quote = {"id": 1, "cue": said, "sources": [ida], "contents": contents, "confidence": 0.5}
    other = {"id": 2, "cue": None, "sources": [ida], "contents": [{"start": 31, "end": 35}]}
    row = {"text": TEXT, "quotes": [quote, other], "coreference_groups": [[]]}
    article = one("citron", json.dumps(row))
    (layer,) = article.layers
    assert rows(layer)[:2] == [("quote", "“the … is shut”"), ("quote", "Holm")]
    assert links(layer) == [("source", "“the", "Ida"), ("cue", "“the", "said"), ("source", "Holm", "Ida")]
    assert layer.annotations[0].score == 0.5 and article.left_out == {"coreference groups": 1}
    assert "holds nothing" in refused(
        "citron", json.dumps({"text": "a", "quotes": [{"contents": [{"start": 1, "end": 1}]}]})
    )


def test_what_citron_can_say_comes_back_equal() -> None:
    layer = replace(two_layers()[1], name="machine:a@1")
    rows = [row for row in layer.annotations if row.label != "claim"]
    given = carried(
        Article(text=MADE_UP, layers=(replace(layer, annotations=tuple(rows[:3])),)), FORMATS["citron"]
    )
    losses = Losses()
    format = FORMATS["citron"]
    assert comparable(read(format, written(format, [given], losses)), format) == comparable([given], format)
    assert not losses.counts


# -- spaCy -------------------------------------------------------------------------------------------


def test_documents_of_spacy() -> None:
    doc = {"text": TEXT, "ents": [{"start": 2, "end": 5, "label": "PERSON"}], "cats": {"a": 1.0}}
    spans = {"sc": [{"start": 11, "end": 29, "label": "QUOTE", "kb_id": ""}]}
    article = one("spacy-json", json.dumps([doc | {"spans": spans}]), ".json")
    assert [rows(layer) for layer in article.layers] == [
        [("QUOTE", "“the pier is shut”")],
        [("PERSON", "Ida")],
    ]
    assert article.left_out == {"categories": 1}


def test_tokens_of_spacy_are_the_whole_text() -> None:
    article = Article(text=MADE_UP, layers=two_layers())
    tokens = tokens_of(article)
    assert "".join(word + " " * space for word, space in tokens) == MADE_UP


# -- schema.org --------------------------------------------------------------------------------------


def test_claim_reviews_are_of_the_claims_that_are_rated() -> None:
    text = "Rye is dear, Ida Voss says. Oats are not."
    claims = (
        Annotation(key="c", label="claim", segments=(Span(0, 11),), attributes={"rating": "mostly true"}),
        Annotation(key="s", label="attribution", segments=(Span(13, 21),)),
        Annotation(key="d", label="claim", segments=(Span(28, 40),), attributes={"kind": "price"}),
    )
    layer = Layer(
        name="gold",
        annotations=claims,
        relations=tuple(Relation(label="source", head=head, child="s") for head in "cd"),
    )
    losses = Losses()
    article = Article(text=text, external_id="rye", title="Rye", layers=(layer,))
    graph = json.loads(written(FORMATS["claim-review"], [article], losses))["@graph"]
    page = {"@type": "NewsArticle", "@id": "urn:attest:rye", "identifier": "rye", "headline": "Rye"}
    assert graph == [
        {
            "@type": "ClaimReview",
            "claimReviewed": "Rye is dear",
            "reviewRating": {"@type": "Rating", "alternateName": "mostly true"},
            "itemReviewed": {
                "@type": "Claim", "author": "Ida Voss", "appearance": page, "text": "Rye is dear",
            },
        }
    ]  # fmt: skip
    assert losses.counts == {
        "annotations that are no rated claim or source of one": 1,
        "relations other than the source of a rated claim": 1,
        "attributes other than a claim's rating": 1,
    }


def test_claim_reviews_are_refused_for_want_of_a_rating() -> None:
    with pytest.raises(Unwritable, match="rating"):
        written(FORMATS["claim-review"], articles())


def test_a_graph_of_schema_org_is_json() -> None:
    graph = json.loads(written(FORMATS["schema-org"], articles()))["@graph"]
    assert [item["@type"] for item in graph] == [
        "NewsArticle", "Quotation", "Quotation", "Claim", "Quotation", "NewsArticle", "Claim",
    ]  # fmt: skip


# -- UIMA --------------------------------------------------------------------------------------------


def cas(*structures: dict[str, Any], text: str = TEXT) -> str:
    sofa = {"%ID": 9, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": text}
    return json.dumps({"%TYPES": {}, "%FEATURE_STRUCTURES": [*structures, sofa], "%VIEWS": {}})


def structure(number: int, kind: str, begin: Any, end: Any, **more: Any) -> dict[str, Any]:
    return {"%ID": number, "%TYPE": kind, "@sofa": 9, "begin": begin, "end": end, **more}


def test_a_cas_counts_utf16_units_and_its_text_may_come_late() -> None:
    entity = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    article = one(
        "cas-json",
        cas(
            structure(1, "my.Quote", 12, 30, tone="direct"),
            structure(2, entity, 3, 6, value="PER"),
            structure(3, "my.SaidByRelation", 3, 6, **{"@Governor": 1, "@Dependent": 2}),
            structure(4, "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token", 0, 2),
            structure(5, "de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS", 0, 2),
        ),
        ".json",
    )
    (layer,) = article.layers
    assert rows(layer) == [("Quote", "“the pier is shut”"), ("PER", "Ida")]
    assert layer.annotations[0].attributes == {"tone": "direct"}
    assert links(layer) == [("SaidBy", "“the pier is shut”", "Ida")]
    assert article.left_out == {"annotations of type POS": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("[]", "%FEATURE_STRUCTURES"),
        ("{", "line 1"),
        (json.dumps({"%FEATURE_STRUCTURES": []}), "it has 0 texts"),
        (cas(structure(1, "my.Quote", "0", 2)), "my.Quote 1: begin"),
        (cas({"%ID": "1"}), "no %ID"),
    ],
)
def test_a_broken_cas_is_refused(data: str, reason: str) -> None:
    assert reason in refused("cas-json", data, ".json")


def xmi(inside: str, before: str = "") -> str:
    spaces = (
        'xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" xmlns:my="http:///my.ecore"'
    )
    return f'<?xml version="1.0"?>{before}<xmi:XMI {spaces}>{inside}</xmi:XMI>'


def test_xmi_of_others() -> None:
    data = xmi(
        '<my:Quote xmi:id="3" sofa="1" begin="3" end="6"/>'
        '<cas:Sofa xmi:id="1" sofaID="_InitialView" sofaString="🌊 Ida&#13;&#10;&amp;"/>'
    )
    article = one("cas-xmi", data, ".xmi")
    assert article.text == "🌊 Ida\r\n&" and rows(article.layers[0], article.text) == [("Quote", "Ida")]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
SOFA = '<cas:Sofa xmi:id="1" sofaID="_InitialView" sofaString="&b;"/>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (xmi(SOFA, LAUGHS), "document type"),
        (xmi(SOFA, OUTSIDE), "document type"),
        (
            xmi(SOFA, LAUGHS).encode("utf-16").decode("utf-16").replace('1.0"', '1.0" encoding="utf-8"'),
            "document type",
        ),
        (xmi(SOFA), "no XML"),
        (xmi("")[:-5], "no XML"),
        (xmi("").replace('1.0"', '1.0" encoding="papyrus"'), "no XML"),
        (xmi("").replace('1.0"', '1.0" encoding="shift_jis"'), "no XML"),
        ("", "no XML"),
        (xmi('<my:Quote xmi:id="3" begin="x" end="6"/>'), "no number"),
        (xmi('<my:Quote xmi:id="3" begin="1" end="6" score="x"/>'), "no number"),
    ],
)
def test_hostile_xmi_is_refused(data: str, reason: str) -> None:
    assert reason in refused("cas-xmi", data, ".xmi")


# -- WebAnno TSV -------------------------------------------------------------------------------------

HEADER = "#FORMAT=WebAnno TSV 3.3\n#T_SP=my.Span|value|tone\n#T_RL=my.Link|BT_my.Span\n\n\n"
TABLE = (
    f"{HEADER}#Text=🌊 Ida said a\\|b.\n"
    "1-1\t0-2\t🌊\t_\t_\t_\t\n"
    "1-2\t3-6\tIda\tSPEAKER\tcalm\t_\t\n"
    "1-3\t7-11\tsaid\tQUOTE[1]|CUE\t*[1]|*\t1-2[0_1]\t\n"
    "1-4\t12-15\ta|b\tQUOTE[1]\t*[1]\t_\t\n"
    "\n#Text=Holm.\n2-1\t18-22\tHolm\t*\t*\t_\t\n2-2\t22-23\t.\t_\t_\t_\t\n"
)


def test_a_table_of_webanno() -> None:
    article = one("webanno-tsv", TABLE, ".tsv")
    assert article.text == "🌊 Ida said a|b.\n Holm."
    (layer,) = article.layers
    assert rows(layer, article.text) == [
        ("SPEAKER", "Ida"),
        ("QUOTE", "said a|b"),
        ("CUE", "said"),
        ("Span", "Holm"),
    ]
    assert layer.annotations[0].attributes == {"tone": "calm"}
    assert links(layer, article.text) == [("Link", "Ida", "said a|b")]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("3-6\tIda", "3-6\tIna", "'Ina'"),
        ("0-2\t🌊", "0-1\t🌊", "inside character"),
        ("18-22", "3-7", "begins within"),
        ("1-2[0_1]", "1-1[0_1]", "no annotation"),
        ("1-2[0_1]", "x[0_1]", "no token"),
        ("SPEAKER\tcalm", "SPEAKER|X\tcalm", "different numbers"),
        ("1-1\t", "one\t", "line 7"),
        ("\tcalm", "", "cells for"),
        ("#Text=🌊 Ida said a\\|b.\n", "", "before the #Text"),
    ],
)
def test_a_broken_table_of_webanno_is_refused(old: str, new: str, reason: str) -> None:
    assert old in TABLE
    assert reason in refused("webanno-tsv", TABLE.replace(old, new), ".tsv")


# -- tables ------------------------------------------------------------------------------------------


def test_columns_of_others_are_found_by_the_map() -> None:
    table = "Doc;Body;Tag;From;To\n1;Ida said so.;S;0;3\n1;Ida said so.;C;4;8\n2;'=Holm.;S;0;2\n"
    files = source(table, ".csv")
    files.columns = {"external_id": "doc", "text": "body", "label": "tag", "start": "from", "end": "To"}
    first, second = found("csv", files)
    assert isinstance(first, Article) and isinstance(second, Article)
    assert rows(first.layers[0], first.text) == [("S", "Ida"), ("C", "said")]
    assert second.text == "'=Holm."


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("a,b\n1,2\n", "no column text"),
        ("", "no column text"),
        ('text,label\n"x', "no row of CSV"),
        ("text,label\nx\n", "1 cells for 2 columns"),
        (b"text\n\xff\n", "not UTF-8"),
        ("text\n" + "x" * 10_000_001, "longer than"),
        (b"text\rlabel\r", "names no columns"),
    ],
)
def test_a_broken_table_is_refused(table: str | bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        found("csv", source(table, ".csv"))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("external_id,text,label,start,end\n1,Ida,S,0,3\n1,Holm,S,0,4\n", "another text"),
        ("external_id,text,label,start,end\n1,Ida,S,zero,3\n", "no offsets"),
        ("external_id,text,label,start,end\n1,Ida,S,3,0\n", "holds nothing"),
        ("external_id,text,label,start,end\n1,,S,0,3\n", "here it is empty"),
        ("external_id,text,label,start,end,score\n1,Ida,S,0,3,x\n", "could not convert"),
        ("external_id,text,label,start,end,attributes\n1,Ida,S,0,3,[]\n", "no JSON object"),
    ],
)
def test_a_broken_row_of_a_table_is_refused(table: str, reason: str) -> None:
    assert reason in refused("csv", table, ".csv")
