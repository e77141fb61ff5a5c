"""A released song says what of it is AI and what it was made of, and carries a signature that breaks when it is changed."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from producertwin.audio import files
from producertwin.audio.tags import tags
from producertwin.errors import BadInput, NotFound, PartialFailure
from producertwin.library.sums import write_sums
from producertwin.pipeline.stages import Generate, Play, Prompt, Refine
from producertwin.progress import finish
from producertwin.release.bundle.lineage import COMPOSITE, GENERATED
from producertwin.release.bundle.signing import read_manifest
from producertwin.settings import Settings
from producertwin.timebase import SAMPLE_RATE
from producertwin.verbs.edit import edit
from producertwin.verbs.make import make
from producertwin.verbs.release import check_release
from producertwin.verbs.release_song import SongReleased, SongReleasePlan, release_song
from producertwin.verbs.studio import Studio, open_studio

pytestmark = pytest.mark.thorough
TINY = Play(variant="tiny", seed=1)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    place = tmp_path_factory.mktemp("song") / "studio"
    with open_studio(Settings(studio=place, device="cpu", offline=True)) as opened:
        yield opened


@pytest.fixture(scope="module")
def take(studio: Studio) -> str:
    """A take from words alone, refined once."""
    [first] = finish(make(Generate(prompt=Prompt(caption="warm | house"), seconds=1, guide="none", play=TINY), studio))
    [second] = finish(edit(Refine(source=first.take.id, play=TINY), studio))
    return second.take.id


@pytest.fixture(scope="module")
def of_file(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A take that was made of a recording from outside."""
    path = tmp_path_factory.mktemp("outside") / "guitar.wav"
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    files.write(path, np.stack([tone, tone]).astype(np.float32))
    [made] = finish(edit(Refine(source=str(path), prompt=Prompt(caption="house"), play=TINY), studio))
    return made.take.id


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of a small authority of our own, in a chain, and its key."""
    folder, now = tmp_path_factory.mktemp("pem"), datetime.datetime.now(datetime.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests")])
        for who in ("Root", "Mara Vale")
    )

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.Certificate:
        others = (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        )
        usage = dict.fromkeys(others, False) | {"digital_signature": not authority}
        usage |= {"key_cert_sign": authority, "crl_sign": authority}
        started = now - datetime.timedelta(days=1)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(started)
            .not_valid_after(started + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )
        if not authority:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        return made.sign(root_key, hashes.SHA256())

    chain = [build(name, key.public_key(), authority=False), build(root_name, root_key.public_key(), authority=True)]
    certificate, secret = folder / "chain.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return certificate, secret


def plan_of(take: str, **more: object) -> SongReleasePlan:
    return SongReleasePlan.model_validate({"take": take, "artist": "Mara *Vale*", "licence": "cc by 4.0", **more})


@pytest.fixture(scope="module")
def made(studio: Studio, take: str, tmp_path_factory: pytest.TempPathFactory) -> SongReleased:
    return finish(release_song(plan_of(take, title="Night | Bus/../x"), tmp_path_factory.mktemp("made") / "out", studio))


@pytest.fixture
def song(made: SongReleased, tmp_path: Path) -> SongReleased:
    """A copy of the released song, to change."""
    return replace(made, folder=shutil.copytree(made.folder, tmp_path / "out"))


def faults_of(folder: Path, studio: Studio) -> dict[str, str]:
    with pytest.raises(PartialFailure) as caught:
        finish(check_release(folder, studio))
    return {name: error.message for name, error in caught.value.failures.items()}


def test_a_song_says_what_it_is_and_is_the_take_sample_for_sample(made: SongReleased, studio: Studio, take: str) -> None:
    found = made.dossier
    assert (found.file, found.licence, found.replayed) == ("Night-Bus-x.flac", "CC-BY-4.0", "the same bytes")
    assert (found.disclosure, found.source_type) == ("Made with AI: all of its sound was generated by tiny.", GENERATED)
    assert [one.kind for one in found.lineage.takes] == ["generate", "refine"]
    inside = tags.read(made.folder / found.file)
    assert (inside.title, inside.artist, inside.comment) == ("Night | Bus/../x", "Mara *Vale*", found.disclosure)
    kept = studio.library.takes
    assert np.array_equal(files.read(made.folder / found.file), files.read(kept.content(kept.get(take))))
    assert finish(check_release(made.folder, studio)).looked == "its manifest is not signed"
    assert "| warm \\| house |" in (made.folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_other_formats_are_sound_too(studio: Studio, take: str, tmp_path: Path, form: str) -> None:
    done = finish(release_song(plan_of(take, format=form, replay=False), tmp_path / "out", studio))
    assert finish(check_release(done.folder, studio)).files == 6


def test_a_recording_from_outside_is_named_and_its_licence_asked_for(studio: Studio, of_file: str, tmp_path: Path) -> None:
    told: list[str] = []
    done = finish(release_song(plan_of(of_file), tmp_path / "out", studio), lambda event: told.append(getattr(event, "text", "")))
    [sound] = done.dossier.lineage.sounds
    assert (sound.name, sound.licence) == ("guitar.wav", None)
    assert done.dossier.source_type == COMPOSITE
    assert done.dossier.disclosure == "Made with AI: tiny made it of and beside 1 recording from outside."
    assert "guitar.wav came from outside, and no licence of it is stated" in told
    assert not [path for path in done.folder.rglob("*") if path.is_file() and b"/outside" in path.read_bytes()]


@pytest.mark.parametrize("form", ["flac", "wav", "mp3"])
def test_a_signature_is_sound_until_the_sound_is_another(
    studio: Studio, take: str, credentials: tuple[Path, Path], tmp_path: Path, form: str
) -> None:
    certificate, key = credentials
    plan = plan_of(take, format=form, certificate=certificate, key=key, replay=False)
    done = finish(release_song(plan, tmp_path / "out", studio))
    assert finish(check_release(done.folder, studio)).looked.startswith("its signature is sound")
    place = done.folder / done.dossier.file
    assert key.read_bytes() not in b"".join(path.read_bytes() for path in done.folder.iterdir())
    data = bytearray(place.read_bytes())
    data[-2000] ^= 1
    place.write_bytes(data)
    write_sums(done.folder)
    assert done.dossier.file in faults_of(done.folder, studio)


def test_a_signature_that_was_taken_out_is_missed(
    studio: Studio, take: str, credentials: tuple[Path, Path], song: SongReleased, tmp_path: Path
) -> None:
    plan = plan_of(take, title="Night Bus x", certificate=credentials[0], key=credentials[1], replay=False)
    done = finish(release_song(plan, tmp_path / "signed", studio))
    shutil.copy(song.folder / song.dossier.file, done.folder / done.dossier.file)
    write_sums(done.folder)
    assert faults_of(done.folder, studio) == {done.dossier.file: "dossier.json says that it is signed, and it is not"}


@pytest.mark.parametrize("part", ["README.md", "disclosure.json"])
def test_a_disclosure_that_a_hand_has_softened_is_found_out(song: SongReleased, studio: Studio, part: str) -> None:
    path = song.folder / part
    path.write_text(path.read_text(encoding="utf-8").replace("Made with AI", "Made with love"), encoding="utf-8")
    write_sums(song.folder)
    assert "does not say what" in faults_of(song.folder, studio)[part]


def test_a_dossier_whose_disclosure_does_not_fit_its_lineage_is_found_out(song: SongReleased, studio: Studio) -> None:
    path = song.folder / "dossier.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"disclosure": "All played by hand."}))
    write_sums(song.folder)
    assert "is not the one that its lineage asks for" in faults_of(song.folder, studio)["dossier.json"]


def test_half_of_the_credentials_and_files_that_are_none_are_refused(
    studio: Studio, take: str, credentials: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "no.pem").write_text("no key")
    for certificate, key in ((credentials[0], tmp_path / "no.pem"), (credentials[0], tmp_path / "nowhere"), credentials[::-1]):
        with pytest.raises(BadInput, match=r"no key|cannot read|cannot be signed"):
            finish(release_song(plan_of(take, certificate=certificate, key=key, replay=False), tmp_path / "out", studio))
    with pytest.raises(BadInput, match="certificate and its key"):
        plan_of(take, certificate=credentials[0])
    with pytest.raises(NotFound):
        finish(release_song(plan_of("aaaaaaaaaaaa"), tmp_path / "out", studio))
    assert [path.name for path in tmp_path.iterdir()] == ["no.pem"]


def test_no_manifest_is_read_where_there_is_none(song: SongReleased) -> None:
    assert read_manifest(song.folder / song.dossier.file) is None
