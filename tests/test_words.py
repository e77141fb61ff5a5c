"""The words every room shares: keys, meters, tempi, the clock, recipes, settings and progress."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from producertwin import progress, recipe, settings
from producertwin.errors import BadInput, Interrupted, NotFound
from producertwin.music import (
    BPM_RANGE,
    KEYS,
    LANGUAGES,
    METERS,
    SCALES,
    STEMS,
    TONICS,
    Key,
    check_bpm,
    common_words,
    parse_bpm,
    parse_language,
    parse_meter,
)
from producertwin.progress import Clock, Progress, Steps, finish
from producertwin.timebase import (
    CODE_RATE,
    FRAMES_PER_CODE,
    HOP,
    LATENT_RATE,
    MAX_SECONDS,
    SAMPLE_RATE,
    frame_seconds,
    frames_of,
    round_up_to_hop,
    samples_of,
    seconds_of,
)

# --- music


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("C", Key(0, "major")),
        ("C major", Key(0, "major")),
        ("c", Key(0, "major")),
        ("am", Key(9, "minor")),
        ("AM", Key(9, "major")),
        ("Amin", Key(9, "minor")),
        ("A Minor", Key(9, "minor")),
        ("F# minor", Key(6, "minor")),
        ("Gb minor", Key(6, "minor")),
        ("F♯ minor", Key(6, "minor")),
        ("B♭ major", Key(10, "major")),
        ("bb maj", Key(10, "major")),
        ("Cb major", Key(11, "major")),
        ("B# minor", Key(0, "minor")),
        ("  E-minor ", Key(4, "minor")),
    ],
)
def test_key_is_read(text: str, key: Key) -> None:
    assert Key.parse(text) == key


@pytest.mark.parametrize("text", ["", "H#", "H", "C##", "F minorish", "dorian", "C major minor", "4", "😀", "A dorian", "Am7"])
def test_what_is_not_a_key_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Key.parse(text)
    assert repr(text) in str(caught.value)
    assert caught.value.remedy


def test_every_key_prints_as_it_is_read() -> None:
    assert len(set(KEYS)) == 24
    assert [Key.parse(str(key)) for key in KEYS] == list(KEYS)
    assert len(set(TONICS)) == 12


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("C# minor", "C# minor"),
        ("G# minor", "G# minor"),
        ("Db minor", "Db minor"),
        ("d# min", "D# minor"),
        ("A♯ minor", "A# minor"),
        ("g♭ major", "Gb major"),
        ("C# major", "C# major"),
        ("Cb", "Cb major"),
        ("bm", "B minor"),
    ],
)
def test_a_key_keeps_the_spelling_it_was_written_in(written: str, printed: str) -> None:
    """Respelled, `C# minor` was asked for as `Db minor`, which ACE-Step's examples never say."""
    assert str(Key.parse(written)) == printed == str(Key.parse(printed))


def test_spellings_of_one_key_are_one_key() -> None:
    sharp, flat, plain = Key.parse("C# minor"), Key.parse("Db minor"), Key(1, "minor")
    assert sharp == flat == plain and len({sharp, flat, plain}) == 1
    assert str(sharp.plain) == str(flat.plain) == str(plain.plain) == "Db minor"
    assert str(plain) == "C# minor" and str(Key(8, "minor")) == "G# minor" and str(Key(8, "major")) == "Ab major"
    assert {str(key.plain).split()[0] for key in KEYS} == set(TONICS)


def test_relative_keys_share_their_scale() -> None:
    for key in KEYS:
        assert len(key.scale) == 7
        assert key.tonic in key.scale
        assert key.relative.scale == key.scale
        assert key.relative.mode != key.mode
        assert key.relative.relative == key
    assert all(len(steps) == 7 for steps in SCALES.values())


def test_stems_are_the_twelve_of_ace_step() -> None:
    assert len(set(STEMS)) == 12
    assert {"drums", "bass", "vocals", "backing_vocals"} <= set(STEMS)


@pytest.mark.parametrize(("text", "beats"), [("4/4", 4), ("4", 4), (3, 3), ("6/8", 6), (" 2/4 ", 2)])
def test_meter_is_read(text: str | int, beats: int) -> None:
    assert parse_meter(text) == beats


@pytest.mark.parametrize("text", ["5/4", "0", "", "-4", "four", 7, "/4", "4.5"])
def test_what_is_not_a_meter_is_refused(text: str | int) -> None:
    with pytest.raises(BadInput, match="is not a meter") as caught:
        parse_meter(text)
    assert all(str(meter) in caught.value.remedy for meter in METERS)


def test_tempo_bounds() -> None:
    for bpm in (*BPM_RANGE, 90, 87.5):
        assert check_bpm(bpm) == bpm
    for bpm in (-3, 0, 29.9, 300.1, float("nan"), float("inf")):
        with pytest.raises(BadInput, match="bpm"):
            check_bpm(bpm)


# --- timebase


def test_the_rates_agree() -> None:
    assert LATENT_RATE * HOP == SAMPLE_RATE
    assert CODE_RATE * FRAMES_PER_CODE == LATENT_RATE


def test_frames_survive_the_trip_to_seconds_and_back() -> None:
    for frames in (*range(1, 500), round(MAX_SECONDS * LATENT_RATE)):
        assert frames_of(frame_seconds(frames)) == frames


def test_frames_cover_the_sound() -> None:
    for seconds in (1 / SAMPLE_RATE, 0.01, 0.039, 0.04, 0.0401, 1.0, 19.99, 600.0):
        frames = frames_of(seconds)
        assert frames * HOP >= samples_of(seconds) > (frames - 1) * HOP


def test_samples_and_seconds_are_inverse() -> None:
    for samples in (0, 1, 44_100, 48_000, 28_800_000):
        assert samples_of(seconds_of(samples)) == samples


def test_padding_reaches_the_next_hop_only() -> None:
    assert [round_up_to_hop(n) for n in (0, 1, HOP - 1, HOP, HOP + 1)] == [0, HOP, HOP, HOP, 2 * HOP]


# --- recipe


class Baking(recipe.Record):
    """A record for these tests."""

    heat: int = Field(ge=0, le=300)
    minutes: float = 10.0
    name: str = "bread"


def test_a_recipe_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "bread.toml"
    path.write_text('heat = 220\nname = "Brötchen 🥖"\n', encoding="utf-8")
    assert recipe.load(Baking, path) == Baking(heat=220, name="Brötchen 🥖")


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bread.toml"
    path.write_text('heat = 900\nminutes = "long"\nsalt = 1\n', encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        recipe.load(Baking, path)
    assert all(word in str(caught.value) for word in ("heat", "minutes", "salt", str(path)))


@pytest.mark.parametrize("content", [b"heat = ", b"\xff\xfe\x00", b"heat = nan\n", b"heat = 200\nminutes = inf\n", b""])
def test_a_broken_recipe_is_bad_input(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"broken\.toml"):
        recipe.load(Baking, path)


def test_a_missing_recipe_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.toml"):
        recipe.load(Baking, tmp_path / "nowhere.toml")


def test_records_are_frozen() -> None:
    bread = Baking(heat=200)
    with pytest.raises(ValidationError):
        bread.heat = 100  # type: ignore[misc]


def test_a_fingerprint_is_of_the_values_not_of_their_order() -> None:
    assert recipe.fingerprint({"a": 1, "b": [2, "ü"]}) == recipe.fingerprint({"b": [2, "ü"], "a": 1})
    assert recipe.fingerprint({"a": 1}) != recipe.fingerprint({"a": 2})
    assert recipe.fingerprint(Baking(heat=200)) == recipe.fingerprint({"heat": 200, "minutes": 10.0, "name": "bread"})
    assert recipe.canonical({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'


def test_fingerprints_stay_the_same_from_one_version_to_the_next() -> None:
    assert recipe.fingerprint({"caption": "lofi", "seed": 7}) == "b2:4dc96756a8dc4c0f81c339faa9598062"


def test_ids_stay_the_same_from_one_version_to_the_next_and_kinds_apart() -> None:
    facts = {"caption": "lofi", "seed": 7}
    assert recipe.short_id(facts) == recipe.short_id({"seed": 7, "caption": "lofi"}) == "yunmgzjis7cb"
    assert recipe.short_id(facts, person=b"twin.track") == "osyrfd5bekid"
    assert recipe.letters(bytes(range(64))) == recipe.letters(bytes(range(8))) == "aaaqeayeauda"


def test_what_json_cannot_say_has_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="JSON"):
        recipe.fingerprint({"bpm": float("nan")})


# --- settings


def test_the_studio_is_found(tmp_path: Path) -> None:
    home = settings.from_environment({"XDG_DATA_HOME": str(tmp_path)})
    assert home.studio == tmp_path / "producertwin"
    named = settings.from_environment({"XDG_DATA_HOME": "/nowhere", "TWIN_STUDIO": str(tmp_path / "s")})
    assert named.studio == tmp_path / "s"
    chosen = settings.from_environment({"TWIN_STUDIO": "/nowhere"}, studio=tmp_path / "option")
    assert chosen.studio == tmp_path / "option"
    assert chosen.database is None
    assert chosen.models == tmp_path / "option" / "models"


def test_a_studio_without_any_variable_is_in_the_home_folder() -> None:
    found = settings.from_environment({})
    assert found.studio == Path.home() / ".local" / "share" / "producertwin"
    assert (found.device, found.offline) == ("auto", False)


def test_a_relative_studio_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.from_environment({"TWIN_STUDIO": "here"}).studio == tmp_path / "here"
    assert settings.from_environment({"TWIN_STUDIO": "~/there"}).studio == Path.home() / "there"


@pytest.mark.parametrize(
    ("text", "offline"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("", False)]
)
def test_offline_is_read(text: str, offline: bool) -> None:
    assert settings.from_environment({"TWIN_OFFLINE": text}).offline is offline


@pytest.mark.parametrize("environ", [{"TWIN_DEVICE": "toaster"}, {"TWIN_DEVICE": "cuda:x"}, {"TWIN_OFFLINE": "perhaps"}])
def test_a_strange_environment_is_bad_input(environ: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="environment"):
        settings.from_environment(environ)


def test_database_and_device_come_from_the_environment() -> None:
    found = settings.from_environment({"TWIN_DATABASE": "postgresql://localhost/twin", "TWIN_DEVICE": "cuda:1"})
    assert (found.database, found.device) == ("postgresql://localhost/twin", "cuda:1")


# --- progress


def counting(units: int) -> Steps[str]:
    """Work of `units` units."""
    clock = Clock("count", units)
    for done in range(units + 1):
        yield clock.at(done, f"unit {done}")
    return "done"


def test_long_work_returns_its_result_and_tells_every_step() -> None:
    events: list[Progress] = []
    assert finish(counting(3), events.append) == "done"
    assert [event.done for event in events] == [0, 1, 2, 3]
    assert [event.share for event in events] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert events[0].seconds_left is None
    assert events[-1].seconds_left == 0
    assert finish(counting(2)) == "done"


def test_work_of_nothing_is_finished() -> None:
    assert Progress("nothing", 0, 0).share == 1.0
    assert progress.finish(counting(0)) == "done"


def test_an_interrupted_callback_stops_the_work() -> None:
    seen: list[int] = []

    def stop_at_two(event: Progress) -> None:
        seen.append(event.done)
        if event.done == 2:
            raise Interrupted("stopped by the user", remedy="run again")

    with pytest.raises(Interrupted):
        finish(counting(9), stop_at_two)
    assert seen == [0, 1, 2]


def test_time_left_shrinks_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 100.0, 102.0, 106.0])  # made, first event (an untimed warm-up ends), then two units
    monkeypatch.setattr("producertwin.progress.time.monotonic", lambda: next(now))
    clock = Clock("train", 4)
    assert clock.at(1).seconds_left is None
    assert clock.at(2).seconds_left == pytest.approx(4.0)
    assert clock.at(4).seconds_left == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("bleak", "dark"),
        ("Bleak piano, THUNDERSTORM", "dark piano, rain ambience"),
        ("old school hip hop", "boom bap"),
        ("spacey, space-age", "ethereal, futuristic"),
        ("dark, gloomy, lofi", "dark, gloomy, lofi"),
        ("bleakness, unspa, spa-like", "bleakness, unspa, spa-like"),
        ("", ""),
        ("雨, émotion", "雨, émotion"),
    ],
)
def test_rare_words_are_put_in_common_ones(said: str, heard: str) -> None:
    assert common_words(said) == heard


def test_the_thesaurus_leads_to_words_that_stay() -> None:
    stored = tomllib.loads(files("producertwin").joinpath("presets", "thesaurus.toml").read_text("utf-8"))
    rare = [word for others in stored.values() for word in others]
    assert len(rare) == len(set(rare)) > 500
    assert all(common_words(common) == common for common in stored)
    assert all(common_words(word) == common for common, others in stored.items() for word in others)


@pytest.mark.parametrize(
    ("text", "key"),
    [("8A", "A minor"), ("8b", "C major"), ("05A", "C minor"), ("1m", "A minor"), ("12d", "F major"), ("Ebm", "Eb minor"),
     ("E flat major", "Eb major"), ("c sharp minor", "C# minor"), ("A moll", "A minor"), ("C dur", "C major"),
     ("F#-min", "F# minor")],
)  # fmt: skip
def test_a_key_is_read_as_people_and_dj_programs_write_it(text: str, key: str) -> None:
    assert str(Key.parse(text)) == key


@pytest.mark.parametrize("text", ["13A", "0A", "8C", "E flatter", "²A"])
def test_what_is_nearly_a_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a key"):
        Key.parse(text)


@pytest.mark.parametrize(
    ("text", "bpm"), [("120 BPM", 120), (120.5, 120.5), ("120,5", 120.5), ("bpm: 90", 90), ("84.0", 84), ("~84", 84)]
)
def test_a_tempo_is_read_as_people_write_it(text: str | float, bpm: float) -> None:
    assert parse_bpm(text) == bpm


@pytest.mark.parametrize("text", ["fast", "²", "12", "9000", "120-130", "1e2", ""])
def test_what_is_no_tempo_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_bpm(text)


def test_every_language_is_read_by_its_code_its_names_and_its_regional_forms() -> None:
    assert len(LANGUAGES) == 50
    for code, names in LANGUAGES.items():
        assert {parse_language(said) for said in (code, code.upper(), f"{code}_XX", *names, names[0].title())} == {code}
    assert [parse_language(said) for said in ("zh-HK", "Chinese (Mandarin)", "pt_BR", " ")] == ["yue", "zh", "pt", "unknown"]


@pytest.mark.parametrize("text", ["klingon", "xx", "e", "英", "en glish"])
def test_a_language_that_ace_step_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="ACE-Step"):
        parse_language(text)
