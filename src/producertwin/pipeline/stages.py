"""What can be asked of the instrument: one frozen record per kind of stage.

Command-line options, HTTP bodies and TOML tables are all made from these records. What they share stands in `shared`: `Prompt`
(what should sound) and `Play` (who plays it, how). A value that cannot be used is refused by name, with what to write instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from ..errors import BadInput
from ..model.sampling.code_text import parse_codes
from ..model.sampling.options import EDGE, RepaintMode, SamplingOptions
from ..recipe import GrowingRecord, within
from ..timebase import CODE_RATE, MAX_SECONDS
from ..wording import write_number
from .fields import GUIDED_STEMS, CodesText, GuideStrength, References, Seconds, Share, Stem, Text
from .goals import OF_GUIDE, GoalsText, read_goals
from .regions import Region, Regions, Unit, check_regions
from .shared import MOST_TAKES, Adapter, OneSource, Play, Prompt, SourceRef
from .song import Song

__all__ = [
    "EDITS",
    "GUIDED_STEMS",
    "MOST_TAKES",
    "Adapter",
    "Complete",
    "Cover",
    "Edit",
    "Extract",
    "Generate",
    "Lego",
    "Morph",
    "Play",
    "Prompt",
    "Refine",
    "Repaint",
    "SourceRef",
    "Stage",
]


class Generate(GrowingRecord):
    """Make music from words."""

    LATER: ClassVar[frozenset[str]] = frozenset({"codes", "song", "hold", "tries", "sampling", "guide_sings"})
    kind: Literal["generate"] = "generate"
    """The kind of stage."""
    prompt: Prompt
    """What should sound."""
    seconds: Seconds = 30.0
    """Length of each take in seconds, 1 to 600."""
    guide: Literal["none", "band", "auto"] = "auto"
    """Perform a sketch by the house band in the asked tempo, key and meter; auto: on nano where the caption is clear of style."""
    guide_strength: GuideStrength = 0.2
    """How closely takes follow the guide, 0 (not at all) to 0.99 (the sketch itself); denoising starts at t = 1 - strength."""
    guide_sings: bool | None = None
    """Whether the guide sings the lyrics; by default on instruments that sing syllables and no words."""
    reference: References = ()
    """A sound file whose timbre to take; may be repeated, each is heard for itself."""
    codes: CodesText = ""
    """Audio codes to play, five a second, and the take lasts as long; on the command line a file of them: <|audio_code_7|>."""
    song: Song = Song()
    """The song as it is written, bar by bar."""
    hold: GoalsText = ""
    """What a take is to keep, else it is played again: "chords>=.8, thirds>=.7, melody>=.4, form>=.5, tempo, key"."""
    tries: Annotated[int, *within("tries", 1, 20)] = 4
    """How often a take that is to hold something is played at most: with other seeds, then closer to its guide."""
    raw: bool = False
    """Leave end and level as they were played; else a take that stops in mid-phrase fades out, and a quiet one is turned up."""
    play: Play = Play()
    """Who plays, and how."""
    sampling: SamplingOptions = SamplingOptions()
    """How takes are sampled, beside steps, guidance and shift."""

    @property
    def sources(self) -> tuple[SourceRef, ...]:
        """What it works on: nothing."""
        return ()

    def pin(self, _: Sequence[SourceRef]) -> Self:
        """The same stage: there are no sources to name in full."""
        return self

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.prompt.caption:
            raise BadInput("the caption is empty", remedy='say what to play, such as "lofi, rainy, rhodes"')
        if self.codes and self.guide == "band":
            raise BadInput("audio codes and the band's guide both say what is played", remedy="leave one of them out")
        if self.song.is_written and self.codes:
            raise BadInput("audio codes and a written song both say what is played", remedy="leave one of them out")
        if self.song.is_written and (self.guide == "none" or self.guide_strength == 0):
            why = "chords and form are played by the band's guide, which is left out"
            raise BadInput(why, remedy="leave --guide and --guide-strength out, or chords and form")
        wanted = [goal.name for goal in read_goals(self.hold) if goal.name in OF_GUIDE]
        if wanted and (self.guide == "none" or self.guide_strength == 0 or self.codes):
            why = f"{' and '.join(wanted)} cannot be held without the band's guide"
            raise BadInput(why, remedy="leave --guide and --guide-strength out, or hold tempo and key alone")
        return self

    @model_validator(mode="before")
    @classmethod
    def _as_long_as_codes(cls, data: Any) -> Any:
        """Without a length of its own, the take has that of its codes."""
        if isinstance(data, dict) and isinstance(data.get("codes"), str) and data["codes"] and "seconds" not in data:
            return data | {"seconds": len(parse_codes(data["codes"])) / CODE_RATE}
        return data


class Refine(OneSource):
    """Play a take again, closer or further from how it was."""

    kind: Literal["refine"] = "refine"
    """The kind of stage."""
    denoise: Annotated[float, *within("denoise", 0.01, 1)] = 0.5
    """How much is played anew, 0.01 (the source as it was) to 1 (nothing of it is kept)."""


class Cover(OneSource):
    """Play the source's music in another style."""

    LATER: ClassVar[frozenset[str]] = frozenset({"noise_strength", "follow", "codes", "sampling"})
    kind: Literal["cover"] = "cover"
    """The kind of stage."""
    strength: Share = 1.0
    """Share of the steps that follow the source's melody and form."""
    noise_strength: Share = 0.0
    """How much of the source itself the cover begins from: 0 is noise alone, 1 nearly the source; it begins at t = 1 - this."""
    follow: Literal["codes", "latents"] = "codes"
    """What is followed: the source's codes, its melody and rhythm without its sound, or its latents as they are (cover-nofsq)."""
    codes: CodesText = ""
    """Audio codes to follow instead of the source's own, as many as those; on the command line a file: <|audio_code_7|>."""

    @model_validator(mode="after")
    def _follows_one_thing(self) -> Self:
        if self.codes and self.follow != "codes":
            raise BadInput(f"a cover that follows {self.follow} takes no audio codes", remedy="leave one of the two out")
        return self


class Repaint(OneSource):
    """Play regions anew and keep the rest. A region that reaches before the start or past the end makes the source longer."""

    LATER: ClassVar[frozenset[str]] = frozenset({"regions", "unit", "mode", "strength", "match", "edge", "reference", "sampling"})
    kind: Literal["repaint"] = "repaint"
    """The kind of stage."""
    start: Annotated[float, *within("start", -MAX_SECONDS, MAX_SECONDS)] | None = None
    """Where the region begins, in seconds; below 0 there is music before the source."""
    end: Annotated[float, *within("end", 0, MAX_SECONDS)] | None = None
    """Where the region ends; with the source when absent."""
    regions: Regions = ()
    """A region, written START-END, or START- to the end; instead of start and end, and may be repeated."""
    unit: Unit = "seconds"
    """What regions are counted in: seconds, or bars from 1; 5-9 is from the beginning of bar 5 to that of bar 9."""
    mode: RepaintMode = "exact"
    """How the rest is kept: exact to the sample, or as ACE-Step does: conservative, balanced, or aggressive (not at all)."""
    strength: Share | None = None
    """Of balanced: 0 keeps as conservative does, 1 keeps nothing; 0.5 when absent."""
    match: bool = True
    """Bring level and spectrum of the new part to the sound beside it; where the rest is kept exactly."""
    edge: Annotated[float, *within("edge", 0.005, 10, "s")] = EDGE
    """Seconds over which the new part comes in and goes, inside the region; where the rest is kept exactly."""

    @property
    def all_regions(self) -> tuple[Region, ...]:
        """Its regions, however they were given."""
        return self.regions or (Region(start=0.0 if self.start is None else self.start, end=self.end),)

    @model_validator(mode="after")
    def _has_regions(self) -> Self:
        given = self.start is not None, self.end is not None
        if self.regions and any(given):
            raise BadInput("regions, and a start or an end, both say what is played anew", remedy="leave one of the two out")
        if not self.regions and not given[0]:
            why = "the region has an end and no start" if given[1] else "no region is named"
            raise BadInput(why, remedy="say where it begins and ends: --start 4 --end 8, or --region 4-8")
        check_regions(self.all_regions, self.unit)
        if self.mode != "exact" and self.edge != EDGE:
            raise BadInput(f"a repaint that is {self.mode} has edges of its own", remedy="leave edge out, or be exact")
        if self.strength is not None and self.mode != "balanced":
            raise BadInput(f"a repaint that is {self.mode} knows no strength", remedy="leave it out, or choose the mode balanced")
        return self


class Morph(OneSource):
    """Make the source what the caption says, and change nothing else (flow-edit)."""

    kind: Literal["morph"] = "morph"
    """The kind of stage."""
    source_caption: Text = ""
    """What the source is; the caption of the source take when absent."""
    source_lyrics: Text = ""
    """What is sung in the source; the lyrics of the source take when absent."""
    follow: Literal["words", "codes", "latents"] = "words"
    """What both descriptions are played over: silence, the source's codes, or its latents."""
    begin: Share = 0.0
    """Share of the steps that are left out; the more, the nearer it stays to the source."""
    until: Share = 1.0
    """Share of the steps after which the caption alone counts."""
    draws: Annotated[int, *within("draws", 1, 16)] = 1
    """Noises over which each step is averaged: slower and steadier."""

    @model_validator(mode="after")
    def _has_steps(self) -> Self:
        if self.until <= self.begin:
            message = f"a change from {write_number(self.begin)} until {write_number(self.until)} of the steps has none"
            raise BadInput(message, remedy="let it begin before it ends")
        return self


class Extract(OneSource):
    """Take one stem out of the mix."""

    LATER: ClassVar[frozenset[str]] = OneSource.LATER | {"anyway"}
    kind: Literal["extract"] = "extract"
    """The kind of stage."""
    stem: Stem
    """The stem: drums, bass, keyboard, guitar, synth, strings, woodwinds, brass, percussion, fx, vocals or backing_vocals."""
    anyway: bool = False
    """Extract even what is not heard in the source, and keep a stem that is next to nothing."""


class Lego(OneSource):
    """Play one more stem to the source. The result is that stem alone."""

    LATER: ClassVar[frozenset[str]] = OneSource.LATER | {"regions", "unit", "guide", "guide_strength"}
    kind: Literal["lego"] = "lego"
    """The kind of stage."""
    stem: Stem
    """The stem: drums, bass, keyboard, guitar, synth, strings, woodwinds, brass, percussion, fx, vocals or backing_vocals."""
    regions: Regions = ()
    """Where it is to play, written START-END, or START- to the end; may be repeated, and is everywhere when absent."""
    unit: Unit = "seconds"
    """What regions are counted in: seconds, or bars from 1; 5-9 is from the beginning of bar 5 to that of bar 9."""
    guide: Literal["none", "band"] = "none"
    """Perform a sketch of drums or percussion that the house band plays to the source's bars; nano keeps no beat without one."""
    guide_strength: GuideStrength = 0.2
    """How closely the stem follows the sketch, 0 (not at all) to 0.99 (the sketch itself)."""

    @model_validator(mode="after")
    def _can_play(self) -> Self:
        if self.guide == "band" and self.stem not in GUIDED_STEMS:
            message = f"the band does not know the chords of the source, so it sketches no {self.stem}"
            raise BadInput(message, remedy=f"leave the guide out, or play {' or '.join(GUIDED_STEMS)}")
        check_regions(self.regions, self.unit)
        if self.regions and min(region.start for region in self.regions) < (0 if self.unit == "seconds" else 1):
            raise BadInput("a stem begins with its source at the earliest", remedy="let the regions begin inside the source")
        return self


class Complete(OneSource):
    """Arrange the source: play the missing stems together with it."""

    kind: Literal["complete"] = "complete"
    """The kind of stage."""
    stems: tuple[Stem, ...] = ()
    """A stem to add; may be repeated. Without any, the instrument chooses."""


Edit = Refine | Cover | Repaint | Morph | Extract | Lego | Complete
"""Stages that work on a source."""
Stage = Annotated[Generate | Edit, Field(discriminator="kind")]
"""Any stage; `kind` says which. `behaviours.BEHAVIOURS` says what the executor does for each."""
EDITS: dict[str, type[Edit]] = {record.model_fields["kind"].default: record for record in get_args(Edit)}
"""The records of the stages that work on a source, by kind."""
