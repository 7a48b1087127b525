"""The style of the workbench: one file with everything in it, kept by browsers, for members alone."""

import re

import pytest
from django.contrib.staticfiles import finders

from annotations.admin import sheet
from tests.admin.conftest import url

SHEETS = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
IMAGE = re.compile(r"url\(([^)]+)\)")


def test_the_workbench_asks_for_one_file_of_styles_with_all_that_the_pages_have(signed_in, ada, suggested):
    page = signed_in(ada).get(url("corpus_article_workbench", suggested.article_id)).text
    (address,) = SHEETS.findall(page)
    answer = signed_in(ada).get(address)
    assert answer["Content-Type"] == "text/css"
    assert "immutable" in answer["Cache-Control"] and "no-store" not in answer["Cache-Control"]
    assert ".label-quote { --label: #1d4ed8; }" in answer.text
    # In the order of the pages of the admin, so that what comes later has its way.
    parts = ["#user-tools", ".at-tabs", ".at-text mark", ".wb-panel", "/* Tablets */", ".label-quote"]
    places = [answer.text.index(part) for part in parts]
    assert places == sorted(places)


def test_other_pages_ask_for_theirs_one_by_one(signed_in, ada, suggested):
    page = signed_in(ada).get(url("corpus_article_review", suggested.article_id)).text
    assert len(SHEETS.findall(page)) > 3


def test_what_the_styles_name_is_found_from_where_they_are_served():
    places = [place for place in IMAGE.findall(sheet.joined()) if not place.startswith("data:")]
    assert len(places) > 5
    for place in places:
        assert place.startswith("/static/") and finders.find(place.removeprefix("/static/")), place


@pytest.mark.parametrize(("name", "value"), [("joined", lambda: "body { color: red }"), ("LABEL_RULE", "")])
def test_the_address_changes_with_what_is_in_the_file(signed_in, ada, corpus, monkeypatch, name, value):
    before = sheet.styles_url(corpus.pk, 1)
    assert sheet.styles_url(corpus.pk, 1) == before
    monkeypatch.setattr(sheet, name, value)
    assert sheet.styles_url(corpus.pk, 1) != before
    # Another release answers under that address too, and nobody keeps what it says.
    assert signed_in(ada).get(before)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("name", ["labels", "workbench_styles"])
def test_the_styles_of_a_foreign_corpus_are_missing(name, signed_in, ada, dee, corpus):
    address = url(f"corpus_corpus_{name}", corpus.pk, 1)
    assert signed_in(dee).get(address).status_code == 404
    assert signed_in(ada).get(address).status_code == 200
