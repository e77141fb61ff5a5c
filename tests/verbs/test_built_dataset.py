"""What a build tells a person to do, of tracks that nobody made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producertwin.audio.fingerprints import Match
from producertwin.dataset.build import BuildResult
from producertwin.dataset.caption import CaptionResult
from producertwin.dataset.captions import Caption, Flag, explain_flags, style_name
from producertwin.dataset.duplicates import Duplicate, describe
from producertwin.dataset.ingest import IngestPlan, IngestResult, check_licences
from producertwin.dataset.manifest import DatasetPlan, FreezeResult, Manifest, Row
from producertwin.dataset.quality import Quality
from producertwin.dataset.screening import Reason, ScreeningResult
from producertwin.dataset.taggers import TagResult
from producertwin.dataset.taggers import describe as describe_sound
from producertwin.errors import BadInput
from producertwin.library import Track, TrackSource
from producertwin.verbs.dataset import BuiltDataset

FIT = ScreeningResult(accepted=True, quality=Quality(parts=()), seconds=60.0)
CLIPPED = FIT.model_copy(update={"accepted": False, "reason": Reason.EXCESSIVE_CLIPPING, "detail": "9 % of its samples"})
BROKEN = ScreeningResult(accepted=False, reason=Reason.CORRUPT, detail="the end is missing")
Outcome = tuple[str | None, ScreeningResult, tuple[Flag, ...]]
"""Why a track is left out (None is in the set), its verdict and the flags of its caption."""


def track(name: str, source: dict[str, object]) -> Track:
    return Track(
        producer="Ada", title=name, format="wav", seconds=60.0, rate=48_000, channels=2, id=(name + "a" * 12)[:12],
        created=datetime(2026, 1, 1, tzinfo=UTC), audio="b2:" + "0" * 64, source=TrackSource.model_validate(source),
    )  # fmt: skip


def built(given: dict[str, Outcome], sources: dict[str, dict[str, object]]) -> BuiltDataset:
    """A build of tracks by title; what `sources` does not name is in the public domain."""
    tracks = [track(name, sources.get(name, {"licence": "CC0-1.0"})) for name in given]
    captions, rows, left_out, verdicts = {}, [], {}, {}
    for one in tracks:
        reason, verdicts[one.id], flags = given[one.title]
        captions[one.id] = Caption(style="house", flags=flags)
        if reason is not None:
            left_out[one.id] = reason
            continue
        row = Row(
            track=one.id, producer="Ada", title=one.title, group=one.id, side="train", style="house", clips=(one.audio,),
            seconds=60.0, caption="house", quality=70, flags=tuple(flag.value for flag in flags),
        )  # fmt: skip
        rows.append(row)
    frozen = FreezeResult(Manifest(plan=DatasetPlan(producer="Ada"), rows=tuple(rows)), left_out)
    ingested, said = IngestResult(tuple(tracks), {}, {}, {}, {}), CaptionResult(captions, 0, {})
    return BuiltDataset(BuildResult(ingested, tuple(tracks), verdicts, said, (), frozen, Path("none.json")), Path("none.html"))


def test_every_track_is_counted_once_and_named_where_it_is_not_learned_from() -> None:
    unsaid = "no licence is stated"
    given: dict[str, Outcome] = {
        "fine": (None, FIT, ()),
        "odd": (None, FIT, (Flag.UNSURE_TEMPO,)),
        "torn": (unsaid, BROKEN, ()),
        **dict.fromkeys(("bare", "bald", "nude"), (unsaid, FIT, ())),
        "loud": ("excessive_clipping", CLIPPED, ()),
        "twice": ("a duplicate", FIT, ()),
        "bought": ("CC-BY-NC-4.0 forbids commercial use", FIT, ()),
        "dim": ("its rights are unclear: no_ai", FIT, ()),
    }
    done = built(given, {name: {} for name in ("torn", "bare", "bald", "nude")} | {"dim": {"unclear": "no_ai"}})
    assert done.summary == "10 tracks: 1 ready, 6 need you, 3 left out; 1 of the 6 is in the set, without what is not sure"
    told = [(need.track.split(" (")[0], need.tracks) for need in done.needs]
    assert told == [("torn", 1), ("odd", 1), ("dim", 1), ("bare, bald and 1 more", 3)]
    assert "twin config set licence LicenseRef-own" in done.needs[-1].command
    assert done.left_out == [
        ("loud", "excessive clipping: 9 % of its samples"),
        ("twice", "a duplicate"),
        ("bought", "CC-BY-NC-4.0 forbids commercial use; --allow-restricted learns from it all the same"),
    ]


def test_the_tracks_without_a_licence_are_known_before_any_is_opened(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "c.wav", "d.wav"):
        (tmp_path / name).write_bytes(b"no sound")
    plan = IngestPlan(producer="Ada")
    with pytest.raises(BadInput, match="any of the 4 tracks"):
        check_licences(tmp_path, plan)
    (tmp_path / "rights.csv").write_text("file,licence,permitted\na.wav,CC0-1.0,\nb.wav,,no\nc.wav,whatever,\n")
    assert check_licences(tmp_path, plan) == ["d.wav"]
    assert check_licences(tmp_path, IngestPlan(producer="Ada", licence="CC0-1.0")) == []


@pytest.mark.parametrize(
    ("flag", "fact", "told"),
    [
        (Flag.TEMPO_DISAGREES, {"bpm": 140.0, "measured": {"bpm": "93"}}, "tempo disagrees: 140 is kept, 93 measured"),
        (
            Flag.KEY_DISAGREES,
            {"key": "F minor", "measured": {"key": "D major"}},
            "key disagrees: F minor is kept, D major measured",
        ),
        (Flag.TEMPO_DISAGREES, {"bpm": 140.0}, "tempo disagrees"),
        (Flag.UNSURE_VOICE, {}, "unsure voice"),
    ],
)
def test_a_flag_of_a_fact_says_both_values(flag: Flag, fact: dict[str, object], told: str) -> None:
    assert explain_flags(Caption.model_validate({"flags": (flag,), **fact})) == told


def test_a_style_is_called_by_its_name() -> None:
    assert [style_name(name) for name in ("THEME-07", "house", "nothing")] == ["Gaming (THEME-07)", "House", "nothing"]


@pytest.mark.parametrize(("learned", "told"), [((), ""), (("x",), "; X is in the set"), (("x", "y"), "")])
def test_copies_say_which_is_learned_from(learned: tuple[str, ...], told: str) -> None:
    said = describe([Duplicate("x", "y", Match(overlap=60.0, offset=0.0, error=0.0))], {"x": "X", "y": "Y"}, learned)
    assert said == [f"X, Y are one recording over 60 s{told}"]


def test_what_was_measured_is_kept_where_others_state_another_fact() -> None:
    heard = TagResult(style="house", style_chance=1.0, bpm=93, bpm_confidence=1.0, key="D major", key_confidence=1.0)
    file, model = TagResult(bpm=140.0, key="F minor"), TagResult(bpm=120.0)
    assert describe_sound(heard, {"file": file, "model": model}, tagger="x").measured == {"bpm": "93", "key": "D major"}
    assert describe_sound(heard, {"file": TagResult(bpm=93.0)}, tagger="x").measured == {}
    assert describe_sound(TagResult(style="house", style_chance=1.0), {"file": file, "model": model}, tagger="x").measured == {}


def test_a_row_that_matches_no_track_needs_a_person_and_counts_as_no_track() -> None:
    done = built({"fine": (None, FIT, ())}, {})
    note = "sources.csv: no sound matches 'fin.wav' (did you mean 'fine.wav'?): what is said of it has no effect"
    told = replace(done, built=replace(done.built, ingested=replace(done.built.ingested, table_notes=(note,))))
    assert [(need.why, need.tracks) for need in told.needs] == [(note, 0)]
    assert told.summary == "1 track: 1 ready, 0 need you"
