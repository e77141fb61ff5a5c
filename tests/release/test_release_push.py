"""A push sends what the release holds, goes on where it stopped, and never shows the token or half a release to anybody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub_kit import HEAD, TOKEN, FakeHub, serve

from producertwin.cli.main import run
from producertwin.errors import BadInput, NotFound, PartialFailure, TwinError, Unavailable
from producertwin.library.sums import read_sums, write_sums
from producertwin.model.variants import fetching
from producertwin.pipeline.stages import Adapter, Generate, Play, Prompt
from producertwin.progress import Kept, finish
from producertwin.proof.verdict import Verdict
from producertwin.proof.verdicts import COPIES
from producertwin.release.bundle import card
from producertwin.release.bundle.dossier import Dossier, LearnedTrack, Proven
from producertwin.release.bundle.push import Pushed, list_reasons
from producertwin.settings import Settings
from producertwin.training.lora.plan import TrainPlan
from producertwin.verbs.make import make
from producertwin.verbs.release import ReleasePlan, check_release, make_release
from producertwin.verbs.release_push import PushPlan, plan_push, push_release
from producertwin.verbs.studio import Studio, open_studio
from producertwin.verbs.train import train
from train_kit import SMALL, freeze

pytestmark = pytest.mark.thorough
PRODUCER, REPO = "Mara Vale", "mara/mara-vale"
ACCEPT = ("licences",)


@dataclass(frozen=True, slots=True)
class House:
    studio: Studio
    folder: Path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A studio in which tiny learned a producer, and the release of that twin with one take."""
    place = tmp_path_factory.mktemp("push") / "studio"
    freeze(place, PRODUCER)
    with open_studio(Settings(studio=place, device="cpu")) as studio:
        finish(train(TrainPlan(producer=PRODUCER, recipe="lora-nano", changes=SMALL, variant="tiny"), studio))
        play = Play(variant="tiny", seed=1, adapters=(Adapter(folder=Path(PRODUCER)),))
        finish(make(Generate(prompt=Prompt(caption="warm house"), seconds=1, guide="none", play=play), studio))
        folder = place.parent / "out"
        finish(make_release(ReleasePlan(subject=PRODUCER, licence="CC-BY-4.0", takes=1), folder, studio))
        yield House(studio, folder)


@pytest.fixture
def release(house: House, tmp_path: Path) -> House:
    return House(house.studio, shutil.copytree(house.folder, tmp_path / "release"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    told = FakeHub()
    with serve(told):
        monkeypatch.setattr(fetching, "ENDPOINT", told.address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield told


def push(house: House, told: list[object] | None = None, **changes: object) -> Pushed:
    plan = PushPlan.model_validate({"folder": house.folder, "to": REPO, "accept": ACCEPT} | changes)
    return finish(push_release(plan, house.studio), (told if told is not None else []).append).pushed


def test_what_arrives_is_the_release_and_private_and_passes_its_own_check(release: House, hub: FakeHub, tmp_path: Path) -> None:
    done = push(release)
    assert hub.repos[REPO]["private"] and done.url == f"{hub.address}/{REPO}" and done.commit == hub.repos[REPO]["head"] != HEAD
    assert hub.repos[REPO]["message"].startswith("Mara Vale, a twin for tiny")
    for name, content in hub.files(REPO).items():
        place = tmp_path / "fetched" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    assert set(hub.files(REPO)) == {*read_sums(release.folder), "SHA256SUMS", ".gitattributes"}
    assert finish(check_release(tmp_path / "fetched", release.studio)).looked.endswith("sample for sample")


def test_the_same_again_sends_nothing_and_makes_no_commit(release: House, hub: FakeHub) -> None:
    first = push(release)
    sent, commits = hub.count("PUT /store"), hub.count("/commit/")
    again = push(release)
    assert (hub.count("PUT /store"), hub.count("/commit/")) == (sent, commits)
    assert (again.commit, again.sent) == (first.commit, 0) and first.sent == len(read_sums(release.folder)) + 1


@pytest.mark.parametrize("part_bytes", [0, 4096])
def test_an_upload_that_was_cut_goes_on_after_what_arrived(release: House, hub: FakeHub, part_bytes: int) -> None:
    hub.part_bytes = part_bytes
    adapter = read_sums(release.folder)["adapter/adapter_model.safetensors"]
    sound = next(digest for name, digest in read_sums(release.folder).items() if name.endswith(".flac"))
    hub.drops, told = f"PUT /store/{sound}", []
    with pytest.raises(Unavailable, match=r"\.flac did not reach mara/mara-vale"):
        push(release, told)
    assert adapter in hub.large and sound not in hub.large and hub.count("/commit/") == 0
    assert f"adapter/adapter_model.safetensors at {REPO}" in [event.unit for event in told if isinstance(event, Kept)]
    before, hub.drops = hub.count(f"PUT /store/{adapter}"), ""
    push(release)
    assert hub.count(f"PUT /store/{adapter}") == before and hub.files(REPO)["dossier.json"]
    assert (
        hub.files(REPO)["adapter/adapter_model.safetensors"]
        == (release.folder / "adapter/adapter_model.safetensors").read_bytes()
    )


@pytest.mark.parametrize(
    ("words", "status", "kind", "message"),
    [
        ("/api/whoami-v2", 401, Unavailable, "does not accept the token"),
        ("/api/repos/create", 403, Unavailable, "may not write to mara/mara-vale"),
        ("/commit/", 403, Unavailable, "may not write to mara/mara-vale"),
        ("/commit/", 409, Unavailable, "changed by somebody else"),
        ("/commit/", 500, Unavailable, "the commit did not reach"),
        ("PUT /store", 503, Unavailable, "did not reach"),
        ("/preupload/", 422, BadInput, "the hub refuses"),
        ("/preupload/", 404, NotFound, "is not there"),
    ],
)
def test_every_refusal_is_typed_and_tells_no_token(
    release: House, hub: FakeHub, words: str, status: int, kind: type[TwinError], message: str
) -> None:
    hub.fails = {words: status}
    with pytest.raises(kind, match=message) as caught:
        push(release)
    said = f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"
    assert TOKEN not in said and "abcdef" not in said and caught.value.remedy
    assert not hub.repos.get(REPO) or set(hub.files(REPO)) == {".gitattributes"}


def test_a_hub_that_refuses_the_clients_newer_protocol_is_typed_too(
    release: House, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hf_xet")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    hub.fails = {"xet-write-token": 403}
    with pytest.raises(Unavailable, match="may not write") as caught:
        push(release)
    assert hub.count("xet-write-token") and TOKEN not in f"{caught.value} {caught.value.remedy}"
    assert set(hub.files(REPO)) == {".gitattributes"}


def test_no_network_and_no_token_are_told_with_what_to_do(release: House, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="who you are did not reach") as caught:
        push(release)
    assert "run the same command again" in caught.value.remedy
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere/token")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(Unavailable, match="no token") as caught:
        push(release)
    assert "--dry-run" in caught.value.remedy


def test_the_token_goes_to_the_hub_only_and_is_kept_nowhere(release: House, hub: FakeHub) -> None:
    told: list[object] = []
    push(release, told)
    assert hub.tokens <= {f"Bearer {TOKEN}", ""} and TOKEN not in str(told)
    home = release.studio.settings.studio
    assert not [path for path in home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_a_repository_that_is_public_or_holds_something_else_is_left_alone(release: House, hub: FakeHub) -> None:
    hub.repos[REPO] = {"private": False, "files": {"README.md": b"x"}, "head": HEAD}
    with pytest.raises(BadInput, match="is public"):
        push(release)
    hub.repos[REPO] = {"private": True, "files": {"README.md": b"x", "model.safetensors": b"w"}, "head": HEAD}
    with pytest.raises(BadInput, match=r"something else than a release: model\.safetensors"):
        push(release)
    assert hub.count("PUT") == hub.count("/commit/") == 0


def test_what_a_new_release_does_not_hold_is_gone_and_public_is_what_is_asked(release: House, hub: FakeHub) -> None:
    push(release, public=True)
    assert not hub.repos[REPO]["private"]
    (release.folder / "recipe.toml").unlink()
    write_sums(release.folder)
    told: list[object] = []
    push(release, told, public=True)
    assert "recipe.toml" not in hub.files(REPO) and "loses" in str(told)


def test_somebody_elses_commit_in_between_is_not_overwritten(
    release: House, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(release)
    (release.folder / "recipe.toml").unlink()
    write_sums(release.folder)

    def intrude(event: object) -> None:
        if isinstance(event, Kept):
            hub.repos[REPO]["head"] = "d" * 40

    with pytest.raises(Unavailable, match="changed by somebody else"):
        finish(push_release(PushPlan(folder=release.folder, to=REPO, accept=ACCEPT), release.studio), intrude)


def test_a_damaged_release_and_a_song_never_leave(release: House, hub: FakeHub) -> None:
    (release.folder / "recipe.toml").write_text("x")
    with pytest.raises(PartialFailure, match="is not what it says"):
        push(release)
    assert hub.asked == []


@pytest.mark.parametrize("to", ["mara", "mara/", "/x", "a/b/c", "https://huggingface.co/a/b", "a/b c", "../x", ""])
def test_what_is_no_repository_is_refused_by_its_name(to: str) -> None:
    from producertwin.recipe import read

    with pytest.raises(BadInput, match="is no repository of the hub"):
        read(PushPlan, {"folder": Path("x"), "to": to}, where="here")


def test_a_dry_run_needs_neither_network_nor_token(
    release: House, hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    asked = ["release", "push", str(release.folder), "--to", REPO, "--accept", "licences", "--dry-run", "--json"]
    assert run([*asked, "--studio", str(release.studio.settings.studio)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["file"]: one["sha256"] for one in told["files"] if one["file"] != "SHA256SUMS"} == read_sums(release.folder)
    assert (told["to"], told["public"], told["dry_run"]) == (REPO, False, True) and "url" not in told and hub.asked == []


def test_the_command_line_says_where_it_went(release: House, hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["release", "push", str(release.folder), "--to", REPO, "--accept", "licences", "--json"]
    assert run([*asked, "--studio", str(release.studio.settings.studio)]) == 0
    heard = capsys.readouterr()
    told = json.loads(heard.out)
    assert (told["url"], told["commit"]) == (f"{hub.address}/{REPO}", hub.repos[REPO]["head"])
    assert TOKEN not in heard.out + heard.err and "sent all the same" in heard.err


def dossier_of(house: House, licence: str, *tracks: str | None, copied: bool | None = None) -> Dossier:
    found = Dossier.model_validate_json((house.folder / "dossier.json").read_text())
    learned = found.learned.model_copy(
        update={
            "tracks": tuple(LearnedTrack(track=f"t{n}", side="train", seconds=9.0, licence=one) for n, one in enumerate(tracks))
        }
    )
    verdict = Verdict(claim=COPIES, proven=None if copied is None else not copied, words="2 of 9 takes repeat a song")
    proven = Proven(answer="Yes.", basis="", verdicts=(verdict,), revision=found.revision)
    return found.model_copy(update={"licence": licence, "learned": learned, "proven": proven})


@pytest.mark.parametrize(
    ("licence", "tracks", "copied", "reasons"),
    [
        ("CC-BY-4.0", ("CC-BY-4.0", "LicenseRef-own"), False, {}),
        ("CC-BY-NC-4.0", ("CC-BY-NC-4.0",), None, {}),
        ("CC-BY-4.0", ("CC-BY-NC-4.0",), None, {"licences": "are under CC-BY-NC-4.0"}),
        ("CC-BY-NC-4.0", ("CC-BY-ND-4.0",), None, {"licences": "are under CC-BY-ND-4.0"}),
        ("MIT", (None, "MIT"), None, {"licences": "1 songs that it learned from state no licence"}),
        ("MIT", (), None, {"licences": "is not known"}),
        ("MIT", ("MIT",), True, {"copies": "2 of 9 takes repeat a song"}),
    ],
)  # fmt: skip
def test_the_dossier_speaks_against_copies_and_licences(
    house: House, licence: str, tracks: tuple[str | None, ...], copied: bool | None, reasons: dict[str, str]
) -> None:
    found = list_reasons(dossier_of(house, licence, *tracks, copied=copied))
    assert found.keys() == reasons.keys()
    assert all(words in found[name] for name, words in reasons.items())


def test_what_the_dossier_speaks_against_is_sent_only_when_that_is_accepted(release: House, hub: FakeHub) -> None:
    with pytest.raises(BadInput, match="state no licence") as caught:
        push(release, accept=())
    assert caught.value.remedy.endswith("say --accept licences") and hub.asked == []
    told: list[object] = []
    push(release, told, accept="licences,copies")
    assert "sent all the same" in str(told)


def test_nothing_is_sent_offline(release: House, hub: FakeHub) -> None:
    offline = Studio(release.studio.settings.model_copy(update={"offline": True}), release.studio.library)
    with pytest.raises(Unavailable, match="offline"):
        finish(push_release(PushPlan(folder=release.folder, to=REPO, accept=ACCEPT), offline))
    assert finish(plan_push(PushPlan(folder=release.folder, to=REPO, accept=ACCEPT), offline)).files and hub.asked == []


def test_the_card_is_what_the_hub_wants(release: House) -> None:
    assert (release.folder / card.NAME).read_text(encoding="utf-8").startswith("---\nlicense: cc-by-4.0\n")
