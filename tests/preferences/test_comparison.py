"""Two sets of candidates held against each other: win rates, what is watched beside them, and when the alarm is given."""

from __future__ import annotations

import pytest

from producertwin.errors import BadInput
from producertwin.preferences.candidates import Candidates
from producertwin.preferences.comparison import Comparison, compare
from producertwin.preferences.pair import PairPrompt


def rows(count: int = 12, **change: float) -> dict[int, Candidates]:
    """Candidates of `count` prompts, two takes each, whose scores and readings are raised by `change`."""
    found = {}
    for place in range(count):
        near = place / 100 + change.get("near", 0.0)
        loud = place / 50 + change.get("loud", 0.0)
        found[place] = Candidates(
            prompt=PairPrompt(caption=f"lofi {place}"),
            takes=("a" * 12, "b" * 12),
            scores=({"loud": loud, "near": near}, {"loud": loud + 0.5, "near": near + 0.2}),
            defects=(("mud",) * int(change.get("defects", 0)), ()),
            loudness=(-14.0 + change.get("loudness", 0.0), -13.0 + change.get("loudness", 0.0)),
            seconds=(10.0 + change.get("seconds", 0.0), 10.0),
            diversity=1.5 + change.get("diversity", 0.0),
        )
    return found


def hold(learned: tuple[str, ...] = ("loud",), **change: float) -> Comparison:
    """What is said of a set that differs by `change`."""
    return compare(rows(), rows(**change), (), learned)


def test_a_gain_that_a_judge_hears_too_is_no_alarm() -> None:
    found = hold(loud=0.1, near=0.1, loudness=0.3)
    by = {one.scorer: one for one in found.scorers}
    assert (by["loud"].wins.value, by["near"].wins.value, by["loud"].learned, by["near"].learned) == (1.0, 1.0, True, False)
    assert by["near"].difference.value == pytest.approx(0.1) and found.alarms == () and found.takes == 24
    assert found.controls["loudness"].value == pytest.approx(0.3) and found.controls["diversity"].value == 0


def test_a_reward_for_loudness_alone_gives_the_alarm() -> None:
    found = hold(loud=1.0, loudness=3.0)
    assert len(found.alarms) == 2
    assert found.alarms[0] == "loud, which was learned from, rises, and no judge does (near)"
    assert found.alarms[1] == "takes are 3 LU louder"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"near": -0.1}, "near falls: 0% of the takes are better"),
        ({"loudness": -2.0}, "takes are 2 LU quieter"),
        ({"seconds": 5.0}, "takes are 2.5 s longer"),
        ({"defects": 2}, "there are 1 more defects a take"),
        ({"diversity": -0.2}, "takes of a prompt are more alike"),
    ],
)
def test_what_else_was_paid_is_said(change: dict[str, float], told: str) -> None:
    found = hold((), **change)
    assert len(found.alarms) == 1 and told in found.alarms[0]


def test_a_fall_of_diversity_that_is_none_gives_no_alarm() -> None:
    assert hold((), diversity=-1e-4).alarms == ()


def test_without_a_judge_it_is_said_that_there_is_none() -> None:
    found = compare(rows(), rows(loud=1.0, near=1.0), (), ("loud", "near"))
    assert "there is no judge" in found.alarms[0]


def test_rows_that_were_kept_before_loudness_was_read_are_compared_without_it() -> None:
    old = {place: one.model_copy(update={"loudness": (), "seconds": (), "diversity": None}) for place, one in rows().items()}
    assert compare(old, rows()).controls.keys() == {"defects"}


def test_other_prompts_and_too_few_are_refused() -> None:
    with pytest.raises(BadInput, match="prompt 1 is another one"):
        compare(rows(), {0: rows(2)[1]})
    taught = [one.prompt.id for one in rows(11).values()]
    with pytest.raises(BadInput, match="1 prompts to compare"):
        compare(rows(), rows(), taught)
    assert compare(rows(), rows(), taught[:5]).left_out == 5
