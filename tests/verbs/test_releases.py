"""Releases of the studio: made under an id, listed, checked and remembered as checked, deleted and restored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from producertwin.errors import BadInput, NotFound, PartialFailure
from producertwin.library import open_library
from producertwin.library.sums import write_sums
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs import releases, trash
from producertwin.verbs.releases import CheckReleasePlan, KeepReleasePlan
from producertwin.verbs.studio import Studio
from train_kit import train_twin

pytestmark = pytest.mark.thorough
PRODUCER = "Mara Vale"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio with a twin and a release of it."""
    settings = Settings(studio=tmp_path_factory.mktemp("kept") / "studio", device="cpu", offline=True)
    with open_library(settings) as library:
        train_twin(settings, library, PRODUCER)
        finish(releases.keep_release(KeepReleasePlan(subject=PRODUCER, licence="MIT"), Studio(settings, library)))
    return settings.studio


@pytest.fixture
def studio(made: Path, tmp_path: Path) -> Iterator[Studio]:
    """A copy of it, to be changed."""
    settings = Settings(studio=Path(shutil.copytree(made, tmp_path / "studio")), device="cpu", offline=True)
    with open_library(settings) as library:
        yield Studio(settings, library)


def only(studio: Studio) -> releases.KeptRelease:
    [found], damaged = releases.list_releases(studio)
    assert damaged == ()
    return found


def test_a_release_is_listed_with_what_it_says_and_its_files(studio: Studio) -> None:
    found = only(studio)
    assert found.dossier.producer == PRODUCER and found.check is None
    assert {"README.md", "dossier.json", "SHA256SUMS", "adapter/adapter_config.json"} <= {one.name for one in found.files}
    assert all(one.bytes == one.path.stat().st_size for one in found.files)
    assert releases.list_releases(studio, "Nobody") == ((), ())
    assert releases.find_release(Path(found.id), studio) == found.folder
    assert releases.find_release(found.folder, studio) == found.folder


def test_a_check_is_remembered_until_the_list_of_checksums_is_another(studio: Studio) -> None:
    found = only(studio)
    plan = CheckReleasePlan(release=found.id)
    finish(releases.check_kept_release(plan, studio))
    check = only(studio).check
    assert check is not None and check.faults == {} and check.looked == "it holds no take to make again"
    (found.folder / "recipe.toml").write_text("# changed\n", encoding="utf-8")
    assert only(studio).check == check, "nobody looked again"
    with pytest.raises(PartialFailure, match="not what it says"):
        finish(releases.check_kept_release(plan, studio))
    check = only(studio).check
    assert check is not None and check.faults == {"recipe.toml": "changed"}
    write_sums(found.folder)
    assert only(studio).check is None


def test_a_release_goes_to_the_trash_and_comes_back(studio: Studio) -> None:
    found = only(studio)
    entry = releases.delete_release(found.id, studio)
    assert (entry.kind, entry.title) == ("release", PRODUCER)
    assert releases.list_releases(studio) == ((), ())
    trash.restore(entry.id, studio)
    assert only(studio).files == found.files


def test_what_cannot_be_read_is_named_and_can_be_deleted(studio: Studio) -> None:
    found = only(studio)
    (found.folder / "dossier.json").write_text("{", encoding="utf-8")
    (found.folder.parent / f".{found.id}.1234.part").mkdir()
    assert releases.list_releases(studio) == ((), (found.id,))
    with pytest.raises(BadInput):
        releases.get_release(found.id, studio)
    assert releases.delete_release(found.id, studio).names == (found.id,)


@pytest.mark.parametrize("name", ["README.md", "dossier.json", "SHA256SUMS", "more"])
def test_a_release_from_elsewhere_does_not_lead_out_by_a_link(studio: Studio, tmp_path: Path, name: str) -> None:
    found = only(studio)
    place = found.folder / name
    secret = tmp_path / "secret"
    secret.write_text(place.read_text(encoding="utf-8") if place.is_file() else "secret", encoding="utf-8")
    place.unlink(missing_ok=True)
    place.symlink_to(secret)
    assert releases.list_releases(studio) == ((), (found.id,))
    with pytest.raises(BadInput, match="is a link"):
        releases.get_release(found.id, studio)


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("name", ["..\\..\\run.bat", "two\nlines", "\x1b[31m", "\udcff"])
def test_a_release_with_names_that_others_take_for_paths_or_orders_is_damaged(studio: Studio, name: str) -> None:
    found = only(studio)
    (found.folder / name).write_text("x", encoding="utf-8")
    assert releases.list_releases(studio) == ((), (found.id,))
    assert releases.delete_release(found.id, studio).names == (found.id,)


@pytest.mark.parametrize("name", ["", "..", "../../etc", "a" * 13, "AAAAAAAAAAAA", "aaaaaaaaaaaa", "\0"])
def test_what_is_no_id_is_nobody(studio: Studio, name: str) -> None:
    for act in (releases.get_release, releases.delete_release, releases.place_of):
        if name == "aaaaaaaaaaaa" and act is releases.place_of:
            continue
        with pytest.raises(NotFound, match="no release"):
            act(name, studio)
