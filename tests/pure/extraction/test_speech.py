"""Direct, indirect and mixed speech: each construction with the one quote that it holds."""

import pytest

from tests.pure.extraction.marked import quotes_in, unmark

DIRECT = {
    "before pronoun and cue": '[q "The harbour will stay open all winter,"] [s she] [c said].',
    "before cue and name": '[q "The harbour will stay open,"] [c said] [s Nora Quist].',
    "before name and unmarked adverb": '[q "We open at nine,"] [s Quist] later [c added].',
    "behind cue and comma": '[s The mayor] [c said], [q "We will build the bridge."]',
    "behind cue and colon": '[s Nora Quist] [c said]: [q "We will build the bridge."]',
    "behind cue without comma": '[s Quist] [c said] [q "the bridge is safe for the people of the town."]',
    "behind a hearer": '[s Quist] [c told] reporters, [q "We will build the bridge."]',
    "behind a hearer who is hers": '[s Quist] [c told] her supporters, [q "We will build the bridge."]',
    "broken": '[q "We,"] [s she] [c said], [+ "will not sell the mill."]',
    "broken with a day": '[q "We will go,"] [s she] [c said] on Monday, [+ "when the ice melts."]',
    "goes on in the next sentence": '[q "We will go,"] [s she] [c said]. [+ "Nobody can stop the boats."]',
    "question mark inside": '[q "Who pays for the bridge?"] [s he] [c asked].',
    "question mark and a capital": '[q "Who pays for the bridge?"] [s Quist] [c asked].',
    "curly marks": "[q “The harbour stays open,”] [s she] [c said].",
    "guillemets": "[q «The harbour stays open,»] [s she] [c said].",
    "guillemets the other way round": "[q »The harbour stays open,«] [s she] [c said].",
    "low German marks": "[q „The harbour stays open,“] [s she] [c said].",
    "single curly marks": "[q ‘The harbour stays open,’] [s she] [c said].",
    "single straight marks": "[q 'The harbour stays open,'] [s she] [c said].",
    "two single quotes for one double": "[q ''The harbour stays open,''] [s she] [c said].",
    "curly opened and straight closed": '[q “The harbour stays open,"] [s she] [c said].',
    "straight opened and doubled singles closed": "[q \"The harbour stays open,''] [s she] [c said].",
    "nested singles": "[q “He called it ‘a toy’ once,”] [s she] [c said].",
    "apostrophes are no marks": "[q 'The workers' pay isn't low,'] [s she] [c said].",
    "closed by a name of office": '[q "No ship is late,"] [c said] [s harbour master Olaf Brandt].',
    "apposition and a hearer": '[q "No ship is late,"] [s the pilot, Olaf Brandt], [c told] crews.',
    "apposition behind the name": '[q "No ship is late,"] [c said] [s Olaf Brandt, a pilot from Hull].',
    "apposition before the cue": '[s Olaf Brandt, a pilot from Hull], [c said]: [q "No ship is late today."]',
    "according to": '[c According to] [s the mayor], [q "the bridge is safe for all of us."]',
    "opened again in the next paragraph": '[s She] [c said]: [q "The ice came early.\n\n"Nobody was ready."]',
    "statement that was issued": 'Late at night, [s a note] was issued [c saying]: [q "The port is shut."]',
}

INDIRECT = {
    "that-clause": "[s The minister] [c said] [q that the ferry would sail at noon].",
    "without that": "[s Quist] [c said] [q the ferry would sail at noon].",
    "behind a day": "[s Quist] [c said] Tuesday [q the ferry would sail at noon].",
    "behind a place and a day": "[s Quist] [c said] in a speech on Monday [q that the ferry would sail].",
    "behind a hearer": "[s Quist] [c told] the town council [q that the ferry was sold].",
    "behind a hearer and no that": "[s She] [c told] him [q the ferry was sold last year].",
    "name with an office": "[s Norwegian Foreign Minister Ida Holm] [c warned] [q that stocks were low].",
    "behind an opening phrase": "Last week, [s Mayor Ida Holm] [c warned] [q that stocks were low].",
    "several names": "[s Norway, Iceland and Denmark] [c said] [q they would share the catch].",
    "infinitive": "[s The council] [c promised] [q to rebuild the old pier].",
    "hearer and infinitive": "[s Holm] [c urged] the fleet [q to stay in port].",
    "before a sentence in doubled singles": "[s Holm] [c said] [q she was building a pier]. ''Mud'' is a film.",
    "question clause": "[s Holm] [c asked] [q whether the pier was safe].",
    "clause before": "[q The pier had cost far more than planned], [s the council] [c said].",
    "clause before and verb first": "[q The pier had cost far more than planned], [c said] [s Ida Holm].",
    "clause around": "[q The pier], [s she] [c said], [+ would never be finished].",
    "behind a bare opener": "But, [s she] [c said], [q the pier would never be finished].",
    "according to before": "[c According to] [s the fire chief], [q the blaze began in the kitchen].",
    "according to behind": "[q The blaze began in the kitchen], [c according to] [s the fire chief].",
    "reporter goes on behind which": "[s She] [c said] [q that the pier was closed], which nobody had known.",
    "auxiliary": "[s Critics] have long [c argued] [q that the pier is too short].",
    "progressive": "[s Holm] is now [c saying] [q that the pier is too short].",
    "accusation": "[s Holm] [c accused] [q the council of hiding the costs].",
    "name in marks": '[s Holm] [c warned] [q that the fighters of "Red Dawn" were near].',
    "noun that holds it": "The town heard [s Holm's] [c warning] [q that the pier would sink within a year].",
}

MIXED = {
    "part in marks": '[s Holm] [c said] [q the pier was "a ruin" that nobody needs].',
    "that-clause with a part in marks": '[s Holm] [c warned] [q that the pier was "a ruin and a shame."]',
    "all in marks behind that": '[s Holm] [c said] [q that "we will mend the pier."]',
    "a name and the rest in marks": '[s Holm] [c said] [q Brandt "has never seen the pier."]',
    "called behind a relative clause": '[s Holm], who runs the port, [c calls] [q the pier "a ruin."]',
    "called": '[s Holm] [c called] [q the pier "a ruin."]',
}

SILENT = {
    "title": 'The band played "Blue Harbour" twice.',
    "nickname": 'Olaf "The Pilot" Brandt opened the fair.',
    "scare quote": 'The so-called "free port" opened in May.',
    "organisation": 'Fighters of "Red Dawn" left the town on Friday.',
    "apostrophes alone": "The town's '90s pier isn't the fishermen's pride.",
    "noun and no verb": "The report of the council was long and the claims were many.",
    "measure": 'The plank was 6" wide and 9" long.',
    "passive without a speaker": "Nobody was told about it.",
}


def _cases(table: dict[str, str], kind: str) -> list[object]:
    return [pytest.param(marked, kind, id=f"{kind}: {name}") for name, marked in table.items()]


@pytest.mark.parametrize(
    ("marked", "kind"), _cases(DIRECT, "direct") + _cases(INDIRECT, "indirect") + _cases(MIXED, "mixed")
)
def test_a_quote_is_found_with_its_source_and_its_cue(marked, kind):
    text, expected = unmark(marked)
    assert quotes_in(text) == [(kind, expected)]


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT.keys())
def test_words_in_marks_that_nobody_says_are_no_quote(text):
    assert quotes_in(text) == []


def test_a_participle_shares_the_subject_of_the_sentence():
    text = "Holm warned that the pier was old, adding that it would sink."
    first, second = quotes_in(text)
    assert first[1].segments[0].of(text) == "that the pier was old"
    assert second[1].segments[0].of(text) == "that it would sink"
    assert first[1].source == second[1].source
    assert second[1].cue is not None
    assert second[1].cue.of(text) == "adding"


def test_a_second_verb_shares_the_subject_and_ends_the_first_report():
    text = "Holm said that the pier was old and urged the council to close it."
    quotes = [said for _, said in quotes_in(text)]
    assert [said.segments[0].of(text) for said in quotes] == ["that the pier was old", "to close it"]
    assert {said.source.of(text) for said in quotes if said.source} == {"Holm"}


def test_a_quotation_of_its_own_carries_the_source_of_the_one_before():
    text = '"The ice came early," Holm said.\n\n"Nobody in the town was ready for such a winter."'
    _, second = quotes_in(text)
    assert second[1].source is not None
    assert second[1].source.of(text) == "Holm"
    assert second[1].cue is None


def test_a_long_quotation_that_nobody_says_is_suggested_without_a_source():
    text = '"Nobody in the whole town was ready for such a winter."'
    assert [(kind, said.source) for kind, said in quotes_in(text)] == [("direct", None)]


def test_a_report_within_a_report_is_a_quote_of_its_own():
    text = "Holm said that Brandt claimed that the pier was safe."
    assert [said.segments[0].of(text) for _, said in quotes_in(text)] == [
        "that Brandt claimed that the pier was safe",
        "that the pier was safe",
    ]
