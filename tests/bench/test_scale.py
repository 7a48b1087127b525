"""The short form of bench/scale.py: with twenty times the articles no page makes twenty times the work.

On SQLite alone: PostgreSQL is right to scan tables as small as these.
"""

import re

import pytest

from tests.bench.running import figures_of

#: The pages that do grow, and why. Whoever makes one flat takes its line away.
GROWS = {
    r"/api/v1/corpora/\{slug\}/stats/": "counts, up to 100,000 of each",
    r"/api/v1/corpora/\{slug\}/pipelines/\{pipeline_id\}/evaluation/": "reads 500 articles at most",
    r"/api/v1/corpora/\{slug\}/agreement/": "reads 500 articles at most",
    r"/admin/corpus/corpus/.*/agreement/": "the same",
    r"/api/v1/corpora/\{slug\}/vigilance/": "reads 1,000 passes at most",
    r"/admin/corpus/corpus/.*/vigilance/": "the same",
    r"/api/v1/corpora/\{slug\}/rereviews/extent/": "counts in the newest 1,000 articles that have reviews",
    r"/api/v1/runs/\{run_id\}/": "counts the jobs of that run",
    r".*/articles?/\?(corpus=scale&)?status=new": "in a blind corpus: looks at each text in between",
    r"/api/v1/comments/\?corpus=scale&state=": "in a blind corpus: looks at each thread in between",
    r"/api/v1/corpora/\{slug\}/articles/\?outlet=": "sorts what one outlet has published",
    r"/admin/corpus/article/\?q=": "looks for words in titles",
    r"/admin/corpus/event/\?(corpus=scale&)?(action|object_type)=": "looks for rare events among all",
    r".*/jobs?/\?(corpus=scale&)?status(__exact)?=(done|queued)": "sorts the jobs in that state",
}


@pytest.mark.slow
def test_no_page_grows_with_the_corpus_but_those_that_say_why():
    figures = figures_of("scale", "sqlite", "--small=200", "--large=4000", "--requests=0")
    assert figures["control_missed"] == []
    assert figures["pages"] > 200
    known = re.compile(rf"(owner|reviewer): ({'|'.join(GROWS)})")
    assert [name for name in figures["offenders"] if not known.match(name)] == []
