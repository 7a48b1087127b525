"""Nothing that is stored runs in a browser: every field holds what would run where it is not escaped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import orjson
import pytest
from django.template import Context, Engine, TemplateSyntaxError
from playwright.sync_api import Browser, BrowserContext, Dialog, Route

from annotations.models import Annotation, Dispute, Job, Pipeline, Relation, Review, Verdict, Webhook
from annotations.services.comments import post_comment
from annotations.services.decisions import Decision
from annotations.services.erasing import erase_article
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.reading import read_layers, shown_layers
from annotations.services.releases import Plan, make_release
from annotations.services.rereviews import open_rereview
from annotations.services.reviewing import decide_many
from annotations.services.settling import Choice, settle_dispute
from annotations.services.webhooks import make_webhook
from corpus.models import Article, Corpus, Event, IngestRejection, IngestReport, Revision, User
from corpus.schemes import DEFAULT_SCHEME
from corpus.services.actors import COMMAND, Scope
from corpus.services.corpora import (
    configure_corpus,
    create_corpus,
    publish_guideline,
    publish_scheme,
    set_member,
)
from corpus.services.tokens import make_token
from tests.browser.conftest import Tab, listening
from tests.browser.test_pages import exports_in_every_state
from tests.conftest import acting, person, put_in

pytestmark = pytest.mark.browser

#: Each calls `ran` with its number where it stands raw in an element, an attribute, a script or a template.
RAW = (
    "<script>ran(#)</script>",
    "<ScRiPt/x>ran(#)</sCrIpT >",
    "<script src=data:text/javascript,ran(#)></script>",
    "<img src=x onerror=ran(#)>",
    "<img/src/onerror=ran(#)>",
    '<img src=x onerror="ran(#)"//',
    "<IMG SRC=x ONERROR=&#114;an(#)>",
    "<svg onload=ran(#)>",
    "<svg><script>ran(#)</script></svg>",
    "<svg><animate onbegin=ran(#) attributeName=x dur=1s>",
    "<svg><a href=javascript:ran(#)><text y=20>x</text></a></svg>",
    "<math><mtext><img src=x onerror=ran(#)></mtext></math>",
    "<details open ontoggle=ran(#)>x</details>",
    "<body onload=ran(#)>",
    "<input autofocus onfocus=ran(#)>",
    "<video><source onerror=ran(#)></video>",
    "<audio src=x onerror=ran(#)>",
    "<iframe srcdoc='<script>parent.ran(#)</script>'></iframe>",
    "<iframe src=javascript:parent.ran(#)></iframe>",
    "<style>@keyframes k{}</style><b style='animation:k 1s' onanimationstart=ran(#)>x</b>",
    "<a href=javascript:ran(#)>x</a>",
    "<a href='java&#10;script:ran(#)'>x</a>",
    "<a href=' &#1;JaVaScRiPt:ran(#)'>x</a>",
    "<form action=javascript:ran(#)><button>x</button></form>",
    '"><img src=x onerror=ran(#)>',
    "'><img src=x onerror=ran(#)>",
    '" autofocus onfocus=ran(#) x="',
    "' onmouseover=ran(#) x='",
    "</textarea><img src=x onerror=ran(#)>",
    "</title><img src=x onerror=ran(#)>",
    "</template><img src=x onerror=ran(#)>",
    "</style><img src=x onerror=ran(#)>",
    "</mark></div></article><img src=x onerror=ran(#)>",
    "--><img src=x onerror=ran(#)>",
    "]]><img src=x onerror=ran(#)>",
    "</script><script>ran(#)</script>",
    '";ran(#);"',
    "';ran(#);'",
    '\\";ran(#);//',
    '"};ran(#);//',
    "\u2028ran(#)//",
    "\u2029ran(#)//",
    "${ran(#)}",
    "{{ '<img src=x onerror=ran(#)>'|safe }}",
    "{% autoescape off %}{{ '<img src=x onerror=ran(#)>' }}{% endautoescape %}",
    "\u202e<img src=x onerror=ran(#)>",
    "\ufeff<img src=x onerror=ran(#)>",
    "＜img src=x onerror=ran(#)＞",
    "&lt;img src=x onerror=ran(#)&gt;",
)  # fmt: skip
PAYLOADS = [raw.replace("an(#)", f"an({number})") for number, raw in enumerate(RAW)]
#: Of those, what no raw page runs either: only one that undid entities, or took these for other characters.
DEAD = {number for number, raw in enumerate(RAW) if raw.startswith(("＜", "&lt;", "\\"))}
#: What may not be in a page though no policy lets it run: handlers, and addresses that are script.
TRACES = r"""() => [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes]
  .filter(({ name, value }) => name.startsWith("on")
    || (["href", "src", "action", "formaction", "data", "srcdoc", "xlink:href"].includes(name)
      && /^(javascript|vbscript|data:text)/i.test(value.replace(/[\s\0-\x20]/g, ""))))
  .map(({ name, value }) => `${element.localName} ${name}=${value.slice(0, 60)}`))"""
#: Pages that end the session, are files, or only lead to another page.
NOT_FOLLOWED = re.compile(r"/logout/|/history/|/export/download|\.(json|jsonl|css|js)$|/static/")
#: One page of a kind is enough: the same address with another id, page, order or filter is the same page.
SAME = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b\d+\b|(?<==)[^&]*")


#: There are more pages than this; fewer would mean that links were not found.
LEAST_PAGES = 40


@dataclass
class Ear:
    """What ran, and what the browser had to say."""

    tab: Tab
    ran: set[int] = field(default_factory=set)
    dialogs: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)

    @property
    def heard(self) -> list[object]:
        return [*self.ran, *self.dialogs, *self.traces, *self.tab.complaints]


def listen(context: BrowserContext, base: str) -> Ear:
    ear = Ear(tab=listening(context, base))

    def hear_dialog(dialog: Dialog) -> None:
        ear.dialogs.append(dialog.message)
        dialog.dismiss()

    context.expose_function("ran", lambda number: ear.ran.add(number))
    ear.tab.page.on("dialog", hear_dialog)
    return ear


@pytest.fixture
def ear(chromium: Browser, live_server) -> Iterator[Ear]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    yield listen(context, str(live_server.url))
    context.close()


# -- every field ---------------------------------------------------------------------------------------------


def some(most: int, first: int = 0) -> str:
    """Return as many payloads as a field of `most` characters takes, from the one numbered `first` on."""
    taken = ""
    for payload in PAYLOADS[first:] + PAYLOADS[:first]:
        if len(taken) + len(payload) + 1 <= most:
            taken += f"{payload} "
    return taken.strip()


def hostile_scheme() -> dict[str, object]:
    scheme = orjson.loads(orjson.dumps(DEFAULT_SCHEME))
    for number, entry in enumerate([*scheme["labels"], *scheme["relations"]]):
        entry["description"] = some(400, 8 * number)
    return scheme


@pytest.fixture
def hostile(transactional_db: None) -> Corpus:
    """A corpus with everything in it that a page can show, and payloads wherever words are taken."""
    owner = person("owen")
    guideline = "\n\n".join(["R1. Label what was said.", *PAYLOADS])
    corpus = create_corpus(COMMAND, slug="hostile", name="x", owner=owner, guideline=guideline, passes=2)
    publish_scheme(COMMAND, corpus, definition=hostile_scheme(), version=1)
    people = [person(name) for name in ("ada", "ben")]
    for user in people:
        set_member(COMMAND, corpus, user, "reviewer")
    configure_corpus(COMMAND, corpus, version=1, changes={"name": some(200, 20), "description": some(2_000)})
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in_payloads(corpus)
    work_jobs("test", limit=50, seconds=60)
    import_reasons(corpus)
    quotes = [row.pk for view in read_layers(shown_layers(revision)) for row in view.annotations.values()]
    for number, user in enumerate(people):
        decisions = [
            Decision(verdict=Verdict.REJECT, on=pk, reason="other", note=some(500, 3 * place))
            if place % 2 == number
            else Decision(verdict=Verdict.ACCEPT, on=pk)
            for place, pk in enumerate(quotes)
        ]
        decide_many(acting(user), revision, decisions)
        submit_pass(acting(user), revision)
    dispute = Dispute.objects.filter(revision=revision)[0]
    settle_dispute(
        acting(owner),
        dispute,
        Choice(reject=True, reason="other", note=some(500, 5)),
        version=dispute.version,
    )
    publish_guideline(COMMAND, corpus, text="\n\n".join(["R1. Label a quote.", *PAYLOADS[1:]]), version=1)
    open_rereview(COMMAND, corpus, labels=["quote"], reason=some(2_000, 7))
    post_comment(acting(owner), revision.article, some(5_000), annotation=quotes[0])
    make_webhook(acting(owner), corpus, url="https://hooks.test/", kinds=["gold"])
    make_release(acting(owner), corpus, Plan(name="v1", layer="machine"))
    gone = put_in(corpus, some(5_000), external_id="gone")
    erase_article(COMMAND, gone.article, reason=some(500, 9))
    make_token(acting(owner), user=owner, name=some(100, 3), scopes=[Scope.READ.value])
    overwrite(corpus)
    return corpus


def put_in_payloads(corpus: Corpus) -> Revision:
    spoken = "\n\n".join(f"“We {payload} will close it,” said {payload} Ann Lee." for payload in PAYLOADS)
    return put_in(
        corpus,
        "\n\n".join([*PAYLOADS, spoken]),
        external_id=some(500, 30),
        title=some(1_000, 12),
        outlet=some(200, 26),
        url="javascript:ran(22)",
        byline=some(500, 40),
    )


def import_reasons(corpus: Corpus) -> None:
    """Put in a layer of another pipeline, with its reasons, as a machine client sends them."""
    text = "Nothing was said on the quay."
    record = {
        "schema": "attest/1",
        "external_id": "reasons",
        "text": text,
        "layer": "machine:elsewhere@1",
        "annotations": [
            {"label": "claim", "segments": [[0, 7]], "surface": text[:7], "score": 0.5, "reason": payload}
            for payload in PAYLOADS
        ],
    }
    outcomes = list(import_records(COMMAND, corpus, [orjson.dumps(record)], source=some(500, 33)))
    assert [outcome.outcome for outcome in outcomes] == ["created"], outcomes


def overwrite(corpus: Corpus) -> None:
    """Write payloads where a form or a reader would refuse them today."""
    User.objects.filter(username="ada").update(
        first_name=some(150, 4), last_name=some(150, 14), username=some(150, 34)
    )
    User.objects.filter(username="ben").update(pseudonym=some(64, 24))
    Article.objects.filter(corpus=corpus).update(language=PAYLOADS[3][:35], metadata={some(300): some(900)})
    Corpus.objects.filter(pk=corpus.pk).update(language=PAYLOADS[3][:35])
    Job.objects.filter(revision__corpus=corpus).update(
        cause=some(900, 6), worker=some(128, 2), status="parked"
    )
    Pipeline.objects.filter(name="elsewhere").update(version=PAYLOADS[7][:32])
    Webhook.objects.update(url=some(2_000, 8), cause=some(200, 15), kinds=[some(64, 22)], failures=1)
    exports_in_every_state(corpus, layer=some(128, 11), format=some(32, 5), cause=some(900, 13))
    report = IngestReport.objects.create(corpus=corpus, source=some(512, 16), rejected=1)
    IngestRejection.objects.create(report=report, place=some(512, 18), reason=some(2_000, 19))


# -- every page ----------------------------------------------------------------------------------------------


def pages_of(corpus: Corpus) -> list[str]:
    """Return the pages of each article and those that no link leads to; the rest is found from there."""
    pages = ["/admin/", "/api/v1/docs/"]
    for article in Article.objects.filter(corpus=corpus):
        own = f"/admin/corpus/article/{article.pk}"
        pages += [f"{own}/change/", f"{own}/review/", f"{own}/review/?panel=new&note={quote(PAYLOADS[26])}"]
        pages += [f"{own}/workbench/", f"{own}/erase/"]
    for model in (Annotation, Review, Relation):
        rows = list(model.objects.filter(layer__revision__corpus=corpus).values_list("pk", flat=True))
        own = f"/admin/annotations/{model._meta.model_name}"
        pages += [f"{own}/{pk}/change/" for pk in (rows[0], rows[-1])]
    lines = Review.objects.filter(layer__revision__corpus=corpus, annotation__isnull=False)
    for pk in {row.annotation_id for row in lines[:3]}:
        pages += [f"/admin/annotations/annotation/{pk}/history/"]
    actions = dict(Event.objects.filter(corpus=corpus).values_list("action", "pk"))
    pages += [f"/admin/corpus/event/{pk}/change/" for pk in actions.values()]
    pages += [f"/admin/corpus/corpus/{corpus.pk}/disputes/?show=settled"]
    return pages


def every_page(ear: Ear, start: list[str]) -> Iterator[str]:
    """Open these pages and one of each kind that links lead to; yield the address while it is open."""
    waiting = list(start)
    known = {SAME.sub("*", path) for path in start}
    while waiting:
        path = waiting.pop(0)
        ear.tab.open(path)
        yield path
        for link in ear.tab.page.evaluate("[...document.links].map((link) => link.href)"):
            parts = urlsplit(link)
            further = parts.path + (f"?{parts.query}" if parts.query else "")
            kind = SAME.sub("*", further)
            if not link.startswith(f"{ear.tab.base}/admin/") or NOT_FOLLOWED.search(link) or kind in known:
                continue
            known.add(kind)
            waiting.append(further)


def use_the_workbench(ear: Ear) -> None:
    """Have it show all that it can: reason, lists, what may be missing, keys, what is selected."""
    page = ear.tab.page
    missing = [{"label": "quote", "segments": [[0, 9]], "score": 0.5, "reason": some(900)}]
    page.route("**/candidates/**", lambda route: route.fulfill(json={"missing": missing, "choices": {}}))
    page.wait_for_selector("#saved:not(:empty)")
    for key in ("w", "j", "j", "s", "Escape", "c", "Escape", "v", "Escape", "e", "Escape", "n", "?"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    page.evaluate("document.getSelection().selectAllChildren(document.querySelector('#text .block'))")
    page.wait_for_timeout(100)


def test_no_page_runs_what_is_stored(hostile, ear):
    ear.tab.be("owen")
    opened = []
    for path in every_page(ear, pages_of(hostile)):
        opened.append(path)
        if path.endswith("/workbench/") and ear.tab.page.locator("#workbench").count():
            use_the_workbench(ear)
        ear.traces += ear.tab.page.evaluate(TRACES)
        assert ear.heard == [], path
    assert len(opened) > LEAST_PAGES, opened


# -- the control ---------------------------------------------------------------------------------------------

#: A page that escapes nothing and has no policy, in each of the places where words are put.
CONTROL = (
    "<!doctype html><title>{payload}</title><body>{payload}</body>",
    '<!doctype html><input value="{payload}"><p>x</p>',
    "<!doctype html><input value='{payload}'>",
    "<!doctype html><textarea>{payload}</textarea>",
    "<!doctype html><template>{payload}</template>",
    "<!doctype html><style>{payload}</style>",
    "<!doctype html><!-- {payload} -->",
    '<!doctype html><script>var words = "{payload}";</script>',
    "<!doctype html><script>var words = '{payload}';</script>",
    '<!doctype html><script>var state = {{words: "{payload}"}};</script>',
    "<!doctype html><script>// {payload}\n</script>",
    "<!doctype html><script>var words = `{payload}`;</script>",
)
#: What a person may do on any page: click, hover, send a form.
TOUCH = """() => {
  for (const element of document.querySelectorAll("a, button, input, [onmouseover]")) {
    element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
}"""


def test_the_ear_hears_them_on_a_page_that_escapes_nothing(ear):
    page = ear.tab.page
    sources: dict[str, str] = {}

    def serve(route: Route) -> None:
        route.fulfill(content_type="text/html; charset=utf-8", body=sources.get(route.request.url, ""))

    page.route("http://control.test/**", serve)
    seen = set()
    for number, payload in enumerate(PAYLOADS):
        for place, around in enumerate(CONTROL):
            url = f"http://control.test/{number}/{place}"
            sources[url] = rendered(around.format(payload=payload))
            page.goto(url)
            if page.evaluate(TRACES):
                seen.add(number)
            page.evaluate(TOUCH)
            page.wait_for_timeout(20)
            if number in ear.ran:
                break
    missed = [RAW[number] for number in range(len(RAW)) if number not in ear.ran | DEAD]
    assert missed == [], missed
    assert not ear.ran & DEAD
    assert len(seen) > len(RAW) / 2


def rendered(source: str) -> str:
    """Return what Django's templates make of it, as if words were taken for a template."""
    try:
        return Engine().from_string(source).render(Context())
    except TemplateSyntaxError:
        return source


def test_the_ear_hears_the_policy_stop_a_payload(hostile, ear):
    ear.tab.be("owen")
    ear.tab.open("/admin/")
    ear.tab.page.evaluate("(words) => document.body.insertAdjacentHTML('beforeend', words)", PAYLOADS[3])
    ear.tab.page.wait_for_timeout(300)
    assert ear.ran == set()
    assert any("script-src" in complaint for complaint in ear.tab.complaints)
    assert ear.tab.page.evaluate(TRACES)
