"""The stems of an inspected sound: from a folder, by the extract stage, or by Demucs; never by two of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio import files
from producertwin.errors import BadInput, TwinError, Unavailable
from producertwin.progress import finish
from producertwin.quality import separation
from producertwin.quality.audiobox import Aesthetic
from producertwin.verbs.inspect import InspectPlan, inspect, plan_inspect
from producertwin.verbs.studio import Studio


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return files.write(tmp_path / "song.wav", piece(90, seconds=3.0))


@pytest.mark.thorough
def test_demucs_gives_a_report_to_every_stem_that_is_heard(studio: Studio, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separation, "check_demucs", lambda _: song)
    made = {"drums": 0.8 * piece(90, seconds=3.0), "vocals": np.full((2, 144_000), 1e-5, np.float32)}
    monkeypatch.setattr(separation, "separate", lambda *_: made)
    done = finish(inspect(InspectPlan(subject=str(song), separate="demucs"), studio))
    assert [(stem.stem, stem.seconds) for stem in done.stems] == [("drums", 3.0)]
    assert {one.stem for one in done.stems[0].defects} <= {"drums"}


@pytest.mark.thorough
def test_the_extract_stage_gives_stems(studio: Studio, song: Path) -> None:
    plan = InspectPlan(subject=str(song), separate="extract", variant="tiny")
    done = finish(inspect(plan, studio))
    assert done.stems and {stem.seconds for stem in done.stems} == {3.0}


@pytest.mark.thorough
def test_a_page_shows_the_judgement_with_its_interval(studio: Studio, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = (Aesthetic("PQ", "quality of the production", 7.25, 6.5, 8.0, 3),)
    monkeypatch.setattr("producertwin.quality.audiobox.check_audiobox", lambda: "audio-aes")
    monkeypatch.setattr("producertwin.quality.audiobox.judge", lambda *_: told)
    plan = InspectPlan(subject=str(song), aesthetics=True, out=song.with_suffix(".html"))
    assert finish(inspect(plan, studio)).aesthetics == told
    page = song.with_suffix(".html").read_text()
    assert "7.2" in page and "6.5 to 8.0, 3 passages" in page


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"separate": "extract", "stems": Path("stems")}, BadInput),
        ({"separate": "demucs", "stems": Path("stems")}, BadInput),
        ({"separate": "extract", "variant": "turbo"}, TwinError),
        ({"separate": "demucs"}, Unavailable),
        ({"aesthetics": True}, Unavailable),
    ],
)
def test_what_cannot_be_had_is_refused_before_anything_is_decoded(
    studio: Studio, song: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, object], error: type[TwinError]
) -> None:
    monkeypatch.setattr(separation, "find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(error):
        plan_inspect(InspectPlan.model_validate({"subject": str(song), **asked}), studio)
