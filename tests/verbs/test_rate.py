"""What people say of takes becomes verdicts, however they say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listening_kit import made_up, small
from producertwin.errors import BadInput
from producertwin.library import Judgement, Labels, Take, TakeDraft, TakePreference, TakeRating, VerdictFilter
from producertwin.listening.answers import Answer
from producertwin.listening.plan import Question
from producertwin.listening.trials import BlindTest, Side
from producertwin.verbs import rate as verb
from producertwin.verbs import takes
from producertwin.verbs.studio import Studio

WHEN = datetime(2026, 1, 2, tzinfo=UTC)


def add(studio: Studio, seed: int) -> Take:
    facts = {"task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 1.0, "caption": "lofi"}
    return studio.library.takes.add(TakeDraft.model_validate({**facts, "seed": seed, "audio": b"fLaC" + bytes([seed])}))


def standing(studio: Studio, **query: object) -> list[int]:
    found = studio.library.verdicts.list(VerdictFilter.model_validate(query))
    return [one.stars for one in found if isinstance(one, TakeRating)]


def test_stars_that_are_set_among_the_labels_are_ratings(studio: Studio) -> None:
    take = add(studio, 1)
    takes.label(take.id, Labels(title="Night Train", rating=3), studio)
    takes.label(take.id, Labels(title="Day Train", rating=3), studio)
    assert standing(studio) == [3]  # the same stars are no new rating
    takes.label(take.id, Labels(rating=5), studio)
    assert standing(studio) == [5, 3]
    takes.label(take.id, Labels(liked=True), studio)
    assert standing(studio) == [] and standing(studio, every=True) == [5, 3]
    assert studio.library.takes.labels([take.id])[take.id] == Labels(liked=True)


def test_the_words_of_a_verdict_are_read_with_commas_between() -> None:
    said = verb.judgement(" too busy, great drums ,, Too Busy", "why", "Ada")
    assert said == Judgement(judge="Ada", tags=("too busy", "great drums"), remark="why")
    with pytest.raises(BadInput, match=r"judge.*|tags.*"):
        verb.judgement("x" * 70, "", " ")


def heard(test: BlindTest, sides: dict[str, tuple[str, str]]) -> BlindTest:
    """The test with files named after takes in the place of its items."""
    items = [
        one.model_copy(update=dict(zip(("twin", "other"), sides[str(at)], strict=True))) for at, one in enumerate(test.items)
    ]
    return test.model_copy(update={"items": tuple(items)})


@pytest.mark.parametrize("question", ["preference", "abx"])
def test_answers_of_a_blind_test_of_taste_are_preferences_once(studio: Studio, question: Question) -> None:
    made = [add(studio, seed) for seed in range(6)]
    names = [f"/somewhere/{take.id}.flac" for take in made]
    sides = {str(at): (names[2 * at], names[2 * at + 1]) for at in range(3)} | {"3": (names[0], "/music/recording.wav")}
    test = heard(made_up(small(question=question)), sides)
    given = [
        Answer(test=test.id, listener="Ada", trial=one.id, answer=one.twin, seconds=1.0, at=WHEN) for one in test.trials
    ]  # always for the twin
    for _ in range(2):
        verb.keep_preferences(test, given, studio)
    found = studio.library.verdicts.list()
    if question == "abx":
        assert found == ()
        return
    assert all(isinstance(one, TakePreference) and one.judgement == Judgement(judge="Ada") for one in found)
    assert {one.better for one in found if isinstance(one, TakePreference)} == {made[0].id, made[2].id, made[4].id}
    assert len(found) == 3 and {one.created for one in found} == {WHEN}


def test_an_answer_for_the_other_prefers_the_other(studio: Studio) -> None:
    made = [add(studio, seed) for seed in range(2)]
    names = (f"{made[0].id}.flac", f"{made[1].id}.flac")
    test = heard(made_up(small(question="preference")), {str(at): names for at in range(4)})
    trial = next(one for one in test.trials if one.role == "pair")
    side: Side = "b" if trial.twin == "a" else "a"
    [found] = verb.keep_preferences(
        test, [Answer(test=test.id, listener="Ada", trial=trial.id, answer=side, seconds=1.0, at=WHEN)], studio
    )
    assert isinstance(found, TakePreference) and (found.a, found.better) == (made[0].id, made[1].id)
