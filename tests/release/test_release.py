"""A release says what is known of a twin, holds what it says, and is known as damaged wherever a hand has changed it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from producertwin.errors import BadInput, NotFound, PartialFailure
from producertwin.library import adapters as twins
from producertwin.library.sums import NAME, read_sums, write_sums
from producertwin.model import adapters
from producertwin.pipeline.stages import Adapter, Generate, Play, Prompt
from producertwin.progress import finish
from producertwin.release.bundle import card
from producertwin.release.bundle.dossier import read_data, read_dossier
from producertwin.settings import Settings
from producertwin.training.lora.plan import TrainPlan
from producertwin.verbs.make import make
from producertwin.verbs.release import Released, ReleasePlan, check_release, make_release, plan_release
from producertwin.verbs.release_song import SongReleasePlan, release_song
from producertwin.verbs.studio import Studio, open_studio
from producertwin.verbs.train import train
from train_kit import SMALL, freeze

pytestmark = pytest.mark.thorough
PRODUCER = "Mara *Vale*"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio in which tiny learned a producer and made two takes with the twin, and one without."""
    place = tmp_path_factory.mktemp("release") / "studio"
    settings = Settings(studio=place, device="cpu", offline=True)
    freeze(place, PRODUCER)
    with open_studio(settings) as opened:
        plan = TrainPlan(producer=PRODUCER, recipe="lora-nano", changes=SMALL, variant="tiny")
        finish(train(plan, opened))
        for seed, with_twin in ((1, True), (2, True), (3, False)):
            worn = (Adapter(folder=Path(PRODUCER)),) if with_twin else ()
            stage = Generate(
                prompt=Prompt(caption=f"warm house {seed}"),
                seconds=1,
                guide="none",
                play=Play(variant="tiny", seed=seed, adapters=worn),
            )
            finish(make(stage, opened))
        yield opened


@pytest.fixture(scope="module")
def made(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Released:
    return finish(
        make_release(ReleasePlan(subject=PRODUCER, licence="CC-BY-4.0", takes=2), tmp_path_factory.mktemp("made") / "out", studio)
    )


@pytest.fixture
def release(made: Released, tmp_path: Path) -> Released:
    """A copy of the release, to change."""
    return replace(made, folder=shutil.copytree(made.folder, tmp_path / "out"))


def faults_of(folder: Path, studio: Studio) -> dict[str, str]:
    with pytest.raises(PartialFailure) as caught:
        finish(check_release(folder, studio, replay=False))
    return {name: error.message for name, error in caught.value.failures.items()}


def test_a_release_is_sound_and_its_first_take_is_made_again(release: Released, studio: Studio) -> None:
    found = finish(check_release(release.folder, studio))
    assert found.looked == f"{release.dossier.takes[0].file} was made again, sample for sample"
    assert found.files == len(read_sums(release.folder)) == sum(path.is_file() for path in release.folder.rglob("*")) - 1


def test_the_weights_are_those_of_the_twin_and_its_takes_are_the_ones_it_plays_on(release: Released, studio: Studio) -> None:
    twin = adapters.read(twins.find(PRODUCER, studio.settings.studio))
    assert adapters.read(release.folder / "adapter").revision == twin.revision == release.dossier.revision
    assert [take.seed for take in release.dossier.takes] == [2, 1]  # the newest first, none without the twin


def test_the_card_says_what_is_known_and_what_is_not(release: Released) -> None:
    text = (release.folder / "README.md").read_text(encoding="utf-8")
    _, head, words = text.split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "cc-by-4.0"
    assert "# Mara \\*Vale\\*: a twin for tiny" in words
    assert "this release holds no proof" in words
    assert "3 songs learned from, 1 held out" in words
    assert "| Song 1 | Mara \\*Vale\\* | - | none stated | learned |" in words
    assert "`LicenseRef-not-stated`" in words


def test_no_path_of_the_machine_leaves_it(release: Released, studio: Studio) -> None:
    place = str(studio.settings.studio.parent).encode()
    assert not [path for path in release.folder.rglob("*") if path.is_file() and place in path.read_bytes()]


def test_the_checksums_are_what_other_programs_read(release: Released) -> None:
    told = subprocess.run(["sha256sum", "--check", "--quiet", NAME], cwd=release.folder, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("part", ["README.md", "dossier.json", "adapter/adapter_model.safetensors", "recipe.toml"])
def test_a_changed_file_is_named(release: Released, studio: Studio, part: str) -> None:
    path = release.folder / part
    path.write_bytes(path.read_bytes() + b"\n")
    assert faults_of(release.folder, studio)[part] == "changed"


def test_files_that_are_gone_or_were_added_are_named(release: Released, studio: Studio) -> None:
    (release.folder / "recipe.toml").unlink()
    (release.folder / "extra.bin").write_bytes(b"x")
    assert faults_of(release.folder, studio) == {"recipe.toml": "missing", "extra.bin": "not in the list"}


def test_a_card_that_is_in_no_list_is_missed_all_the_same(release: Released, studio: Studio) -> None:
    (release.folder / card.NAME).unlink()
    write_sums(release.folder)
    with pytest.raises(NotFound, match=card.NAME):
        finish(check_release(release.folder, studio, replay=False))


def change_dossier(folder: Path, **changes: object) -> None:
    """Change the dossier, and everything else that tells of it: card and checksums."""
    path = folder / "dossier.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    (folder / card.NAME).write_text(card.write_card(read_dossier(read_data(folder), folder)), encoding="utf-8")
    write_sums(folder)


@pytest.mark.parametrize(
    ("changes", "part", "words"),
    [
        ({"revision": "b2:00"}, "adapter", "its weights are"),
        ({"layers": 1}, "adapter", "is a lora of"),
        ({"proven": {"answer": "Yes.", "basis": "", "verdicts": [], "revision": "b2:00"}}, "proof", "figures.json"),
    ],
)  # fmt: skip
def test_a_dossier_that_promises_other_things_is_found_out(
    release: Released, studio: Studio, changes: dict[str, object], part: str, words: str
) -> None:
    change_dossier(release.folder, **changes)
    assert words in faults_of(release.folder, studio)[part]


@pytest.mark.parametrize("place", ["takes/../../secret.flac", "/etc/passwd", "README.md"])
def test_a_take_outside_its_folder_is_never_read(release: Released, studio: Studio, place: str) -> None:
    takes = [release.dossier.takes[0].model_copy(update={"file": place}).model_dump(mode="json")]
    change_dossier(release.folder, takes=takes)
    assert "outside takes" in faults_of(release.folder, studio)[place]


def test_a_take_of_another_sound_is_found_out(release: Released, studio: Studio) -> None:
    first, second = (release.folder / take.file for take in release.dossier.takes)
    shutil.copy(second, first)
    write_sums(release.folder)
    assert "its sound is not the one" in faults_of(release.folder, studio)[release.dossier.takes[0].file]


@pytest.mark.parametrize("line", ["x", f"{'0' * 64}  ../up", f"{'0' * 64}  /etc/passwd", f"{'0' * 64}  a\\..\\b"])
def test_a_list_of_checksums_that_leads_outside_is_refused(release: Released, studio: Studio, line: str) -> None:
    (release.folder / NAME).write_text(line + "\n")
    with pytest.raises(BadInput, match="is no checksum of a file"):
        finish(check_release(release.folder, studio, replay=False))


def test_what_is_no_release_is_not_found(studio: Studio, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFound, match="holds no release"):
            finish(check_release(folder, studio))


def test_nothing_is_released_without_a_licence_or_into_a_folder_that_is_used(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"x")
    with pytest.raises(BadInput, match="is not empty"):
        finish(make_release(ReleasePlan(subject=PRODUCER, licence="MIT"), tmp_path, studio))
    with pytest.raises(BadInput, match="is not a licence"):
        plan_release(ReleasePlan(subject=PRODUCER, licence="free as in beer"), studio)
    with pytest.raises(NotFound):
        plan_release(ReleasePlan(subject="Nobody", licence="MIT"), studio)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "kept"]


def test_a_merged_release_holds_the_variant_that_plays_alone(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="built in code"):
        finish(make_release(ReleasePlan(subject=PRODUCER, licence="MIT", merged=True), tmp_path / "out", studio))
    assert not list(tmp_path.iterdir())


def test_a_song_whose_training_songs_are_gone_says_that_nobody_looked_for_copies(studio: Studio, tmp_path: Path) -> None:
    take = next(take for take in studio.library.takes.list() if take.adapters and take.seed == 2)
    plan = SongReleasePlan(take=take.id, artist="Ada", licence="MIT", replay=False)
    told: list[str] = []
    done = finish(release_song(plan, tmp_path / "out", studio), lambda event: told.append(getattr(event, "text", "")))
    [twin] = done.dossier.lineage.twins
    assert (twin.producer, twin.copies) == (PRODUCER, None)
    assert any(text.startswith("nobody looked whether the song repeats") for text in told)
    assert done.dossier.disclosure.endswith(f"generated by tiny with the twin of {PRODUCER}.")


def test_a_file_is_no_release(release: Released, studio: Studio) -> None:
    with pytest.raises(NotFound, match="holds no release"):
        finish(check_release(release.folder / "README.md", studio))
