import pytest

from producertwin.errors import BadInput
from producertwin.pipeline.goals import judge, read_goals, tell_goals
from producertwin.pipeline.stages import Generate


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("chords>=.8", "chords>=0.8"),
        ("Chords ≥ 75%, tempo", "chords>=0.75, tempo"),
        ("melody", "melody>=0.4"),
        ("key; form>=0.5 and thirds>.6", "key, form>=0.5, thirds>=0.6"),
        ("", ""),
    ],
)
def test_goals_are_read_as_people_write_them(text, plain):
    assert ", ".join(map(str, read_goals(text))) == plain
    assert ", ".join(map(str, read_goals(plain))) == plain


@pytest.mark.parametrize(
    "text", ["chord>=.8", "chords>=80", "tempo>=.5", "chords, chords>=.9", "chords<=.5", "chords>=0", "🎵", "chords>="]
)
def test_what_cannot_be_held_is_refused(text):
    with pytest.raises(BadInput) as error:
        read_goals(text)
    assert error.value.remedy


def test_a_goal_that_cannot_be_told_is_neither_kept_nor_missed():
    goals = read_goals("chords>=.8, melody>=.4, tempo")
    held = judge(goals, {"chords_root": 0.7, "melody_pitch": None, "tempo_kept": 1.0})
    assert [str(goal) for goal in held.missed] == ["chords>=0.8"] and held.short == pytest.approx(0.1)
    assert [goal.name for goal in held.unread] == ["melody"]
    assert tell_goals(goals, {"chords_root": 0.7, "tempo_kept": 1.0}) == (
        "chords 70% of the asked 80%, melody cannot be told, tempo kept"
    )


def test_a_stage_without_a_guide_cannot_hold_what_the_guide_plays():
    asked = {"prompt": {"caption": "house"}, "guide": "none"}
    assert Generate.model_validate(asked | {"hold": "tempo, key"}).hold == "tempo, key"
    for hold in ("chords", "melody>=.5", "form"):
        with pytest.raises(BadInput, match="cannot be held"):
            Generate.model_validate(asked | {"hold": hold})
    with pytest.raises(BadInput, match="tries"):
        Generate.model_validate({"prompt": {"caption": "house"}, "hold": "key", "tries": 0})


def test_a_stage_that_holds_nothing_is_stored_as_before():
    plain = Generate.model_validate({"prompt": {"caption": "house"}}).model_dump(mode="json")
    assert "hold" not in plain and "tries" not in plain
