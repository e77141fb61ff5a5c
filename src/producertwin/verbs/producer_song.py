"""The song that `twin producer demo` begins with: its tempo, key and length, and the stems it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..mixing.desk import MOST_STRIPS
from ..mixing.producer.plan import ProductionPlan
from ..pipeline.fields import Bpm, KeyName, Seed, Text
from ..progress import Steps, note
from ..recipe import Record
from ..timebase import SAMPLE_RATE

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from .opened_song import Song
    from .stem_sources import FoundStem
    from .studio import Studio


class ProducerDemoPlan(Record):
    """What is produced of what."""

    input: Text
    """A song: a sound file, or a take."""
    prompt: Text
    """What it is to become: "Create a dark trap beat with heavy 808s"."""
    stems: Path | None = None
    """Folder of its stems, called drums, bass and so on; those it was mixed of or that lie beside it, else taken out of it."""
    separate: Literal["extract", "demucs"] = "extract"
    """Who takes stems out of a song that has none: the variant's extract stage, or Demucs (extra demucs)."""
    bpm: Bpm | None = None
    """Its tempo; as its take or its name says, or as it is heard, when absent."""
    key: KeyName | None = None
    """Its key; as its take or its name says, or as it is heard, when absent."""
    rounds: int = Field(2, ge=0, le=8)
    """Most rounds of refining; it ends at the first that makes nothing better."""
    variant: str = Field("nano", min_length=1, max_length=200)
    """Who plays what is missing, and extracts."""
    seed: Seed = 0
    """Seed of what is played."""
    weights: Path | None = None
    """Folder of weights that `twin producer train` wrote; the shipped ones when absent."""


@dataclass(frozen=True, eq=False, slots=True)
class SongStem:
    """A stem of the production."""

    sound: Samples
    """(2, n), as long as the song."""
    source: str = ""
    """The take, or the file called like its strip, that a mix can name in its place; empty where there is none."""


def keep_song(asked: ProductionPlan, plan: ProducerDemoPlan, song: Song) -> ProductionPlan:
    """`asked` in the tempo and key of the song; what the prompt says of them does not count."""
    from ..audio.meters import measure
    from ..metas import read_name

    written = read_name(song.path.name) if song.path is not None else None
    metas, meters = song.take.metas if song.take else None, measure(song.sound)
    bpm = plan.bpm or (metas and metas.bpm) or (written and written.bpm and written.bpm.value)
    key = plan.key or (metas and metas.key) or (written and written.key and str(written.key.value))
    bpm = bpm or round(meters.tempo().bpm, 1)
    seconds = round(song.sound.shape[1] / SAMPLE_RATE, 3)
    return asked.model_copy(update={"bpm": bpm, "key": key or str(meters.key.key), "seconds": seconds})


def find_stems(plan: ProducerDemoPlan, song: Song, studio: Studio) -> Steps[tuple[dict[str, SongStem], bool]]:
    """The stems that the song has, by the strips they will go through, and whether they had to be taken out of it."""
    from ..audio import files
    from ..mixing.stems import name_strips
    from .mix import list_stems
    from .stem_extraction import Extraction, extract_stems, separate_stems
    from .stem_sources import FoundStem, find_stems_of_file, find_stems_of_take

    if plan.stems is not None:
        found: tuple[FoundStem, ...] = tuple(
            FoundStem(Path(name).stem, files.read(name), name, name) for name in list_stems([str(plan.stems)])
        )
    elif song.take is None:
        found = find_stems_of_file(Path(song.name))
    elif song.take.task in ("mix", "extract", "lego"):
        found = yield from find_stems_of_take(song.take, studio)
    else:
        found = ()
    taken_out = not found
    if taken_out and plan.separate == "demucs":
        found = yield from separate_stems(song.sound, song.words, studio)
    elif taken_out:
        yield note("no stems are given: they are extracted")
        asked = Extraction(song.name, song.words, plan.variant, seed=plan.seed, go_on=True)
        found = yield from extract_stems(asked, studio)
    found = found[:MOST_STRIPS]
    names = name_strips([one.name for one in found])
    stems = {name: fit_stem(name, one, song.sound.shape[1]) for name, one in zip(names, found, strict=True)}
    return stems, taken_out


def take_whole(song: Song) -> dict[str, SongStem]:
    """The song as one stem, by the strip it will go through."""
    from ..audio import edits
    from ..mixing.stems import name_strips
    from .automatic import call_take

    [name] = name_strips([call_take(song.take) if song.take else Path(song.name).stem])
    return {name: SongStem(edits.to_stereo(song.sound), song.take.id if song.take else song.name)}


def fit_stem(name: str, found: FoundStem, length: int) -> SongStem:
    """`found` as long as the song, on the strip `name`."""
    import numpy as np

    from ..audio import edits

    sound = edits.to_stereo(found.sound)
    fitted = np.pad(sound[:, :length], ((0, 0), (0, max(0, length - sound.shape[1]))))
    whole = sound.shape[1] <= length and Path(found.source).stem in (name, found.source)
    return SongStem(fitted, found.source if whole else "")
