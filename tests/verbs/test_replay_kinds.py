"""Ten takes of ten kinds by nano are made again with the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from producertwin.audio import files
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.pipeline.pipelines import write_toml
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs import pipeline as verb
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import open_studio

SONG = {"source": "@source"}
STAGES: list[dict[str, Any]] = [
    {"id": "words", "kind": "generate", "guide": "none"},
    {"id": "guided", "kind": "generate", "guide": "band"},
    {"id": "refined", "kind": "refine", "source": "@words"},
    {"id": "covered", "kind": "cover", **SONG, "strength": 0.5},
    {"id": "repainted", "kind": "repaint", **SONG, "start": 2.0, "end": 4.0},
    {"id": "morphed", "kind": "morph", **SONG, "source_caption": "house, piano"},
    {"id": "bass", "kind": "extract", **SONG, "stem": "bass", "anyway": True},
    {"id": "drums", "kind": "lego", **SONG, "stem": "drums"},
    {"id": "arranged", "kind": "complete", **SONG, "stems": ["strings"]},
    {"id": "mixed", "kind": "mix", "inputs": [{"source": "@refined"}, {"source": "@covered", "gain": -6}]},
]


@pytest.mark.slow
def test_ten_takes_of_ten_kinds_are_made_again_with_the_same_bytes(tmp_path: Path) -> None:
    song = files.write(tmp_path / "song.flac", render(compose("house", seed=1, seconds=6.0), seconds=6.0).mix)
    play = {"variant": "nano", "steps": 4, "seed": 3}
    shared = {"prompt": {"caption": "lofi, piano"}, "play": play, "seconds": 6.0}
    (tmp_path / "p.toml").write_text(write_toml({**shared, "stages": STAGES}))
    asked = verb.PipelineRun(pipeline=str(tmp_path / "p.toml"), source=str(song))
    with open_studio(Settings(studio=tmp_path / "studio", device="cpu", offline=True)) as studio:
        done = finish(verb.run_pipeline(asked, studio))
        found = [finish(replay(take, studio)) for [take] in done.stages.values()]
        assert [one.differences for one in found if not one.same_bytes] == []
        assert len(found) == 10
        assert len({studio.library.takes.get(one.take).stage["kind"] for one in found}) == 9
        heard = {name for name, [take] in done.stages.items() if studio.library.takes.get(take).audio is not None}
    assert heard == {"refined", "covered", "repainted", "bass", "mixed"}
