from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from planted import music, plan, work

from producertwin.audio import files
from producertwin.dataset.build import BuildResult
from producertwin.dataset.caption import CaptionResult
from producertwin.dataset.captions import Caption, Flag
from producertwin.dataset.ingest import IngestResult
from producertwin.dataset.manifest import DatasetPlan, FreezeResult, Manifest, Row
from producertwin.dataset.quality import PARTS, GradedPart, Quality
from producertwin.dataset.report import TrackLine, page, report
from producertwin.dataset.screen import NOTE, ScreenNote
from producertwin.dataset.screening import ScreeningResult
from producertwin.dataset.waveform_preview import COLUMNS, HALF, WaveformPreview, waveform_preview
from producertwin.library import Library, Track, open_library
from producertwin.progress import finish
from producertwin.reporting import html
from producertwin.settings import Settings

NASTY = "<script>alert('a & b')</script> \u202etxt.\"gnos\""
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page strictly: everything opened is closed in turn, and what was met is kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    def figures(self) -> dict[str, str]:
        """Every text and the one that follows it where it first stands."""
        return dict(reversed(list(pairwise(text for _, text in self.texts))))


@dataclass(frozen=True)
class Done:
    """A build of four files, and its library."""

    built: BuildResult
    library: Library


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    home = tmp_path_factory.mktemp("report")
    folder = home / "music"
    folder.mkdir()
    sound = music(1)
    files.write(folder / "one.flac", sound * np.linspace(1.0, 0.02, sound.shape[1], dtype=np.float32))
    said = {"title": NASTY, "caption": "a <b>bold</b> song"}
    (folder / "one.json").write_text(json.dumps(said), encoding="utf-8")
    files.write(folder / "two.wav", music(2))
    files.write(folder / "copy of two.mp3", music(2), kbps=128)
    files.write(folder / "short.wav", music(3, 1.0))
    (folder / "text.wav").write_text("la la la")
    with open_library(Settings(studio=home / "studio")) as library:
        yield Done(finish(work(folder, library, plan("Ada & <i>Bo</i>"))), library)


@pytest.fixture
def text(done: Done, tmp_path: Path) -> str:
    return finish(report(done.built, tmp_path / "report.html", done.library)).read_text(encoding="utf-8")


@pytest.mark.thorough
def test_the_page_stands_alone_and_nothing_in_it_runs(text: str) -> None:
    read = Reader(text)
    assert read.count("script") == read.count("img") == read.count("link") == 0
    links = [value for _, attributes in read.tags for name, value in attributes.items() if name in {"href", "src", "action"}]
    assert links == ["#tracks"]
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert not re.search(r"url\(|@import| on\w+=", text)


def test_what_people_wrote_is_shown_as_they_wrote_it(text: str) -> None:
    read = Reader(text)
    told = [said for _, said in read.texts]
    assert NASTY in told
    assert "a <b>bold</b> song" in told
    assert "Training set of Ada & <i>Bo</i>" in told
    assert all(inside == "bdi" for inside, said in read.texts if said == NASTY)
    assert not {"i", "b"} & {tag for tag, _ in read.tags}


def test_the_counts_are_those_of_the_build(text: str, done: Done) -> None:
    said = Reader(text).figures()
    expected = {"tracks": "4", "left out": "2", "files that are no tracks": "1", "later copies": "1", "too short": "1"}
    assert {word: said[word] for word in expected} == expected
    kept = done.built.frozen.manifest
    assert int(said["to learn from"]) == len(kept.side("train"))
    assert int(said["to learn from"]) + int(said["held out"]) == 2
    assert said["minutes"] == "0.2"
    assert said["House"] == said["to learn from"]


def test_every_track_has_its_row_and_what_was_prepared_its_waveform(text: str, done: Done) -> None:
    read = Reader(text)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", text.split('id="tracks"')[1])
    assert len(rows) == len(done.built.tracks) == 4
    [short] = [row for row in rows if "<bdi>short</bdi>" in row]
    assert "too short; 1.0 s, at least 5 are asked for" in short and "<svg" not in short
    assert read.count("svg") == 3
    assert read.count("details") == 4
    assert sum("the same recording as " in row for row in rows) == 1


def test_it_can_be_read_by_keyboard_and_by_ear(text: str) -> None:
    read = Reader(text)
    assert ("html", {"lang": "en"}) in read.tags
    assert read.count("h1") == read.count("main") == 1
    assert read.count("table") == read.count("caption") > 3
    assert all(attributes.get("scope") in {"row", "col"} for tag, attributes in read.tags if tag == "th")
    assert all(
        attributes.get("aria-label") for tag, attributes in read.tags if tag == "svg" or attributes.get("role") == "region"
    )
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {attributes["aria-labelledby"] for _, attributes in read.tags if "aria-labelledby" in attributes}
    assert named <= set(ids) and "tracks" in ids


@pytest.mark.parametrize("palette", [html.LIGHT, html.DARK], ids=["light", "dark"])
def test_the_inks_can_be_told_from_the_paper(palette: dict[str, str]) -> None:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(name: str) -> float:
        high, low = sorted((light(palette[name]), light(palette["paper"])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert min(contrast("ink"), contrast("faint")) >= 4.5
    assert contrast("body") >= 3.0


def test_a_report_decodes_nothing_and_the_next_one_is_the_same(
    text: str, done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "read", lambda path: pytest.fail(f"{path} was decoded"))
    again = finish(report(done.built, tmp_path / "again.html", done.library))
    assert again.read_text(encoding="utf-8") == text


def test_what_is_drawn_is_the_prepared_sound(done: Done) -> None:
    notes = done.library.tracks.notes_of_kind(NOTE, ScreenNote)
    drawn = {track: note.outline for track, note in notes.items()}
    assert {track for track, found in drawn.items() if found} == {track for track, note in notes.items() if note.clips}
    for note in notes.values():
        for clip in note.clips:
            sound = files.read(done.library.blobs.get(clip))
            assert note.outline == waveform_preview([sound])
            assert max(note.outline.peaks) == round(HALF * 10 ** (-1 / 20))


def test_an_outline_follows_the_sound() -> None:
    sound = np.zeros((2, 48_000), np.float32)
    sound[0, 24_000:] = 0.5
    drawn = waveform_preview([sound])
    assert len(drawn.peaks) == len(drawn.powers) == COLUMNS
    assert set(drawn.peaks[: COLUMNS // 2]) == {0} and set(drawn.peaks[COLUMNS // 2 :]) == {HALF // 2}
    assert drawn.powers[-1] == round(HALF * 0.5 / np.sqrt(2))
    assert max(waveform_preview([np.ones((2, 50), np.float32)]).peaks) == HALF


def test_only_a_set_of_everybody_says_whose_each_track_is() -> None:
    built, lines = many(2)
    assert 'data-column="producer"' not in page(built, lines)
    frozen = built.frozen.manifest
    everybody = frozen.model_copy(update={"plan": frozen.plan.model_copy(update={"producer": None})})
    told = replace(built, frozen=replace(built.frozen, manifest=everybody))
    assert page(told, lines).count('<td data-column="producer"><bdi>Ada</bdi></td>') == 2


@pytest.mark.parametrize(
    ("content", "long"),
    [("4", False), ("held out", False), ("", False), ("x" * (html.LONG_CELL + 1), True), (html.Markup("<svg></svg>"), True)],
)
def test_long_cells_are_marked_for_narrow_screens(content: str, long: bool) -> None:
    row = html.table("Songs", ("title", "what"), [("a", content)])
    assert ('<td data-column="what" class="long">' in row) is long and 'data-column="what"' in row


@pytest.mark.thorough
def test_a_page_of_500_tracks_is_light() -> None:
    built, lines = many(500)
    text = page(built, lines)
    assert Reader(text).count("svg") == 500
    assert len(text.encode()) < 3_000_000


def many(count: int) -> tuple[BuildResult, list[TrackLine]]:
    """A build of `count` tracks that nobody made, each with a full row."""
    rng = np.random.default_rng(5)
    quality = Quality(parts=tuple(GradedPart(part=part.name, reading=-3.14159, unit=part.unit, cost=4.0) for part in PARTS))
    caption = Caption(
        style="house", tags={"genre": ("house", "deep house"), "mood": ("a long and tired mood",) * 3}, flags=tuple(Flag)
    )
    lines = []
    for number in range(count):
        name = f"{number:012d}".translate(str.maketrans("0189", "abcd"))
        blob = f"b2:{number:064x}"
        track = Track(
            producer="Ada", title=f"A song with a long name {number}", format="wav", seconds=180.0, rate=48_000, channels=2,
            id=name, created=datetime(2026, 1, 1, tzinfo=UTC), audio=blob,
        )  # fmt: skip
        row = Row(
            track=name, producer="Ada", title=track.title, group=name, side="train", style="house", clips=(blob,), seconds=180.0,
            caption=caption.text, quality=70,
        )  # fmt: skip
        drawn = WaveformPreview(peaks=tuple(rng.integers(1, 17, COLUMNS)), powers=tuple(rng.integers(1, 17, COLUMNS)))
        verdict = ScreeningResult(accepted=True, reason=None, quality=quality, seconds=300.0, end=239.0)
        lines.append(TrackLine(track, verdict, row, None, caption, drawn))
    manifest = Manifest(plan=DatasetPlan(producer="Ada"), rows=tuple(line.row for line in lines if line.row))
    tracks = tuple(line.track for line in lines)
    ingested = IngestResult(tracks, {}, {}, {}, {})
    verdicts = {line.track.id: line.verdict for line in lines}
    built = BuildResult(ingested, tracks, verdicts, CaptionResult({}, 0, {}), (), FreezeResult(manifest, {}), Path("none.json"))
    return built, lines
