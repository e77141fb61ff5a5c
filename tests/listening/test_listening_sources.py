"""Where the sounds of a listening test come from, and which are heard beside which."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from listening_kit import folder, small, sound
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound
from producertwin.library import TakeDraft, TakeMetas, open_library
from producertwin.listening.pairing import match_pairs
from producertwin.listening.sources import LIST, ListeningSound, in_folder, of_evaluation, of_takes
from producertwin.settings import Settings


def piece(name: str, style: str = "lofi", bpm: float = 80.0, take: int = 0, side: str = "t") -> ListeningSound:
    return ListeningSound(Path(side, f"{name}{take}.wav"), name, take, style, bpm, name)


def names(found: list[tuple[ListeningSound, ListeningSound]]) -> set[tuple[str, str]]:
    return {(twin.id, other.id) for twin, other in found}


def matched(
    twins: list[ListeningSound], others: list[ListeningSound], **plan: object
) -> list[tuple[ListeningSound, ListeningSound]]:
    return match_pairs(twins, others, small(**plan), np.random.default_rng(0))


# --- sources


def test_a_folder_tells_what_its_list_says(tmp_path: Path) -> None:
    found = in_folder(folder(tmp_path / "twin", 1, 3))
    assert [(one.id, one.style, one.bpm, one.title) for one in found] == [
        ("p0", "house", 80.0, "Piece 0"), ("p1", "lofi", 81.0, "Piece 1"), ("p2", "house", 82.0, "Piece 2")
    ]  # fmt: skip


def test_a_folder_without_a_list_gives_every_sound(tmp_path: Path) -> None:
    files.write(tmp_path / "b.wav", sound(1))
    files.write(tmp_path / "a.flac", sound(2))
    (tmp_path / "notes.txt").write_text("no sound")
    assert [(one.id, one.style, one.bpm) for one in in_folder(tmp_path)] == [("a", "", None), ("b", "", None)]


@pytest.mark.parametrize(
    "text",
    ["{", '{"file": "a.wav"}', '[{"file": "a.wav", "bpm": -3}]', '[{"file": "a.wav", "real": true}]', '[{"title": "x"}]', "[]"],
)
def test_a_damaged_list_is_refused(tmp_path: Path, text: str) -> None:
    files.write(tmp_path / "a.wav", sound(1))
    (tmp_path / LIST).write_text(text)
    with pytest.raises((BadInput, NotFound)) as caught:
        in_folder(tmp_path)
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize("file", ["../secret.wav", "/etc/hostname", "a/../../secret.wav", "..\\secret.wav"])
def test_a_list_does_not_lead_out_of_its_folder(tmp_path: Path, file: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    files.write(tmp_path / "secret.wav", sound(1))
    (inside / LIST).write_text(json.dumps([{"file": file}]))
    with pytest.raises(BadInput, match="leads out"):
        in_folder(inside)


def test_what_is_listed_and_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / LIST).write_text(json.dumps([{"file": "gone.wav"}]))
    with pytest.raises(NotFound, match=r"gone\.wav"):
        in_folder(tmp_path)
    with pytest.raises(NotFound):
        in_folder(tmp_path / "nowhere")


def test_a_finished_evaluation_has_its_sides(tmp_path: Path) -> None:
    for name in ("twin", "base"):
        (tmp_path / name).mkdir()
    assert of_evaluation(tmp_path, "abx") == (tmp_path / "twin", tmp_path / "base")
    with pytest.raises(NotFound, match="no real"):
        of_evaluation(tmp_path, "real")


def test_takes_of_one_prompt_and_seed_belong_together(tmp_path: Path) -> None:
    audio = files.encode(sound(1), "flac")
    with open_library(Settings(studio=tmp_path)) as library:
        takes = [
            library.takes.add(
                TakeDraft(
                    audio=audio, variant=variant, revision="b2:0", seconds=1.5, task="text2music", stage={}, caption="lofi",
                    seed=seed, metas=TakeMetas(bpm=82),
                )
            )
            for variant, seed in (("nano", 1), ("other", 1), ("nano", 2))
        ]  # fmt: skip
        found = of_takes([take.id[:8] for take in takes], library)
    assert found[0].id == found[1].id != found[2].id
    assert [one.bpm for one in found] == [82.0] * 3
    assert all(one.path.read_bytes()[:4] == b"fLaC" for one in found)


# --- pairs


def test_sounds_of_one_prompt_are_paired_first() -> None:
    twins = [piece("a", bpm=80), piece("b", bpm=81)]
    others = [piece("b", bpm=80, side="o"), piece("a", bpm=81, side="o")]
    assert names(matched(twins, others, trials=2)) == {("a", "a"), ("b", "b")}


def test_takes_of_one_prompt_are_paired_by_their_number() -> None:
    twins, others = ([piece("a", take=take, side=side) for take in order] for side, order in (("t", (0, 1, 2)), ("o", (2, 0, 1))))
    assert {(twin.take, other.take) for twin, other in matched(twins, others, trials=3)} == {(0, 0), (1, 1), (2, 2)}


def test_other_sounds_are_paired_within_their_style_by_nearest_tempo() -> None:
    twins = [piece("1", "lofi", 80), piece("2", "lofi", 90), piece("3", "house", 120)]
    others = [piece("4", "House", 122, side="o"), piece("5", "lofi", 91, side="o"), piece("6", "lofi", 82, side="o")]
    assert names(matched(twins, others, trials=3)) == {("1", "6"), ("2", "5"), ("3", "4")}


@pytest.mark.parametrize(
    ("other", "plan"),
    [
        (piece("2", "house", 80), {}),
        (piece("2", "lofi", 89), {}),
        (piece("2", "lofi", 160), {}),
        (piece("2", "lofi", 0), {}),
        (piece("2", "lofi", 82), {"tempo": 0.0}),
    ],
)
def test_unlike_sounds_are_not_paired(other: ListeningSound, plan: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="0 pairs match"):
        matched([piece("1", "lofi", 80)], [other], trials=1, **plan)


def test_two_sounds_that_are_heard_several_times_are_a_pair_however_they_differ() -> None:
    one, other = piece("1", "lofi", 80), piece("2", "house", 0)
    assert matched([one], [other], trials=1, times=6) == [(one, other)]
    with pytest.raises(BadInput, match="0 pairs match"):
        matched([one], [other, piece("3", "house", 90)], trials=1, times=6)


def test_music_without_a_pulse_is_paired_with_its_like() -> None:
    assert names(matched([piece("1", bpm=0)], [piece("2", bpm=0), piece("3", bpm=90)], trials=1)) == {("1", "2")}


def test_too_few_pairs_say_how_many_there_are() -> None:
    with pytest.raises(BadInput, match="1 pairs match") as caught:
        matched([piece("1"), piece("2", "house")], [piece("3")], trials=2)
    assert "--trials 1" in caught.value.remedy
    with pytest.raises(BadInput):
        matched([], [piece("3")], trials=1)


def test_pairs_are_spread_over_the_styles_and_drawn_from_the_seed() -> None:
    sizes = (("lofi", 20), ("house", 3), ("dub", 3))
    twins, others = (
        [piece(f"{style}{n}", style, 80 + n, side=side) for style, many in sizes for n in range(many)]
        for side in "to"
    )  # fmt: skip
    found = matched(twins, others, trials=9)
    assert sorted(twin.style for twin, _ in found) == ["dub"] * 3 + ["house"] * 3 + ["lofi"] * 3
    assert found == matched(twins, others, trials=9)
    assert found != match_pairs(twins, others, small(trials=9), np.random.default_rng(1))
    assert len({twin.path for twin, _ in found}) == len({other.path for _, other in found}) == 9
