"""`twin producer demo`: a song's stems, those that the prompt lacks played to them, and a mix that is refined while it improves.

Stems are given, lie beside the song, or are extracted from it. What the prompt plans and nobody plays is played in the song's
tempo and key and as long as it. Each round tries one thing more and stays only where the inspector gives the mix more: the song
whole, where its stems had to be taken out of it; the model's desk; then the worst of the new stems played anew. What a stopped
run played is in the studio, and the same run goes on with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..disk import disk_errors, make_folder, temporary_of, whole_folder, write_json, write_whole
from ..errors import AudioRejected, BadInput
from ..mixing.desk import MOST_STRIPS
from ..mixing.producer.plan import ProductionPlan, plan_production
from ..progress import Steps, note
from ..timebase import SAMPLE_RATE
from .producer import plan_stem
from .producer_checks import Check, check_result
from .producer_song import ProducerDemoPlan, SongStem, find_stems, fit_stem, keep_song, take_whole

if TYPE_CHECKING:
    from ..mixing.producer.model import Producer
    from .mix import Mixed
    from .opened_song import Song
    from .studio import Studio

__all__ = ["Check", "Produced", "ProducerDemoPlan", "ProductionPlan", "Round", "demo", "list_demo_files"]

_MIXED: Final = (".dsp", ".desk.toml", ".report.json")
"""What `mix` writes beside a mix."""
_BEST: Final = 9.9
_SHORTEST, _LONGEST = 4.0, 240.0


@dataclass(frozen=True, slots=True)
class Round:
    """A mix that was tried."""

    tried: str
    score: float
    """The inspector's, of ten."""
    quality: float
    """The producer model's, 0 to 1."""
    kept: bool


@dataclass(frozen=True, slots=True)
class Produced:
    """What the demo made."""

    plan: ProductionPlan
    had: tuple[str, ...]
    """Stems that the song had."""
    made: tuple[str, ...]
    """Stems that were played to it."""
    rounds: tuple[Round, ...]
    checks: tuple[Check, ...]
    take: str
    files: tuple[Path, ...]


@dataclass(slots=True)
class _Work:
    """Stems as they are now."""

    plan: ProductionPlan
    song: Song
    folder: Path
    producer: Producer
    taken_out: bool
    """Whether the stems that the song had were taken out of it."""
    had: dict[str, SongStem]
    made: dict[str, SongStem]
    seeds: dict[str, int]

    @property
    def stems(self) -> dict[str, SongStem]:
        return {**self.had, **self.made}


@dataclass(frozen=True, slots=True)
class _Tried:
    mixed: Mixed
    stems: dict[str, SongStem]
    round: Round


def list_demo_files(out: Path) -> tuple[Path, ...]:
    """The files that `demo` would write, and those that lie where its folder of stems goes."""
    folder = _folder_of(out)
    there = sorted(folder.iterdir()) if folder.is_dir() else ()
    return (out, *(out.with_suffix(kind) for kind in (*_MIXED, ".png", ".plan.json")), *there)


def _folder_of(out: Path) -> Path:
    """Where the stems go."""
    return out.with_suffix(".stems")


def demo(plan: ProducerDemoPlan, studio: Studio, out: Path) -> Steps[Produced]:
    """Produce `plan`: write its stems into `NAME.stems`, Faust, desk, report, picture and plan beside `out`, and the mix to it.

    The mix is written last: where it lies, all is there. Raises `BadInput` for a song that is too short or too long, a folder
    without stems, or an output that is no sound file or would replace what is read; `NotFound`, `AudioRejected`, `Unavailable`
    and `Resources` as `edit` and `mix` do.
    """
    from ..audio import files
    from ..mixing.producer.model import WEIGHTS, load_producer
    from .opened_song import open_song

    _check_demo(plan, studio, out)
    producer = load_producer(plan.weights or WEIGHTS, studio.settings.models)
    asked = plan_production(plan.prompt, producer)
    song = yield from open_song(plan.input, studio)
    seconds = song.sound.shape[1] / SAMPLE_RATE
    if not _SHORTEST <= seconds <= _LONGEST:
        message = f"{song.words} lasts {seconds:.1f} s, and a production takes {_SHORTEST:g} to {_LONGEST:g} s"
        raise BadInput(message, remedy="give a longer part of it, or cut it")
    asked = keep_song(asked, plan, song)
    yield note(f"{asked.bpm:g} bpm, {asked.key}, {seconds:.1f} s: all that is played keeps them")
    had, taken_out = yield from find_stems(plan, song, studio)
    yield note(f"the song has {', '.join(had)}")
    with _work_folder(studio) as folder:
        work = _Work(asked, song, folder, producer, taken_out, had, {}, {})
        yield from _play_missing(plan, work, studio)
        best, rounds = yield from _refine(plan, work, studio)
        sound = folder / f"final{out.suffix}"
        files.write(sound, files.read(_path_of(best)))
        checks = tuple(check_result(files.read(sound), best.mixed, asked, best.round.score))
        data = {"plan": asked.model_dump(mode="json"), "had": list(had), "made": list(work.made)}
        told = data | {"rounds": [asdict(one) for one in rounds], "checks": [asdict(one) for one in checks]}
        written = _write(out, best, sound, told)
    return Produced(asked, tuple(had), tuple(work.made), rounds, checks, best.mixed.take.id, written)


@contextmanager
def _work_folder(studio: Studio) -> Iterator[Path]:
    """A folder for sounds on the way; what a kill leaves of it, the studio clears away as it does all that is unfinished."""
    folder = temporary_of(studio.settings.studio / "cache" / "producer")
    with disk_errors(folder):
        make_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_demo(plan: ProducerDemoPlan, studio: Studio, out: Path) -> None:
    """Raise what is known of a production before anything is read."""
    from ..audio import files
    from ..mixing.engine import check_installed
    from ..quality.separation import check_demucs

    check_installed()
    files.format_of(out)
    files.check_parent(out)
    folder = _folder_of(out)
    if out.absolute() == Path(plan.input).absolute():
        raise BadInput(f"{out} is the song itself", remedy="give the result another name")
    if plan.stems is not None and folder.absolute() == plan.stems.absolute():
        raise BadInput(f"the stems of the result would replace those in {folder}", remedy="give the result another name")
    if folder.exists() and not (folder.is_dir() and all(path.suffix == ".wav" for path in folder.iterdir())):
        raise BadInput(f"{folder} is in the way: it holds more than stems", remedy="give the result another name")
    if plan.separate == "demucs" and plan.stems is None:
        check_demucs(studio.settings)


def _play_missing(plan: ProducerDemoPlan, work: _Work, studio: Studio) -> Steps[None]:
    """Play what is planned and not there, as many as a desk has strips for."""
    from ..mixing.stems import role_of

    roles = {role_of(name) for name in work.had}
    missing = [name for name in work.plan.names if name not in roles][: MOST_STRIPS - len(work.had)]
    if not missing:
        yield note("the song has every stem that is planned")
    for place, name in enumerate(missing):
        yield note(f"playing {name} to it")
        work.seeds[name] = plan.seed + place
        work.made[name] = yield from _play(plan, work, name, studio)


def _play(plan: ProducerDemoPlan, work: _Work, name: str, studio: Studio) -> Steps[SongStem]:
    from ..audio import files
    from .edit import edit
    from .played_before import find_played
    from .sounds import find_sound
    from .stem_sources import FoundStem

    song = work.song.take or str(work.song.path)
    stage = plan_stem(work.plan, name, song, variant=plan.variant, seed=work.seeds[name])
    take = yield from find_played(stage, studio)
    if take is None:
        [done] = yield from edit(stage, studio)
        take = done.take
    sound = files.read((yield from find_sound(take, studio)))
    return fit_stem(name, FoundStem(name, sound, "", take.id), work.song.sound.shape[1])


def _refine(plan: ProducerDemoPlan, work: _Work, studio: Studio) -> Steps[tuple[_Tried, tuple[Round, ...]]]:
    """The best mix, and all that were tried."""
    best = yield from _mix(work, "the rules' desk", studio)
    rounds = [best.round]
    for number in range(plan.rounds):
        if best.round.score >= _BEST:
            yield note("the inspector finds nothing more to refine")
            break
        before = work.had, dict(work.made)
        if number < work.taken_out:
            work.had = take_whole(work.song)
            tried = yield from _mix(work, "the song whole", studio)
        elif number == work.taken_out:
            tried = yield from _mix(work, "the model's desk", studio, by_model=True)
        elif work.made:
            worst = _find_worst(work)
            work.seeds[worst] += 100
            work.made[worst] = yield from _play(plan, work, worst, studio)
            tried = yield from _mix(work, f"{worst} played anew", studio)
        else:
            break
        better = tried.round.score > best.round.score + 0.05
        rounds.append(replace(tried.round, kept=better))
        best = tried if better else best
        if not better:
            work.had, work.made = before
            if number > work.taken_out:
                break
    return best, tuple(rounds)


def _mix(work: _Work, tried: str, studio: Studio, *, by_model: bool = False) -> Steps[_Tried]:
    """Mix the stems as they are, and judge the mix."""
    from ..audio import files
    from ..mixing.desk import write_desk
    from ..quality.report import inspect
    from .mix import MixPlan, mix
    from .producer import assess_quality, generate_faust

    stems = work.stems
    named = [one.source or str(files.write(work.folder / f"{name}.wav", one.sound)) for name, one in stems.items()]
    asked: dict[str, Any] = {"prompt": work.plan.text}
    if by_model:
        desk = write_desk(
            generate_faust({name: one.sound for name, one in stems.items()}, work.plan.text, work.producer).desk,
            work.folder / "model.toml",
        )
        asked = {"desk": str(desk), "auto": False}
    wanted = MixPlan(stems=tuple(named), bpm=work.plan.bpm, caption=work.plan.text, **asked)
    mixed = yield from mix(wanted, studio, out=work.folder / f"{tried.replace(' ', '-')}.wav")
    assert mixed.path is not None
    sound = files.read(mixed.path)
    score = inspect(sound)[0].score
    quality = assess_quality(sound, work.plan.text, work.producer)
    yield note(f"{tried}: the inspector gives {score:.1f} of 10, the model {quality:.2f} of 1")
    return _Tried(mixed, stems, Round(tried, round(score, 2), round(quality, 3), True))


def _find_worst(work: _Work) -> str:
    """The made stem that the inspector gives least."""
    from ..quality.report import inspect

    def judge(name: str) -> float:
        try:
            return inspect(work.made[name].sound, stem=name)[0].score
        except (AudioRejected, BadInput):
            return 0.0

    return min(work.made, key=judge)


def _path_of(tried: _Tried) -> Path:
    assert tried.mixed.path is not None, "every mix is written into the working folder"
    return tried.mixed.path


def _write(out: Path, best: _Tried, sound: Path, told: dict[str, Any]) -> tuple[Path, ...]:
    """Write the stems, what lies beside the mix, and at last the mix, which is the file `sound`."""
    from ..audio import files
    from ..reporting import waveform

    with whole_folder(_folder_of(out), replace=True) as folder:
        names = [files.write(folder / f"{name}.wav", stem.sound).name for name, stem in best.stems.items()]
    made = [_folder_of(out) / name for name in names]
    made += [write_whole(out.with_suffix(kind), path.read_bytes()) for kind, path in zip(_MIXED, best.mixed.beside, strict=True)]
    picture = waveform.draw(files.read(sound), title=str(told["plan"]["text"])[:120])
    made += [write_whole(out.with_suffix(".png"), picture), write_json(out.with_suffix(".plan.json"), told)]
    return (write_whole(out, sound.read_bytes()), *made)
