"""Prepare a listening test: read and match the sounds, lay the trials out, write the files that are heard, and keep the key.

The same plan and sounds make the same test, byte for byte. What a listener gets to see tells nothing: names of files are random,
all have one length and one size, no tags, and one date.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from ..audio import files
from ..audio.samples import Samples
from ..audio.tempo import tempo
from ..disk import disk_errors, make_folder, whole_folder, write_whole
from ..errors import BadInput
from ..progress import Clock, Steps
from ..recipe import canonical, letters
from . import excerpts, store
from .pairing import Pair, match_pairs
from .plan import ListeningPlan
from .sources import ListeningSound
from .trials import BlindTest, Item, Trial, lay_out

_UNFINISHED: Final = ".preparing-"


@dataclass(frozen=True, slots=True)
class PreparedTest:
    """A test that is ready to be heard."""

    test: BlindTest
    folder: Path
    left_out: dict[str, str]
    """Why, by file, for sounds that could not be used."""

    @property
    def key(self) -> Path:
        """The file that says what is behind each letter."""
        return self.folder / store.KEY


@dataclass(frozen=True, slots=True)
class Matched:
    """What will be heard: pairs, and a hash of everything that decides the rest of the test."""

    pairs: list[Pair]
    digest: bytes
    left_out: dict[str, str]

    @property
    def id(self) -> str:
        """The id of the test that is made of this."""
        return letters(self.digest)

    def rng(self, purpose: str) -> np.random.Generator:
        """Draws for one purpose."""
        return np.random.default_rng(int.from_bytes(hashlib.blake2b(self.digest + purpose.encode()).digest()[:16]))


@dataclass(frozen=True, slots=True)
class Cuts:
    """The excerpts of a test on disk: all of them together would be much to hold."""

    folder: Path
    digests: dict[str, str] = field(default_factory=dict)
    """Hash of each cut's samples, by the name it was put under."""

    def put(self, name: str, samples: Samples) -> None:
        """Keep `samples` under `name`."""
        np.save(self._path(name), samples)
        self.digests[name] = hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest()

    def get(self, name: str) -> Samples:
        """What was put under `name`."""
        found: Samples = np.load(self._path(name))
        return found

    def _path(self, name: str) -> Path:
        return self.folder / f"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}.npy"


def prepare(
    plan: ListeningPlan, twins: Sequence[ListeningSound], others: Sequence[ListeningSound], studio: Path, *, created: datetime
) -> Steps[PreparedTest]:
    """Prepare the test of `plan` from the twin's sounds and what they are held against; a test that is there already stands.

    Raises `BadInput` where too few sounds match or a pair is one sound, and as `disk.write_whole` does.
    """
    with disk_errors(store.place(studio)):
        make_folder(store.place(studio))
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=store.place(studio)) as room:
        cuts = Cuts(Path(room))
        found = yield from match(plan, twins, others, cuts)
        folder = store.place(studio) / found.id
        if (folder / store.KEY).is_file():
            return PreparedTest(store.read(folder / store.KEY), folder, found.left_out)
        with whole_folder(folder) as unfinished:
            (unfinished / store.SOUNDS).mkdir()
            test = yield from _write(plan, found, cuts, unfinished, created)
            write_whole(unfinished / store.KEY, test.model_dump_json(indent=1).encode())
    return PreparedTest(test, folder, found.left_out)


def match(plan: ListeningPlan, twins: Sequence[ListeningSound], others: Sequence[ListeningSound], cuts: Cuts) -> Steps[Matched]:
    """Cut every sound, find the tempo where it is not known, and pair them; what cannot be used is left out, and named."""
    clock, left_out = Clock("listening", len(twins) + len(others)), dict[str, str]()
    usable: tuple[list[ListeningSound], list[ListeningSound]] = ([], [])
    for done, (kept, sound) in enumerate([*((usable[0], one) for one in twins), *((usable[1], one) for one in others)], 1):
        try:
            cut = excerpts.excerpt(files.read(sound.path), plan)
        except BadInput as error:
            left_out[str(sound.path)] = error.message
        else:
            cuts.put(str(sound.path), cut)
            kept.append(sound if sound.bpm is not None else replace(sound, bpm=tempo(cut).bpm))
        yield clock.at(done, sound.path.name)
    heard = [sorted(cuts.digests[str(sound.path)] for sound in kept) for kept in usable]
    usual = {"times"} if plan.times == 1 else set[str]()  # tests that were prepared before there was such a choice keep their id
    seeded = hashlib.blake2b(canonical([plan.model_dump(mode="json", exclude=usual), heard]).encode()).digest()
    found = match_pairs(*usable, plan, Matched([], seeded, {}).rng("pairs"))
    for twin, other in found:
        if cuts.digests[str(twin.path)] == cuts.digests[str(other.path)]:
            remedy = "give two different folders; an adapter that changes nothing was perhaps not applied"
            raise BadInput(f"{twin.path} and {other.path} sound the same, to the last sample", remedy=remedy)
    facts = [[cuts.digests[str(twin.path)], cuts.digests[str(other.path)]] for twin, other in found]
    return Matched(found, hashlib.blake2b(seeded + canonical(facts).encode()).digest(), left_out)


def _write(plan: ListeningPlan, found: Matched, cuts: Cuts, folder: Path, created: datetime) -> Steps[BlindTest]:
    """Write every file of the test into `folder` and return the test."""
    slots = lay_out(plan, found.rng("trials"))
    for item in sorted({slot.item for slot in slots if "spoiled" in slot.sounds.values()}):
        cuts.put(f"spoiled {item}", excerpts.spoil(cuts.get(str(found.pairs[item][1].path)), found.rng(f"spoiled {item}")))
    used = sorted({_cut(found, slot.item, sound) for slot in slots for sound in slot.sounds.values()})
    lufs = min([plan.lufs, *(excerpts.max_loudness(cuts.get(name)) for name in used)])
    names, dither = _names(found.rng("names"), plan), found.rng("dither")
    clock, trials, written = Clock("writing", len(slots)), [], list[Path]()
    for place, slot in enumerate(slots, 1):
        behind = {letter: next(names) for letter in slot.sounds}
        for letter, sound in slot.sounds.items():
            path = folder / store.SOUNDS / behind[letter]
            data = excerpts.encode_excerpt(cuts.get(_cut(found, slot.item, sound)), lufs, plan.form, dither)
            path.write_bytes(data)  # the one of the right size is written to last
            written.append(path)
        trials.append(Trial(id=f"t{place:03d}", role=slot.role, item=slot.item, files=behind, twin=slot.twin, right=slot.right))
        yield clock.at(place)
    _make_alike(written, plan, created)
    items = tuple(_item(*pair) for pair in found.pairs)
    return BlindTest(id=found.id, created=created, plan=plan, lufs=lufs, items=items, trials=tuple(trials))


def _make_alike(paths: Sequence[Path], plan: ListeningPlan, created: datetime) -> None:
    """Give all files one size and one date: neither order nor length of a file shall tell what it is."""
    size = excerpts.common_size([path.stat().st_size for path in paths], plan.form)
    for path in paths:
        write_whole(path, excerpts.pad_to_size(path.read_bytes(), size, plan.form))
        os.utime(path, (created.timestamp(), created.timestamp()))


def _names(rng: np.random.Generator, plan: ListeningPlan) -> Iterator[str]:
    """Names of files that say nothing, no two the same."""
    seen: set[str] = set()
    while True:
        name = rng.bytes(8).hex()
        if name not in seen:
            seen.add(name)
            yield f"{name}.{plan.form}"


def _cut(found: Matched, item: int, sound: str) -> str:
    """The name under which a sound of a pair was put."""
    twin, other = found.pairs[item]
    return f"spoiled {item}" if sound == "spoiled" else str((twin if sound == "twin" else other).path)


def _item(twin: ListeningSound, other: ListeningSound) -> Item:
    facts = {"title": other.title, "style": twin.style, "twin_bpm": twin.bpm or 0.0, "other_bpm": other.bpm or 0.0}
    return Item(twin=str(twin.path), other=str(other.path), **facts)
