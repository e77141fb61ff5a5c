"""`twin mix`: stems through a desk to a mix, with its Faust, its desk and a report beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..disk import write_json, write_whole
from ..errors import AudioRejected, BadInput, NotFound
from ..mixing.automix.undo import list_left_out
from ..mixing.desk import MOST_STRIPS, Desk, find_desk, write_toml
from ..mixing.report import MixReport, read_mix
from ..mixing.stems import fit_desk, name_strips
from ..progress import Steps, note, warning
from ..wording import plural_are
from .automatic import call_source, correct, set_automatically
from .desk import DESKS
from .mix_plan import MixPlan

if TYPE_CHECKING:
    from ..library import Library, Take, TakeDraft
    from ..mixing.automix.plan import AutoMix
    from ..pipeline.sound_stages import Mix
    from ..pipeline.sources import EditSource
    from .studio import Studio

__all__ = ["MixPlan", "Mixed", "list_mix_files", "mix", "plan_desk"]

_SUMS: Final = frozenset({"mix", "mixdown", "master", "full", "song"})
"""Files of a folder of stems that are no stem."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mix that was made."""

    take: Take
    path: Path | None
    """Its copy; None where it is in the library only."""
    beside: tuple[Path, ...]
    """Faust, desk and report beside the copy."""
    desk: Desk | None
    """The desk; None where a person's own Faust mixed."""
    report: MixReport
    unread: tuple[str, ...] = ()
    """Words of the prompt that nothing was made of."""


def list_mix_files(out: Path | None, *, picture: bool = False) -> tuple[Path, ...]:
    """The files that `mix` would write."""
    from ..pipeline.delivery import Delivery

    delivery = Delivery(out, picture)
    return (*delivery.files(1), *(path for copy in delivery.paths(1) for path in _beside(copy)))


def mix(
    plan: MixPlan,
    studio: Studio,
    *,
    out: Path | None = None,
    picture: bool = False,
    metadata: bool = True,
    own_faust: Path | None = None,
) -> Steps[Mixed]:
    """Mix the stems of `plan`, keep the take, and copy it to `out` with its Faust, desk and report.

    A person's `own_faust` mixes in place of a desk. Silent stems are left out and said. Raises `BadInput` for none or too many
    stems, for a desk that cannot be and for Faust that reaches beyond sound, `NotFound`, `AudioRejected` for a stem that is no
    sound (NaN included), `Unavailable` without an engine, `Resources`.
    """
    from ..mixing.engine import check_installed
    from ..pipeline.delivery import Delivery, check_room
    from .sounds import decode_sources

    own = None if own_faust is None else read_own_faust(own_faust, plan)
    check_installed()
    names = list_stems(plan.stems)
    delivery = Delivery(out, picture, metadata=metadata)
    delivery.check(1, sources=[Path(name) for name in names])
    found = yield from _find(names, studio.existing_library)
    sources = yield from decode_sources(found, studio)
    check_room([studio.settings.studio], max(source.seconds for source in sources))
    if own is None:
        made = yield from _mix_by_desk(plan, sources, studio, picture=picture)
    else:
        made = yield from _mix_by_own_faust(own, plan, sources, picture=picture)
    take = studio.library.takes.add(made.draft)
    path = delivery.deliver(take, 0, 1, studio.library)
    beside = () if path is None else _write_beside(path, made)
    return Mixed(take, path, beside, made.desk, made.report, made.unread)


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """A mix that is not kept yet."""

    draft: TakeDraft
    faust: str
    desk: Desk | None
    report: MixReport
    unread: tuple[str, ...] = ()


def _mix_by_desk(plan: MixPlan, sources: Sequence[EditSource], studio: Studio, *, picture: bool) -> Steps[_Made]:
    from ..pipeline.mix import DESK_REVISION, draft_of, play_desk

    stage, auto = yield from _plan_stage(plan, sources, studio)
    rendering = yield from play_desk(stage, [source.audio for source in sources])
    if better := correct(auto, rendering.strips):
        stage = stage.model_copy(update={"desk": _take_faders(stage, better.desk)})
        rendering = yield from play_desk(stage, [source.audio for source in sources])
    strips = tuple(rendering.desk.strips)
    report = read_mix(
        rendering.audio, strips, rendering.strips, [source.audio for source in sources], limiting=rendering.limiting
    ).model_copy(update={"left_out": list_left_out(rendering.desk)})
    draft = draft_of(stage, sources, rendering.audio, revision=DESK_REVISION, picture=picture)
    return _Made(draft, rendering.program.source, rendering.desk, report, auto.unread if auto else ())


def _take_faders(stage: Mix, desk: Desk) -> Desk:
    """The desk of a stage, tempo and loudness as they were asked for, with the faders and sentences of another."""
    assert stage.desk is not None
    return stage.desk.model_copy(update={"strips": desk.strips, "moves": desk.moves})


def _mix_by_own_faust(faust: str, plan: MixPlan, sources: Sequence[EditSource], *, picture: bool) -> Steps[_Made]:
    from ..mixing.desk import Master
    from ..pipeline.own_mix import OwnMix, hash_source, own_draft, play_own, read_own_mix

    names = [call_source(source) for source in sources]
    yield note(f"the Faust hears, left and right of each: {', '.join(names)}")
    prompt = {"caption": _caption(plan, sources) or f"mix of {', '.join(name_strips(names))}"}
    inputs = [{"source": source.name} for source in sources]
    asked = {"inputs": inputs, "prompt": prompt, "faust": faust, "faust_hash": hash_source(faust)}
    stage = OwnMix.model_validate(asked | {"master": Master(loudness=plan.target).model_dump()})
    made = yield from play_own(stage, sources)
    return _Made(own_draft(stage, sources, made, picture=picture), faust, None, read_own_mix(made, sources))


def read_own_faust(path: Path, plan: MixPlan) -> str:
    """The text of a person's own Faust. Raises `NotFound`, and `BadInput` where a desk or automatic mixing is asked for too."""
    from ..mixing.own_faust import LONGEST_SOURCE, check_source

    if plan.desk or plan.auto or plan.prompt.strip() or plan.like or plan.without:
        raise BadInput("own Faust, and a desk or automatic mixing, are both asked for", remedy="leave one of the two out")
    if not path.is_file():
        raise NotFound(f"no file {path}", remedy="name a .dsp file")
    if path.stat().st_size > 4 * LONGEST_SOURCE:
        raise BadInput(f"{path} is too large for a program", remedy=f"give it {LONGEST_SOURCE} characters at most")
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text", remedy="save it as UTF-8") from None
    check_source(source)
    return source


def plan_desk(plan: MixPlan, studio: Studio) -> Steps[tuple[Desk, tuple[str, ...]]]:
    """The desk that `mix` would begin with, and the words of the prompt that nothing was made of; no engine is needed.

    Raises as `mix` does.
    """
    from .sounds import decode_sources

    found = yield from _find(list_stems(plan.stems), studio.existing_library)
    sources = yield from decode_sources(found, studio)
    stage, auto = yield from _plan_stage(plan, sources, studio)
    assert stage.desk is not None
    return stage.desk, auto.unread if auto else ()


def list_stems(given: Sequence[str]) -> tuple[str, ...]:
    """The stems that `given` names: a folder stands for the sounds in it, but for what is called like a mix.

    Raises `BadInput` for a folder without sounds and for more stems than a desk has strips.
    """
    names = [name for one in given for name in (_of_folder(Path(one)) if Path(one).is_dir() else [one])]
    if len(names) > MOST_STRIPS:
        message = f"{plural_are(len(names), 'stem')} given, and a desk has at most {MOST_STRIPS} strips"
        raise BadInput(message, remedy="sum some of them first: a pipeline's mix stage takes 32")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"{', '.join(twice)} is given twice", remedy="name each stem once")
    return tuple(names)


def _of_folder(folder: Path) -> list[str]:
    """The sounds of a folder by name."""
    from ..library.export import SUFFIXES

    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES)
    stems = [str(path) for path in files if path.stem.lower() not in _SUMS]
    if not stems:
        raise BadInput(f"{folder} holds no stems", remedy=f"put {', '.join(sorted(SUFFIXES))} files into it, or name them")
    return stems


def _find(names: Sequence[str], library: Library | None) -> Steps[tuple[EditSource, ...]]:
    """The stems, without those that are silent."""
    from ..pipeline.sources import find_source
    from ..pipeline.stages import SourceRef

    found = []
    for name in names:
        try:
            found.append(find_source(SourceRef(name), library))
        except AudioRejected as error:
            if error.reason != "silent":
                raise
            yield warning(f"{name} is silent and was left out")
    if not found:
        raise BadInput("every stem is silent", remedy="give stems with sound in them")
    yield from _tell(found)
    return tuple(found)


def _tell(sources: Sequence[EditSource]) -> Iterator[Any]:
    """What is done to stems that are not as the desk wants them."""
    from ..audio import files

    for source in sources:
        if source.take is None:
            info = files.info(source.name)
            changed = [f"resampled from {info.rate} Hz"] if info.rate != 48_000 else []
            changed += ["mono, put in the middle"] if info.channels == 1 else []
            changed += [f"folded from {info.channels} channels"] if info.channels > 2 else []
            if changed:
                yield note(f"{Path(source.name).name}: {', '.join(changed)}")
    lengths = [source.seconds for source in sources]
    if max(lengths) - min(lengths) > 0.001:
        yield note(f"stems last {min(lengths):.2f} to {max(lengths):.2f} s: the shorter ones are followed by silence")


def _plan_stage(plan: MixPlan, sources: Sequence[EditSource], studio: Studio) -> Steps[tuple[Mix, AutoMix | None]]:
    """The stage: desk, loudness and tempo settled for these sources, and the automatic mix that set it."""
    from ..pipeline.sound_stages import Mix

    names = [call_source(source) for source in sources]
    automatic = plan.is_automatic
    strips = name_strips(names)
    desk = (
        find_desk(plan.desk, studio.settings.studio / DESKS) if plan.desk else Desk(title="Automatic" if automatic else "Plain")
    )
    fitted, notes = fit_desk(desk, names, strips)
    yield from (note(text) for text in notes)
    auto = None
    if automatic:
        auto = yield from set_automatically(plan, fitted, sources, studio)
        fitted = auto.desk
    bpm = plan.bpm or next((p.bpm for s in sources if (p := s.prompt) and p.bpm), None) or fitted.bpm
    told = fitted.model_dump() | {"bpm": bpm}
    if plan.target is not None:
        told["master"]["loudness"] = plan.target
    inputs = [{"source": source.name} for source in sources]
    prompt = {"caption": _caption(plan, sources) or f"mix of {', '.join(strips)}"}
    return Mix.model_validate({"inputs": inputs, "desk": told, "prompt": prompt}), auto


def _caption(plan: MixPlan, sources: Sequence[EditSource]) -> str:
    return plan.caption or next((p.caption for s in sources if (p := s.prompt) and p.caption), "")


def _beside(copy: Path) -> tuple[Path, Path, Path]:
    return copy.with_suffix(".dsp"), copy.with_suffix(".desk.toml"), copy.with_suffix(".report.json")


def _write_beside(copy: Path, made: _Made) -> tuple[Path, ...]:
    program, table, told = _beside(copy)
    tables = () if made.desk is None else (write_whole(table, write_toml(made.desk).encode()),)
    return (write_whole(program, made.faust.encode()), *tables, write_json(told, made.report.model_dump(mode="json")))
