"""The page of a qualification: the grade, what was looked at, and the sweep of the guide's strength."""

from __future__ import annotations

from ...reporting.html import document, figures, section, table
from .judging import Point, Qualification

_NAMES = {
    "guide_strength": "guide strength",
    "song_strength": "guide strength of a written song",
    "most_strength": "strongest start that plays",
    "most_cover_noise": "most noise strength of covers that plays",
}


def build_page(found: Qualification) -> str:
    """The page."""
    facts = [("grade", found.grade), ("variant", found.variant), ("weights", found.revision), ("device", found.device)]
    used = [(name, "as before" if value is None else f"{value:g}") for name, value in settings_rows(found)]
    verdicts = [(one.what, one.verdict, one.told) for one in found.judged]
    judged = table("What was looked at", ("what", "verdict", "figures"), verdicts)
    head = ("strength", "level, dB against no guide", "tempo kept", "key kept", "chords of the guide's", "harmony shared with it")
    sweep = table("By the guide's strength", head, [point_row(one) for one in found.points])
    body = [str(figures(facts)), section("What is used from now on", figures(used))]
    body += [section("Verdicts", judged), section("Sweep", sweep)]
    return document(f"{found.variant}: {found.grade}", "\n".join(body), main="verdicts")


def settings_rows(found: Qualification) -> list[tuple[str, float | None]]:
    """The settings by what they are called."""
    return [(_NAMES[name], value) for name, value in found.settings.model_dump().items()]


def point_row(point: Point) -> tuple[str, ...]:
    """A line of the sweep."""
    shares = (point.tempo, point.key, point.chords)
    name = "no guide" if point.strength == 0 else f"{point.strength:g}"
    return name, f"{point.level_db:+.1f}", *(f"{share:.0%}" for share in shares), f"{point.copy_of_guide:.2f}"
