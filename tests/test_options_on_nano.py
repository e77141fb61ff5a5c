"""Every option on nano, from the command line: that it can be heard, that it harms nothing, and that it is made again.

The song is house at 120 bpm in A minor, 6.4 s (32 audio codes), in 12 steps. What is measured stands in the takes' records. The
means over several takes that docs/mechanisms.md tells are of `benchmarks/options.py`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from options_kit import FIELDS, RECORDS, SAMPLING, missing, words_of
from producertwin.audio import files, levels
from producertwin.audio.tempo import same_up_to_octave
from producertwin.cli.main import run
from producertwin.model.sampling.request import Samples
from producertwin.model.variants import load as loading
from producertwin.settings import Settings

pytestmark = pytest.mark.slow

SECONDS, BPM, STEPS = 6.4, 120, 12
LEVELS = ",".join(f"{1 - step / STEPS:.9f}" for step in range(STEPS))
"""nano's own schedule."""
SONG = ("make", "house, piano, driving drums", f"--bpm={BPM}", "--key=A minor", f"--duration={SECONDS}", "--guide=none", "--raw")
NEEDED: dict[str, tuple[str, ...]] = {
    "cover": ("--caption=synthwave, analog synth, drum machine",),
    "repaint": ("--start=0.8", "--end=3"),
    "morph": ("--caption=house, strings, driving drums",),
    "extract": ("--stem=drums", "--anyway"),
    "lego": ("--stem=bass",),
}
"""What an edit needs beside its source."""
MORE: dict[str, list[dict[str, Any]]] = {
    "sampler": [{"sampler": "sde"}],
    "dcw": [{"dcw": "high"}, {"dcw": "double"}, {"dcw": "pix"}],
    "guidance_interval": [{"guidance_interval": "0,0.5"}],
    "velocity_clamp": [{"velocity_clamp": 1}],
}
"""Other values of options of sampling."""
MORE_FIELDS: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("repaint", "mode"): [{"mode": "conservative"}, {"mode": "aggressive"}],
    ("morph", "follow"): [{"follow": "codes"}],
    ("cover", "noise_strength"): [{"noise_strength": 0.5}],
}
NEUTRAL: dict[str, tuple[str, ...]] = {
    "its own schedule": (f"--schedule={LEVELS}",),
    "a clamp that nothing reaches": ("--velocity-clamp=10",),
    "a push of nothing": ("--dcw=pix", "--dcw-scale=0"),
    "everything at its default": (
        "--sampler=euler", "--guidance-mode=apg", "--guidance-interval=0,1", "--velocity-clamp=0", "--velocity-ema=0",
        "--dcw=off",
        "--retake-variance=0", "--latent-rescale=1", "--latent-shift=0",
    ),
}  # fmt: skip
"""What asks for nothing else than what is done without it."""
NOT_FOR_A_TAKE = {("generate", name) for name in ("seconds", "guide", "guide_strength", "guide_sings", "hold", "tries", "raw")}
"""Options that other tests hold: length, guide, goals and end of a take."""
NOT_HEARD = {("extract", "anyway"), ("extract", "stem"), ("lego", "stem"), ("morph", "source_lyrics"), ("repaint", "match")}
"""Options that need not change this song: what is needed anyway, the words of a source, a match of equal levels."""
STEMS = {"extract", "lego"}
NO_TEMPO = {"complete"}
"""What may lose the tempo, as one of four takes did, and pause: a fifth of this song's is silent."""
IDLE = {"--velocity-clamp=2"}
"""Options that act on ACE-Step's latents and never on nano's."""
HURT = {"--latent-shift=0.1", "--dcw=pix"}
"""Options whose takes may lose level or tempo: see the table of docs/mechanisms.md."""


@dataclass
class Bench:
    """A studio, and what was played in it so far."""

    studio: Path
    played: dict[tuple[str, ...], dict[str, Any]] = field(default_factory=dict)

    def say(self, *words: str, code: int = 0) -> Any:
        """The JSON of a command, or its complaint where it is to end with another `code`."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
            for name, value in (("TWIN_STUDIO", str(self.studio)), ("TWIN_OFFLINE", "1"), ("TWIN_DEVICE", "cpu")):
                patch.setenv(name, value)
            ended = run([*words, "--json"])
        assert ended == code, err.getvalue()
        return err.getvalue() if code else json.loads(out.getvalue())

    def play(self, *words: str) -> dict[str, Any]:
        """The record of the take that a command makes; the same command is played once."""
        if words not in self.played:
            [take] = self.say(*words, "--seed=3", f"--steps={STEPS}")["takes"]
            self.played[words] = take
        return self.played[words]

    def sound(self, take: dict[str, Any]) -> Samples:
        return files.read(Path(self.say("takes", "play-path", take["id"])["path"]))

    @property
    def song(self) -> dict[str, Any]:
        return self.play(*SONG)

    def edit(self, kind: str, *words: str) -> dict[str, Any]:
        return self.play(*self.head(kind, words), *words)

    def head(self, kind: str, words: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A command with what it needs, as far as `words` do not say it themselves."""
        if kind == "generate":
            written = any(word.startswith("--chords") for word in words)  # chords are the guide's to play
            return tuple(word for word in SONG if word != "--guide=none") if written else SONG
        said = {word.partition("=")[0] for word in words} | ({"--start", "--end"} if words and "--region" in words[0] else set())
        needed = (word for word in NEEDED.get(kind, ()) if word.partition("=")[0] not in said)
        return ("edit", kind, self.song["id"], *needed)

    def plain(self, kind: str) -> dict[str, Any]:
        return self.song if kind == "generate" else self.edit(kind)

    def codes(self) -> str:
        """The file of the song's own codes."""
        out = self.studio.parent / "song.flac"
        if not out.exists():
            self.say("takes", "export", self.song["id"], "-o", str(out), "--codes")
        return str(out.with_suffix(".codes.txt"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A studio in which nano is loaded once."""
    folder = tmp_path_factory.mktemp("options")
    nano = loading.load("nano", Settings(studio=folder / "studio", device="cpu", offline=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load", lambda *_, **__: nano)
        yield Bench(folder / "studio")


def check_sound(bench: Bench, take: dict[str, Any], *, seconds: float = SECONDS, whole: bool = True, tempo: bool = True) -> None:
    """Finite, as long as asked, not clipped, as loud as music, and in the tempo asked for; `whole` is no stem."""
    sound, meters = bench.sound(take), take["meters"]
    assert np.isfinite(sound).all()
    assert sound.shape == (2, round(seconds * 48_000))
    assert meters["clipped_share"] == 0.0
    assert meters["peak_db"] <= (-0.9 if whole else 0.0)
    assert meters["dropouts"] == 0
    low, high = (-26.0, -8.0) if whole else (-50.0, -8.0)
    assert low <= meters["loudness_lufs"] <= high
    assert meters["silence_share"] <= (0.3 if whole else 0.9)
    if tempo and whole:
        assert meters["silence_share"] <= 0.1
        assert same_up_to_octave(meters["bpm"], BPM), meters["bpm"]


def difference_db(bench: Bench, take: dict[str, Any], other: dict[str, Any]) -> float:
    """Level of what differs against the take's own."""
    one, two = bench.sound(take), bench.sound(other)
    if one.shape != two.shape:
        return 0.0
    return levels.rms_db(one - two) - levels.rms_db(two)


SAMPLED = [tuple(words_of(asked)) for name in SAMPLING for asked in (SAMPLING[name], *MORE.get(name, []))]
EDITED = [
    (kind, name, tuple(words_of(asked)))
    for kind in RECORDS
    for name in FIELDS[kind]
    if (kind, name) not in NOT_FOR_A_TAKE and name != "codes"
    for asked in (FIELDS[kind][name], *MORE_FIELDS.get((kind, name), []))
]
assert not missing(), missing()


def test_the_song_itself(bench: Bench) -> None:
    check_sound(bench, bench.song)


@pytest.mark.parametrize("words", SAMPLED, ids=" ".join)
def test_ways_of_sampling_are_heard_and_harm_nothing(bench: Bench, words: tuple[str, ...]) -> None:
    take = bench.play(*SONG, *words)
    check_sound(bench, take, tempo=not HURT & {*words})
    assert take["stage"]["sampling"]
    if IDLE & {*words}:
        assert take["audio"] == bench.song["audio"]
    else:
        assert difference_db(bench, take, bench.song) > -45.0


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_is_neutral_changes_no_byte(bench: Bench, name: str) -> None:
    take = bench.play(*SONG, *NEUTRAL[name])
    assert take["audio"] == bench.song["audio"]


@pytest.mark.parametrize("kind", [kind for kind in RECORDS if kind != "generate"])
def test_edits_without_options(bench: Bench, kind: str) -> None:
    check_sound(bench, bench.plain(kind), whole=kind not in STEMS, tempo=kind not in NO_TEMPO)


@pytest.mark.parametrize(("kind", "name", "words"), EDITED, ids=lambda part: " ".join(part) if isinstance(part, tuple) else part)
def test_options_of_edits_are_heard_and_harm_nothing(bench: Bench, kind: str, name: str, words: tuple[str, ...]) -> None:
    take = bench.edit(kind, *words)
    before = 2.0 if "--start=-2" in words else 0.0
    anew = (kind, name) == ("repaint", "regions")  # 5.4 of 6.4 s in parts that do not follow each other: 127 bpm of 120 were read
    check_sound(bench, take, seconds=SECONDS + before, whole=kind not in STEMS, tempo=kind not in NO_TEMPO and not anew)
    if (kind, name) not in NOT_HEARD:
        assert difference_db(bench, take, bench.plain(kind)) > -60.0


@pytest.mark.parametrize("mode", ["exact", "conservative", "balanced", "aggressive"])
def test_a_repaint_keeps_as_much_as_its_mode_says(bench: Bench, mode: str) -> None:
    """Samples outside the window and its fade: those of the source, but for aggressive."""
    made, source = bench.sound(bench.edit("repaint", f"--mode={mode}")), bench.sound(bench.song)
    outside = np.r_[0 : int(0.7 * 48_000), int(3.1 * 48_000) : source.shape[1]]
    assert np.array_equal(made[:, outside], source[:, outside]) == (mode != "aggressive")
    assert np.abs(made[:, 60_000:130_000] - source[:, 60_000:130_000]).max() > 0.01


@pytest.mark.parametrize("kind", RECORDS)
def test_every_kind_takes_several_references(bench: Bench, kind: str) -> None:
    """One and then two are heard, each another take; the order of two may be too little to hear."""
    other = bench.play("make", "ambient, soft pads", f"--duration={SECONDS}", "--guide=none", "--raw")
    files_ = []
    for name, take in (("a", bench.song), ("b", other)):
        path = bench.studio.parent / f"{name}.flac"
        if not path.exists():
            bench.say("takes", "export", take["id"], "-o", str(path))
        files_.append(f"--reference={path}")
    one, two = files_
    takes = [bench.plain(kind), *(bench.play(*bench.head(kind), *given) for given in ((two,), (one, two)))]
    for take in takes[1:]:
        check_sound(bench, take, whole=kind not in STEMS, tempo=False)
    assert len({take["audio"] for take in takes}) == 3


def test_codes_go_out_and_come_in(bench: Bench) -> None:
    """Out of the song, into a cover (the same bytes as without them) and into a new take, in which the song's codes are heard."""
    codes = bench.codes()
    assert Path(codes).read_text().count("<|audio_code_") == 32
    assert bench.edit("cover", f"--codes={codes}")["audio"] == bench.plain("cover")["audio"]
    made = bench.play("make", "house, piano, driving drums", f"--bpm={BPM}", "--key=A minor", f"--codes={codes}", "--raw")
    check_sound(bench, made)
    assert made["task"] == "cover" and made["seconds"] == SECONDS
    backwards = Path(codes).with_name("backwards.txt")
    backwards.write_text("".join(f"<|audio_code_{code}" for code in reversed(Path(codes).read_text().split("<|audio_code_")[1:])))
    turned = bench.play("make", "house, piano, driving drums", f"--bpm={BPM}", "--key=A minor", f"--codes={backwards}", "--raw")
    check_sound(bench, turned, tempo=False)  # codes that run backwards have an onset at the end of each beat
    assert turned["audio"] != made["audio"]


def test_lyrics_have_times_and_two_scores(bench: Bench) -> None:
    """No heads of nano are known to follow a lyric: what is held here is that the way is walked and said to be a guess."""
    out = bench.studio.parent / "sung.flac"
    said = bench.say(*SONG, "--lyrics=[verse]\nla la\nlo lo", "--seed=3", f"--steps={STEPS}", "-o", str(out))["takes"][0]
    assert any("a guess" in text for text in said["warnings"]) and not any("cannot sing" in text for text in said["warnings"])
    assert [line["text"] for line in said["lines"]] == ["[verse]", "la la", "lo lo"]
    assert all(0.0 <= line["seconds"] <= SECONDS for line in said["lines"])
    assert {0.0 <= said["meters"][name] <= 1.0 for name in ("lyric_score", "lyric_score_from_noise")} == {True}
    assert len(out.with_suffix(".lrc").read_text().splitlines()) == 3
    check_sound(bench, said)


def test_a_batch_of_retakes_are_variations(bench: Bench) -> None:
    """The further the noise is turned, the further the take is from the song."""
    near, far = (bench.play(*SONG, f"--retake-variance={share}", "--retake-seed=5") for share in (0.05, 0.9))
    assert difference_db(bench, near, bench.song) < difference_db(bench, far, bench.song)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((*SONG, "--think"), 3, "nano has no planner"),
        ((*SONG, "--global-caption=a slow song"), 3, "nano was not trained on captions of song and stem"),
        ((*SONG, "--dcw-scale=0.1"), 3, "DCW scale does nothing"),
        ((*SONG, "--guidance=1", "--guidance-mode=adg"), 3, "there is nothing to guide"),
        (("planner", "understand", "{song}", "--variant=nano"), 7, "planner"),
    ],
)
def test_what_nano_was_not_made_for_is_refused_by_name(bench: Bench, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in bench.say(*(word.replace("{song}", bench.song["id"]) for word in words), code=code)
