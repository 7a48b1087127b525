"""Who gets in, and that nothing but membership decides what they see."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Export,
    Job,
    Layer,
    Pipeline,
    Relation,
    Release,
    Review,
    Run,
    Settlement,
    Verdict,
)
from annotations.services.decisions import Decision
from annotations.services.passes import submit_pass
from annotations.services.pipelines import start_run
from annotations.services.reviewing import decide
from corpus.models import (
    Article,
    Corpus,
    Event,
    Guideline,
    IngestReport,
    Membership,
    Outlet,
    Revision,
    Role,
    Scheme,
    Token,
    User,
)
from corpus.services.actors import COMMAND
from tests.admin.conftest import url
from tests.conftest import acting

#: Pages of a corpus and its things, with the least role that each is for.
PAGES = {
    "settings": ("corpus_corpus_change", "corpus", Role.VIEWER),
    "members": ("corpus_corpus_members", "corpus", Role.VIEWER),
    "guideline": ("corpus_corpus_guideline", "corpus", Role.VIEWER),
    "scheme": ("corpus_corpus_scheme", "corpus", Role.VIEWER),
    "machines": ("corpus_corpus_machines", "corpus", Role.VIEWER),
    "put in": ("corpus_corpus_put_in", "corpus", Role.LEAD),
    "export": ("corpus_corpus_export", "corpus", Role.LEAD),
    "disputes": ("corpus_corpus_disputes", "corpus", Role.ADJUDICATOR),
    "figures": ("corpus_corpus_figures", "corpus", Role.ADJUDICATOR),
    "agreement": ("corpus_corpus_agreement", "corpus", Role.ADJUDICATOR),
    "vigilance": ("corpus_corpus_vigilance", "corpus", Role.REVIEWER),
    "work": ("corpus_corpus_work", "corpus", Role.LEAD),
    "re-review": ("corpus_corpus_rereviews", "corpus", Role.LEAD),
    "comments": ("corpus_corpus_comments", "corpus", Role.REVIEWER),
    "comments on an article": ("corpus_article_comments", "article", Role.REVIEWER),
    "releases": ("corpus_corpus_releases", "corpus", Role.LEAD),
    "webhooks": ("corpus_corpus_webhooks", "corpus", Role.LEAD),
    "article": ("corpus_article_change", "article", Role.VIEWER),
    "review": ("corpus_article_review", "article", Role.REVIEWER),
    "workbench": ("corpus_article_workbench", "article", Role.REVIEWER),
    "workbench's state": ("corpus_article_state", "article", Role.REVIEWER),
    "erase": ("corpus_article_erase", "article", Role.OWNER),
    "run": ("annotations_run_change", "run", Role.VIEWER),
    "progress": ("annotations_run_progress", "run", Role.VIEWER),
    "pipeline": ("annotations_pipeline_change", "pipeline", Role.VIEWER),
    "job": ("annotations_job_change", "job", Role.VIEWER),
    "suggestion": ("annotations_annotation_change", "suggestion", Role.VIEWER),
    "event": ("corpus_event_change", "event", Role.VIEWER),
    "delivery": ("corpus_ingestreport_change", "report", Role.LEAD),
}
#: Everything that no page may change behind the back of a service.
TABLES = (
    Corpus, Membership, Scheme, Guideline, Outlet, Article, Revision, IngestReport, Token, User,
    Pipeline, Run, Job, Layer, Annotation, Relation, Review, Assignment, Dispute, Settlement, Export, Release,
)  # fmt: skip


@pytest.fixture
def things(suggested, corpus):
    """One of each that has a page."""
    run = start_run(COMMAND, corpus, "rules")
    return {
        "corpus": corpus.pk,
        "article": suggested.article_id,
        "run": run.pk,
        "pipeline": run.pipeline_id,
        "job": Job.objects.all()[0].pk,
        "suggestion": Annotation.objects.all()[0].pk,
        "event": Event.objects.filter(corpus=corpus, action="article.created")[0].pk,
        "report": IngestReport.objects.get().pk,
    }


@pytest.fixture
def cast(owen, lea, cy, ada, vic):
    return {
        Role.OWNER: owen,
        Role.LEAD: lea,
        Role.ADJUDICATOR: cy,
        Role.REVIEWER: ada,
        Role.VIEWER: vic,
    }


def test_whoever_has_an_account_gets_in(signed_in, dee):
    assert signed_in(dee).get(url("index")).status_code == 200


def test_a_member_signs_in_without_being_staff(client, dee):
    answer = client.post(reverse("admin:login"), {"username": "dee", "password": "dee-and-a-long-word"})
    assert answer.status_code == 302
    assert client.get(url("index")).status_code == 200


def test_nobody_gets_in_without_one(client):
    answer = client.get(url("index"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


def test_an_account_that_was_closed_lets_nobody_in(signed_in, dee):
    client = signed_in(dee)
    dee.is_active = False
    dee.save()
    assert client.get(url("index")).status_code == 302


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_to_its_role_and_to_those_above(name, signed_in, things, cast):
    view, thing, least = PAGES[name]
    for role, user in cast.items():
        status = signed_in(user).get(url(view, things[thing])).status_code
        if role.reaches(least):
            assert status == 200, (name, role)
        else:
            assert status in (302, 403), (name, role)


@pytest.mark.parametrize("name", PAGES)
def test_to_strangers_a_foreign_object_is_a_missing_one(name, signed_in, things, dee, sue):
    view, thing, _ = PAGES[name]
    missing = 999_999 if thing == "job" else "01900000-0000-7000-8000-000000000000"
    for stranger in (dee, sue):
        client = signed_in(stranger)
        there, nowhere = client.get(url(view, things[thing])), client.get(url(view, missing))
        assert there.status_code == nowhere.status_code
        assert there.status_code in (302, 403, 404)
        assert there.get("Location") == nowhere.get("Location")


@pytest.mark.parametrize(
    "model", [m for m in admin.site._registry if m is not User], ids=lambda m: m.__name__
)
def test_a_superuser_who_is_no_member_finds_every_list_empty(model, signed_in, things, sue, suggested):
    name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
    query = (
        f"?layer__revision={suggested.pk}" if model in (Annotation, Relation, Review) else "?corpus=harbour"
    )
    if model in (Corpus, Token):
        query = ""
    answer = signed_in(sue).get(url(name) + query)
    assert answer.status_code in (200, 403)
    if answer.status_code == 200:
        assert "Harbour" not in answer.text
        assert "There is nothing here" in answer.text


def test_the_start_page_of_a_stranger_names_no_corpus(signed_in, things, dee):
    page = signed_in(dee).get(url("index")).text
    assert "Harbour" not in page
    assert "not a member of any corpus" in page


def test_the_start_page_leads_to_the_next_review(signed_in, suggested, ada):
    assert url("corpus_corpus_take", suggested.corpus_id) in signed_in(ada).get(url("index")).text


def snapshot():
    return [list(table.objects.order_by("pk").values_list()) for table in TABLES]


FORGED = {
    "username": "mallory", "password1": "a-long-new-word", "password2": "a-long-new-word",
    "usable_password": "true", "is_superuser": "on", "is_staff": "on", "is_active": "on", "role": "owner",
    "user": "1", "corpus": "harbour", "name": "taken", "slug": "harbour", "title": "taken",
    "status": "gold", "text": "taken", "score": "1", "label": "claim", "verdict": "accept", "active": "on",
    "layer": "1", "revision": "1", "pipeline": "1", "action": "delete_selected", "_selected_action": "1",
    "post": "yes", "_save": "Save", "version": "1", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1",
    "form-0-id": "1", "groups": "1", "user_permissions": "1", "rejections-TOTAL_FORMS": "1",
    "rejections-INITIAL_FORMS": "0", "rejections-0-place": "x", "blind": "", "rejections-0-reason": "x",
}  # fmt: skip


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda m: m.__name__)
@pytest.mark.parametrize("who", ["vic", "dee", "stan"])
def test_no_forged_form_changes_anything(model, who, signed_in, things, vic, dee, stan):
    client = signed_in({"vic": vic, "dee": dee, "stan": stan}[who])
    before = snapshot()
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    pks = list(model.objects.order_by("pk").values_list("pk", flat=True)[:2]) or [1]
    targets = [url(f"{name}_changelist")]
    targets += [url(f"{name}_{act}", pk) for pk in pks for act in ("change", "delete")]
    # Whoever has an account may make a corpus and a token of their own, and nothing else.
    if model not in (Corpus, Token):
        targets.append(url(f"{name}_add"))
    for target in targets:
        assert client.post(target, FORGED | {"_selected_action": str(pks[0])}).status_code < 500, target
    assert snapshot() == before


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda m: m.__name__)
def test_even_an_owner_deletes_nothing(model, signed_in, things, owen):
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    client = signed_in(owen)
    before = snapshot()
    for pk in list(model.objects.order_by("pk").values_list("pk", flat=True)[:2]):
        assert client.post(url(f"{name}_delete", pk), {"post": "yes"}).status_code in (302, 403, 404)
        assert (
            client.post(url(f"{name}_changelist"), FORGED | {"_selected_action": str(pk)}).status_code < 500
        )
    assert snapshot() == before


PARAMETERS = (
    "text__regex=^(a%2B)%2B$", "article__title__regex=a", "layer__reviewer__password__startswith=a",
    "user__password__startswith=m", "corpus__members__user__password__startswith=m",
    "actor__password__contains=a", "started_by__password__regex=.", "made_by__email__startswith=a",
    "_connector=OR", "status__exact__in=a", "password__startswith=a", "o=1.-2&article__url__icontains=x",
)  # fmt: skip


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda m: m.__name__)
def test_a_list_obeys_no_filter_but_its_own(model, signed_in, things, owen, sue):
    client = signed_in(sue if model is User else owen)
    name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
    for parameter in PARAMETERS:
        assert client.get(f"{url(name)}?corpus=harbour&{parameter}").status_code == 400, parameter


def test_no_page_has_a_script_or_style_in_it(signed_in, things, owen):
    client = signed_in(owen)
    pages = [url(view, things[thing]) for view, thing, _ in PAGES.values()]
    pages += [url("index"), url("corpus_article_changelist") + "?corpus=harbour", url("corpus_token_add")]
    for target in pages:
        page = client.get(target).text
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:", page), target


def test_the_start_page_counts_ones_own_passes_alone(signed_in, suggested, ada, ben):
    for row in Annotation.objects.filter(layer__revision=suggested, layer__kind="machine"):
        decide(acting(ada), suggested, Decision(verdict=Verdict.SKIP, on=row.pk))

    def counts(user):
        page = signed_in(user).get(url("index")).text
        return re.findall(r"<td[^>]*>(?:<a [^>]*>)?(\d+)(?:</a>)?</td>", page)

    assert counts(ada) == ["1", "1", "0"]
    assert counts(ben) == ["1", "0", "0"]
    submit_pass(acting(ada), suggested)
    assert counts(ada) == ["1", "0", "1"]
    assert counts(ben) == ["1", "0", "0"]
