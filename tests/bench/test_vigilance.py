"""The short form of bench/vigilance.py: a newsroom with known errors, in real rows, and its controls."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from annotations.services.vigilance import Measure, vigilance_of
from bench.vigilance import MODEST, is_right, name_of, named_in
from bench.vigilance_world import CARELESS, counted, imagine, live, shuffled
from corpus.models import Role, User
from corpus.services.actors import COMMAND, Actor

SEED, ARTICLES = 0, 44


@pytest.mark.django_db
def test_the_careless_reviewer_and_the_boastful_pipeline_are_named_and_nobody_else() -> None:
    world = imagine(SEED, ARTICLES)
    corpus = live(world, SEED, acts=1)
    report = vigilance_of(COMMAND, corpus, Role.OWNER)
    assert is_right(report, world)

    printed = StringIO()
    call_command("vigilance", corpus=corpus.slug, json=True, stdout=printed)
    body = json.loads(printed.getvalue())
    careless = User.objects.get(username=f"{CARELESS}-{SEED}")
    assert body["named"] == [str(careless.public_id)]
    assert body["miscalibrated"] == ["boastful@1"]
    [boastful] = [row for row in body["pipelines"] if row["pipeline"] == "boastful@1"]
    assert (boastful["basis"], boastful["direction"]) == ("independent", "high")
    assert boastful["low"] < 0.25 < boastful["high"]
    assert all(row["chance"] < 0.05 for row in body["pipelines"] if row["miscalibrated"])

    own = vigilance_of(Actor(user=careless, via="api"), corpus, Role.ADJUDICATOR)
    assert [name_of(str(person.user)) for person in own.people] == [CARELESS]
    assert not own.named and not own.pipelines, "nothing is said of others, not by a comparison either"
    lapses = own.people[0].lapses[Measure.ACCEPTED_WRONG]
    assert (lapses.cases, lapses.lapses) == counted(world.cases())[CARELESS]


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_named_without_the_careless_one_or_once_labels_are_shuffled(seed: int) -> None:
    world = imagine(seed, ARTICLES)
    assert named_in(world).people == {CARELESS}, "the control of the controls"
    assert not named_in(imagine(seed, ARTICLES, MODEST)).people
    assert not named_in(shuffled(world, seed)).people
