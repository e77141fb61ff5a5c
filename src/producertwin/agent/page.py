"""The page of an album: listen to what was made, why it was taken, and what was tried instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..house_band.sheet import draw_lead_sheet
from ..house_band.styles import STYLES
from ..reporting.html import SOUNDS_BESIDE, Markup, cell, document, figures, section, table
from ..reporting.outline import outline
from ..reporting.waveform import format_time
from ..wording import duration, make_visible, plural
from .candidates import Candidate
from .delivery import Delivered, tried_path
from .explaining import find_explanation
from .session import Session
from .spending import describe_spending

if TYPE_CHECKING:
    from ..library import Take

_FIGURES: Final = ("inspector", "caption", "chords", "notes")
"""Figures of every candidate."""
_RULES: Final = """\
main { max-width: 62rem; }
.track { border-top: 1px solid var(--grid); margin-top: 2.2rem; padding-top: .4rem; }
.track h3 { font-size: 1.25rem; margin: 1rem 0 .1rem; overflow-wrap: anywhere; }
.faint { color: var(--faint); margin: 0 0 .6rem; overflow-wrap: anywhere; }
.track > svg { width: 100%; height: 4.6rem; }
.track > audio { display: block; width: 100%; margin: .6rem 0; }
td audio { width: 15rem; max-width: 100%; height: 2.2rem; display: block; }
.track dd { font-size: 1.05rem; }
.track dl { gap: .5rem 1.8rem; }
pre { overflow-x: auto; font-size: .85rem; line-height: 1.35; }
details { margin-top: .8rem; }
.told { color: var(--faint); border-left: 2px solid var(--grid); padding-left: .8rem; max-width: 46rem; }
.stopped { border-left: 4px solid var(--body); padding-left: .8rem; }
"""


def album_page(session: Session, tracks: Sequence[Delivered], *, stopped: str = "") -> str:
    """The whole page; `stopped` says why it is not all of the album."""
    album = session.album
    cost = session.ledger.cost
    body: list[str] = [_text(f"{album.kind} by {album.artist}, {album.licence}", "faint")]
    body += [f'<p class="stopped">{cell(make_visible(stopped))}</p>'] if stopped else []
    made = sum(row.kind == "candidate" for row in session.ledger.rows)
    played = sum(one.take.seconds for one in tracks)
    body.append(
        figures(
            [
                ("tracks", f"{len(tracks)} of {len(album.tracks)}" if len(tracks) < len(album.tracks) else str(len(tracks))),
                ("length", format_time(played)),
                ("loudness", f"{album.loudness:g} LUFS"),
                ("takes tried", str(made)),
                ("work", duration(cost.seconds)),
                *([("language model", describe_spending(cost, session.purse.budget.currency))] if cost.tokens else []),
            ]
        )
    )
    body.append(
        Markup(section("Tracks", Markup("".join(_track(session, one) for one in tracks) or "<p>None is finished yet.</p>")))
    )
    body.append(Markup(section("The brief", _brief(session))))
    body.append(Markup(section("Decisions", _decisions(session))))
    return document(make_visible(album.title), "\n".join(body), main="tracks", loads=SOUNDS_BESIDE, rules=_RULES)


def _track(session: Session, one: Delivered) -> str:
    plan = session.track(one.place)
    sheet = plan.sheet
    style = STYLES[plan.style].name if plan.style in STYLES else plan.style
    title = make_visible(plan.title)
    facts = [
        ("length", format_time(one.take.seconds)),
        ("tempo", f"{sheet.bpm:g} bpm" if sheet.bpm else ""),
        ("key", sheet.key or ""),
    ]
    loud, peak = one.take.meters.get("loudness_lufs"), one.take.meters.get("true_peak_db")
    facts += [("loudness", f"{loud:.1f} LUFS")] if loud is not None else []
    facts += [("true peak", f"{peak:.1f} dBTP")] if peak is not None else []
    facts += [("style", style), ("chosen", f"{one.chosen.letter} of {len(one.ranked)}")]
    return (
        f'<article class="track" id="track-{one.place}"><h3>{one.place}. {cell(title)}</h3>\n'
        f"{_text(sheet.caption, 'faint')}\n{_waveform(session, one.take)}\n"
        f'<audio controls preload="none" src="{quote(one.path.name)}" aria-label="{escape(title)}"></audio>\n'
        f"{figures([fact for fact in facts if fact[1]])}\n{_text(_why(one))}\n{_explain(session, one)}"
        f"{_draw_others(session, one)}\n"
        f"<details><summary>chords and form</summary><pre>{escape(draw_lead_sheet(sheet))}</pre></details>\n"
        "</article>\n"
    )


def _why(one: Delivered) -> str:
    """Why a candidate was taken, in sentences."""
    chosen, others = one.chosen, [other for other in one.ranked if other.letter != one.chosen.letter]
    words = [f"{chosen.letter} was taken with {chosen.points:.2f} points: {chosen.why}."]
    words += [f"{chosen.mended}."] if chosen.mended else []
    if others and others[0].points > chosen.points:
        words.append(f"By the rules {others[0].letter} would have been taken, with {others[0].points:.2f}; another was chosen.")
    elif others:
        words.append(f"The next, {others[0].letter}, has {others[0].points:.2f}.")
    else:
        words.append("No other candidate was made.")
    return " ".join(words)


def _explain(session: Session, one: Delivered) -> str:
    """What a language model says of it, named as such; nothing where none does."""
    row = find_explanation(session, one)
    return "" if row is None or not row.told else f"{_text(f'{row.decision}: {row.told}', 'told')}\n"


def _draw_others(session: Session, one: Delivered) -> Markup:
    """All candidates as a table, those that were not taken with a player."""
    likeness = any("likeness" in each.scores for each in one.ranked)
    rows = [
        (each.letter, f"{each.points:.2f}", *(_figure(each, name) for name in _FIGURES),
         *([_figure(each, "likeness")] if likeness else []),
         ", ".join(kind.replace("_", " ") for kind in each.defects) or "none", _player(session, one, each))
        for each in one.ranked
    ]  # fmt: skip
    head = (
        "candidate",
        "points",
        "inspector",
        "caption",
        "chords",
        "notes",
        *(["likeness"] if likeness else []),
        "defects",
        "listen",
    )
    return table(f"What was tried for track {one.place}", head, rows)


def _figure(one: Candidate, name: str) -> str:
    return f"{one.scores[name]:.2f}" if name in one.scores else ""


def _player(session: Session, one: Delivered, each: Candidate) -> Markup:
    if each.letter == one.chosen.letter:
        return Markup("taken")
    path = tried_path(session.folder, one.place, each)
    address = quote(path.relative_to(session.folder).as_posix())
    return Markup(
        f'<audio controls preload="none" src="{address}" aria-label="candidate {each.letter} of track {one.place}"></audio>'
    )


def _waveform(session: Session, take: Take) -> str:
    from ..audio import files
    from ..dataset.waveform_preview import HALF, waveform_preview

    drawn = waveform_preview([files.read(session.studio.library.takes.content(take))])
    return outline(drawn.peaks, drawn.powers, HALF)


def _brief(session: Session) -> Markup:
    album = session.album
    parts: list[str] = [_text(album.brief)] if album.brief else []
    rows = [(one.words, one.meaning) for one in album.understood]
    parts.append(table("What was understood", ("words", "meaning"), [tuple(map(make_visible, row)) for row in rows]))
    songs = [(one.name, Markup("<br>".join(cell(make_visible(line)) for line in one.summary))) for one in album.references]
    parts += [table("What was read of the references", ("song", "read of it"), songs)] if songs else []
    parts += [
        _list("Not understood", album.unknown),
        _list("Cannot be done", album.cannot),
        _list("Decided by the rules", album.notes),
    ]
    return Markup("".join(parts))


def _list(title: str, lines: Iterable[str]) -> str:
    shown = "".join(f"<li>{cell(make_visible(one))}</li>" for one in lines)
    return f"<h3>{title}</h3><ul>{shown}</ul>" if shown else ""


def _decisions(session: Session) -> Markup:
    rows = [
        (f"{row.step + 1}. {row.kind}", make_visible(row.decision), make_visible("; ".join(row.evidence)),
         duration(row.cost.seconds) if row.cost.seconds else "")
        for row in session.ledger.rows
    ]  # fmt: skip
    inner = table(
        "Every decision in order; evidence and alternatives stand in decisions.jsonl",
        ("step", "decision", "evidence", "time"),
        rows,
    )
    return Markup(f"<details><summary>{plural(len(rows), 'decision')}</summary>{inner}</details>")


def _text(words: str, kind: str = "") -> Markup:
    return Markup(f'<p class="{kind}">{cell(make_visible(words))}</p>' if kind else f"<p>{cell(make_visible(words))}</p>")
