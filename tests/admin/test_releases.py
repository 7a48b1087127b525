"""Making a release on its page, and looking at one."""

from annotations.models import Release, ReleasedArticle
from annotations.services.erasing import erase_article
from corpus.services.actors import COMMAND
from tests.admin.conftest import url
from tests.annotations.test_releases import gold_record, pier, put_gold  # noqa: F401 - the fixture

FORM = {"name": "v1", "layer": "gold", "train": "0.5", "dev": "0", "test": "0.5", "seed": "", "after": ""}


def test_a_lead_makes_a_release_and_compares_it(signed_in, lea, pier):  # noqa: F811 - the fixture
    client, page = signed_in(lea), url("corpus_corpus_releases", pier.pk)
    assert "None yet." in client.get(page).text
    told = client.post(page, FORM | {"protected": "Ida Holm\n\n"}, follow=True).text
    release = Release.objects.get()
    assert (release.made_by, release.manifest["protected"]) == (lea, 1)
    for split in ("train", "test"):
        assert release.manifest["splits"][split]["sha256"][:16] in told
    assert "pretty_name: v1" in told and "Compare" not in told
    assert 'value="brat"' in told and 'value="spacy"' not in told
    refused = client.post(page, FORM)
    assert refused.status_code == 400 and "There is a release" in refused.text
    assert "add up to 1.5" in client.post(page, FORM | {"name": "v2", "train": "1"}).text
    put_gold(pier, gold_record(60))
    client.post(page, FORM | {"name": "v2"})
    gone = ReleasedArticle.objects.filter(release=release, split="train").select_related("article")[0]
    erase_article(COMMAND, gone.article, reason="taken down")
    later = url("corpus_corpus_release", pier.pk, Release.objects.get(name="v2").pk)
    told = client.get(later, {"from": "v1"}).text
    assert '<th scope="row">articles added</th><td>1</td>' in told and "Erased since: 1 in train" in told
    assert client.get(later, {"from": "v0"}).status_code == 400


def test_a_release_of_another_corpus_is_not_there(signed_in, lea, dee, pier):  # noqa: F811 - the fixture
    client = signed_in(lea)
    client.post(url("corpus_corpus_releases", pier.pk), FORM)
    page = url("corpus_corpus_release", pier.pk, Release.objects.get().pk)
    assert client.get(page).status_code == 200
    assert signed_in(dee).get(page).status_code == 404
    assert client.get(url("corpus_corpus_release", pier.pk, pier.pk)).status_code == 404
