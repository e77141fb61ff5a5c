"""The desk in a browser: from stems to a mix that is heard, the sentences of the rules, a fader moved, a preview ended."""

from __future__ import annotations

import base64
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import web_kit
from mixing_kit import needs_engine
from producertwin.audio import files, loudness
from producertwin.library import TakeDraft, open_library
from producertwin.mixing.desk import desk_files, find_desk, read_desk
from producertwin.mixing.faust import write_faust
from producertwin.mixing.render import play_program
from producertwin.mixing.stems import fit_desk
from producertwin.mixing.wiring import UNHEARD, wire
from producertwin.settings import Settings
from web_kit import PATIENCE

pytestmark = pytest.mark.slow
RATE = 48_000
SECONDS = 6.0


def stem(name: str) -> Any:
    """Six seconds of something like drums, a bass or keys, (2, n)."""
    t = np.arange(int(SECONDS * RATE)) / RATE
    rng = np.random.default_rng(len(name))
    if name == "drums":
        left = 0.8 * rng.uniform(-1, 1, t.size) * np.exp(-(t % 0.5) * 18)
    elif name == "bass":
        left = 0.5 * np.sin(2 * np.pi * 55 * t)
    else:
        left = 0.2 * sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277.2, 329.6)) * (0.6 + 0.4 * np.cos(2 * np.pi * 0.5 * t))
    return np.stack([left, 0.8 * left]).astype(np.float32)


STEMS = ("drums", "bass", "keyboard")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A served studio with a song of which three stems were taken out."""
    facts = {"variant": "nano", "revision": "b2:00", "seconds": SECONDS}
    with open_library(Settings(studio=tmp_path / "studio", offline=True, device="cpu")) as library:
        whole = sum(stem(name) for name in STEMS) / 3
        stage: dict[str, Any] = {"kind": "generate"}
        song = library.takes.add(
            TakeDraft(task="text2music", stage=stage, caption="dusty lofi", audio=files.encode(whole, "flac"), seed=1, **facts)
        )
        for name in STEMS:
            stage = {"kind": "extract", "stem": name}
            audio = files.encode(stem(name), "flac")
            library.takes.add(
                TakeDraft(task="extract", stage=stage, caption=name, audio=audio, seed=2, parents=(song.id,), **facts)
            )
    with web_kit.serving(tmp_path / "studio") as told:
        yield told


def open_desk(context: Any, studio: dict[str, Any]) -> tuple[Any, web_kit.Seen]:
    """The page, at the desk."""
    page, seen = web_kit.enter(context, studio, "/desk")
    page.get_by_role("heading", name="Choose the stems").wait_for()
    return page, seen


def look(page: Any, name: str) -> None:
    """Pictures at both widths and in both themes; nothing but the strips is wider than the window."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        for width, (across, down) in web_kit.WIDTHS.items():
            page.set_viewport_size({"width": across, "height": down})
            web_kit.picture(page, f"{name}-{width}-{theme}")
            assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight"), f"{name}: the frame stays where it is"
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels wider than a {width} {theme} window"
            assert web_kit.find_barriers(page) == [], (name, width, theme)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1440, "height": 900})


def until(page: Any, condition: str) -> None:
    """Wait until an expression holds. The page's policy forbids what Playwright's own waiting would evaluate there."""
    for _ in range(PATIENCE // 100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never held: {condition}")


def put_stems(page: Any) -> None:
    page.get_by_role("button", name="Use all 3").click()
    page.get_by_role("region", name="Strip keyboard").wait_for()


def mix(page: Any, studio: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Press Mix, wait for its take, and read it: the take, and its sound (2, n)."""
    page.get_by_role("button", name="Mix", exact=True).click()
    page.locator(".made").wait_for(timeout=PATIENCE)
    take = page.get_by_role("link", name="Open the take").get_attribute("href").rsplit("/", 1)[1]
    told = page.request.get(f"{studio['address']}/v1/takes/{take}").json()["take"]
    sound = page.request.get(f"{studio['address']}/v1/takes/{take}/export?format=flac").body()
    path = Path(str(studio["token_file"])).parent / f"{take}.flac"
    path.write_bytes(sound)
    return told, files.read(path)


def level(page: Any, name: str) -> float:
    return float(page.get_by_role("meter", name=f"Meter of {name}").get_attribute("aria-valuenow"))


@needs_engine
def test_from_stems_to_a_mix_that_is_heard_and_handed_over(
    context: Any, studio: dict[str, Any], tmp_path: Path, axe: Path
) -> None:
    del axe
    page, seen = open_desk(context, studio)
    look(page, "desk-empty")
    put_stems(page)
    look(page, "desk-strips")
    first, sound = mix(page, studio)
    assert first["task"] == "mix" and len(first["parents"]) == 3
    assert sound.shape[1] >= SECONDS * RATE and np.abs(sound).max() > 0.05
    page.get_by_role("button", name="Play the mix").click()
    page.locator(".player").get_by_role("button", name="Pause").wait_for()

    fader = page.get_by_role("slider", name="Level of bass", exact=True)
    fader.focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    moved = float(fader.input_value())
    assert moved < -20
    page.get_by_role("button", name="Mute drums").click()
    page.reload()
    assert float(page.get_by_role("slider", name="Level of bass", exact=True).input_value()) == moved
    page.locator(".made").wait_for()
    page.get_by_role("button", name="Mix", exact=True).click()
    until(page, f"!document.querySelector('.made a[href=\"/takes/{first['id']}\"]')")
    page.locator(".made").wait_for(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_role("link", name="Hand over to a DAW").click()
    waiting.value.save_as(tmp_path / "song.zip")
    inside = zipfile.ZipFile(tmp_path / "song.zip").namelist()
    assert any(name.endswith(".dawproject") for name in inside) and sum("drums" in name.lower() for name in inside) >= 1
    take = page.get_by_role("link", name="Open the take").get_attribute("href").rsplit("/", 1)[1]
    (tmp_path / "second.flac").write_bytes(page.request.get(f"{studio['address']}/v1/takes/{take}/export?format=flac").body())
    assert loudness.loudness(files.read(tmp_path / "second.flac")) < loudness.loudness(sound) - 3
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_the_preview_plays_follows_a_fader_and_can_be_ended(context: Any, studio: dict[str, Any]) -> None:
    page, seen = open_desk(context, studio)
    put_stems(page)
    page.get_by_role("main").get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("main").get_by_role("button", name="Pause").wait_for(timeout=PATIENCE)
    meter = "document.querySelector('[aria-label=\"Meter of {}\"]').ariaValueNow"
    until(page, f"Number({meter.format('bass')}) > -20 && Number({meter.format('Master')}) > -20")
    assert len(page.workers) == 1
    look(page, "desk-plays")
    page.get_by_role("slider", name="Level of bass", exact=True).fill("-60")
    again = "document.querySelector('.desk .listen button[aria-label=Play]')?.click()"  # six seconds are soon over
    until(page, f"{again}, Number({meter.format('bass')}) < -50 && Number({meter.format('keyboard')}) > -40")
    page.get_by_role("button", name="Solo keyboard").click()
    until(page, f"{again}, Number({meter.format('drums')}) <= -60 && Number({meter.format('keyboard')}) > -40")
    page.get_by_role("slider", name="Position").fill("1")
    page.get_by_role("button", name="End the preview").click()
    page.get_by_role("button", name="End the preview").wait_for(state="detached")
    page.wait_for_timeout(200)
    assert page.workers == []
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_worker_that_hangs_is_ended_and_another_plays(context: Any, studio: dict[str, Any]) -> None:
    page, seen = open_desk(context, studio)
    put_stems(page)
    hangs = {"content_type": "text/javascript", "body": "self.onmessage = () => { for (;;) {} };"}
    page.route("**/static/worker.js", lambda route: route.fulfill(**hangs))
    play = page.get_by_role("main").get_by_role("button", name="Play", exact=True)
    play.click()
    alert = page.locator(".desk .listen [role=alert]")
    alert.wait_for(timeout=PATIENCE)
    assert "did not answer" in alert.inner_text()
    look(page, "desk-failed")
    page.unroute("**/static/worker.js")
    play.click()
    page.get_by_role("main").get_by_role("button", name="Pause").wait_for(timeout=PATIENCE)
    assert alert.count() == 0
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_take_is_put_on_the_desk_with_the_stems_of_it(context: Any, studio: dict[str, Any]) -> None:
    page, seen = open_desk(context, studio)
    page.goto(f"{studio['address']}/library")
    page.get_by_role("link", name="dusty lofi").click()
    page.get_by_role("link", name="Put it on the desk").click()
    for name in STEMS:
        page.get_by_role("region", name=f"Strip {name}").wait_for()
    strip = page.get_by_role("region", name="Strip drums")
    strip.get_by_role("combobox", name="Add an effect, drums").select_option("compressor")
    strip.get_by_text("compressor").click()
    ratio = strip.get_by_role("slider", name="ratio, compressor of drums")
    ratio.focus()
    page.keyboard.press("End")
    strip.get_by_text("20:1").wait_for()
    page.get_by_role("combobox", name="Add a bus").select_option("reverb")
    page.get_by_role("region", name="Bus room").wait_for()
    strip.get_by_role("checkbox", name="To room").check()
    until(page, "document.querySelector('.faust pre').textContent.includes('drums_to_room')")
    look(page, "desk-effects")
    strip.get_by_role("button", name="Take drums off the desk").click()
    strip.wait_for(state="detached")
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_the_rules_set_the_desk_and_say_why(context: Any, studio: dict[str, Any], axe: Path) -> None:
    del axe
    page, seen = open_desk(context, studio)
    put_stems(page)
    page.get_by_role("button", name="Set it automatically").click()
    assert page.evaluate("document.activeElement.closest('#automatic') !== null")
    page.get_by_role("textbox", name="Style and mood").fill("dark lofi, heavy bass, didgeridoo")
    page.get_by_role("button", name="Set the desk").click()
    page.locator(".moves li").first.wait_for(timeout=PATIENCE)
    moves = page.locator(".moves").inner_text()
    assert "bass" in moves and "LUFS" in moves
    assert "didgeridoo" in page.get_by_text(re.compile("Nothing was made of")).inner_text()
    look(page, "desk-automatic")
    cut = "[...document.querySelectorAll('.effect .called')].filter((one) => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(cut) == 0 < page.locator(".effect .called").count(), "an effect is told by its whole name"
    page.get_by_role("slider", name="Level of bass", exact=True).fill("-30")
    until(page, "![...document.querySelectorAll('.moves strong')].some((one) => one.textContent === 'bass')")

    page.get_by_role("textbox", name="Keep this desk").fill("my_own")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as my_own").wait_for()
    page.get_by_role("combobox", name="Desk", exact=True).select_option("lofi")
    until(page, "document.querySelector('.faust pre').textContent.includes('twin_wow')")
    page.get_by_role("combobox", name="Compare with").select_option("my_own")
    page.get_by_role("cell", name="strips.bass.gain").wait_for()
    page.locator(".faust summary").click()
    source = page.locator(".faust pre").inner_text()
    assert "bass_process" in source and 'hslider("h:bass/gain[unit:dB]"' in source
    assert (seen.errors, seen.elsewhere) == ([], [])


@needs_engine
def test_a_move_is_undone_alone_and_the_mix_is_the_one_that_was_heard(context: Any, studio: dict[str, Any]) -> None:
    page, seen = open_desk(context, studio)
    put_stems(page)
    page.get_by_role("textbox", name="Style and mood").fill("dark lofi, heavy bass")
    page.get_by_role("button", name="Set the desk").click()
    page.locator(".moves li").first.wait_for(timeout=PATIENCE)
    count = page.locator(".moves li").count()
    kept = "JSON.parse(sessionStorage.getItem('twin.desk')).desk"
    whole = page.evaluate(kept)
    undo = page.get_by_role("button", name=re.compile("^Undo: bass: gain")).first
    sentence = undo.get_attribute("aria-label").removeprefix("Undo: ")
    undo.click()
    page.get_by_role("button", name=f"Do again: {sentence}").wait_for()
    less = page.evaluate(kept)
    assert less["strips"]["bass"]["gain"] != whole["strips"]["bass"]["gain"]
    assert {**less["strips"], "bass": 0} == {**whole["strips"], "bass": 0} and less["master"] == whole["master"]
    assert float(page.get_by_role("slider", name="Level of bass", exact=True).input_value()) == less["strips"]["bass"]["gain"]
    look(page, "desk-undone")
    page.reload()
    page.get_by_role("button", name=f"Do again: {sentence}").click()
    page.get_by_role("button", name=f"Undo: {sentence}").wait_for()
    assert page.evaluate(kept) == whole and page.locator(".moves li").count() == count

    page.get_by_role("slider", name="Level of drums", exact=True).fill("-12")
    page.get_by_role("button", name=re.compile("^Undo: master: .* LUFS")).click()
    page.get_by_role("button", name=re.compile("^Do again: master: .* LUFS")).wait_for()
    heard = page.evaluate(kept)
    assert heard["strips"]["drums"]["gain"] == -12 and heard["master"]["loudness"] is None
    made, _ = mix(page, studio)
    assert made["stage"]["desk"] == heard and sum("left out as asked" in one for one in heard["moves"]) == 1
    assert (seen.errors, seen.elsewhere) == ([], [])


def test_a_mix_comes_near_a_song_that_is_brought_or_was_made(context: Any, studio: dict[str, Any], tmp_path: Path) -> None:
    song = files.write(tmp_path / "my record.flac", 0.4 * (stem("bass") + stem("keyboard")))
    page, seen = open_desk(context, studio)
    put_stems(page)
    choice = page.get_by_role("combobox", name="Like a song of yours")
    choice.locator("option", has_text="dusty lofi").wait_for(state="attached")
    assert choice.locator("option", has_text="keyboard").count() == 0, "what the desk mixes is no song to come near"
    page.get_by_label("Bring a song").set_input_files(str(song))
    choice.locator("option:checked", has_text="my record.flac").wait_for(state="attached")
    page.get_by_role("button", name="Set the desk").click()
    page.locator(".moves li", has_text="my record.flac").first.wait_for(timeout=PATIENCE)
    told = page.locator(".moves").inner_text()
    lufs = float(re.search(r"(-?[\d.]+) LUFS, .* my record.flac", told.replace("−", "-"))[1])
    assert lufs == pytest.approx(loudness.loudness(files.read(song)), abs=0.2)
    look(page, "desk-like")

    choice.select_option(choice.locator("option", has_text="dusty lofi").get_attribute("value"))
    page.get_by_role("button", name="Set the desk").click()
    page.locator(".moves li", has_text="dusty lofi").first.wait_for(timeout=PATIENCE)
    assert "my record" not in page.locator(".moves").inner_text()
    page.reload()
    page.locator(".moves li", has_text="dusty lofi").first.wait_for()
    assert (seen.errors, seen.elsewhere) == ([], [])


PLAY = """async ([wiring, stems, count]) => {
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
  const worker = new Worker('/static/worker.js', { type: 'module' });
  const told = new Promise((done, fail) => {
    worker.onerror = (event) => fail(event.message);
    worker.onmessage = ({ data }) => data.kind === 'failed' ? fail(data.text) : data.kind === 'block' ? done(data) : null;
  });
  const sides = Object.fromEntries(Object.entries(stems).map(([name, both]) => [name, both.map(floats)]));
  worker.postMessage({ kind: 'load', effects: '/static/effects.json', stems: sides });
  worker.postMessage({ kind: 'wire', wiring });
  worker.postMessage({ kind: 'block', at: 0, count, turn: 0 });
  try {
    const { left, right } = await told;
    return [Array.from(left), Array.from(right)];
  } finally {
    worker.terminate();
  }
}"""


@needs_engine
@pytest.mark.parametrize("name", sorted(desk_files()))
def test_the_preview_sounds_as_the_mix(context: Any, empty: dict[str, Any], name: str) -> None:
    """The worker and the engine make the same of one desk, but for what is drawn by chance."""
    count = 64 * 128 * 6
    sounds = {one: stem(one)[:, :count] for one in STEMS}
    desk, _ = fit_desk(find_desk(name), STEMS, STEMS)
    plain = desk.model_dump(mode="json")
    plain["master"]["colour"] = None
    plain["buses"] |= {"squash": {"kind": "parallel"}}
    plain["strips"]["bass"] |= {
        "gate": {},
        "transient": {"attack": 3},
        "sends": {"squash": -12},
        "low_shelf": {"hz": 100, "gain": 3},
    }
    desk = read_desk(plain, where="test")
    wiring = wire(desk)
    assert not {step.effect for step in wiring.master} & UNHEARD
    expected = play_program(write_faust(desk), list(sounds.values()), count)
    page = context.new_page()
    page.goto(web_kit.make_link(empty))
    page.locator(".frame").wait_for()
    texts = {one: [base64.b64encode(side.tobytes()).decode() for side in sound] for one, sound in sounds.items()}
    played = np.array(page.evaluate(PLAY, [wiring.model_dump(mode="json"), texts, count]), np.float32)
    late = wiring.latency
    got = played[:, late:]
    assert np.abs(got - expected[:, : got.shape[1]]).max() <= 1e-3 * np.abs(expected).max()


def test_only_the_worker_may_run_webassembly(empty: dict[str, Any]) -> None:
    policies = {
        path: httpx.get(empty["address"] + path, timeout=60).headers["content-security-policy"]
        for path in ("/desk", "/", "/static/worker.js", "/static/desk.js", "/static/effects.json")
    }
    assert [path for path, policy in policies.items() if "wasm-unsafe-eval" in policy] == ["/static/worker.js"]
    assert "'unsafe-eval'" not in "".join(policies.values())
