"""A language model says why a track was taken; figures that no row has, and whatever is no plain word, are left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from llm_kit import HOSTILE, KEY, KINDS, Answer, Server, fails, says, served
from producertwin.agent import story
from producertwin.agent.album import AlbumPlan
from producertwin.agent.budget import Budget
from producertwin.agent.candidates import Candidate, candidate_key
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Decision
from producertwin.agent.delivery import Delivered
from producertwin.agent.explaining import Explanation, explain_track, find_explanation, gather, read_paragraph, write_question
from producertwin.agent.page import _explain
from producertwin.agent.produce import produce
from producertwin.agent.rules import plan_album
from producertwin.agent.session import Session, open_session
from producertwin.agent.terms import Terms, read_terms
from producertwin.library import Take, sums
from producertwin.llm import Kind
from producertwin.model.instrument import Card, Instrument
from producertwin.progress import finish
from producertwin.verbs.studio import Studio

GOOD = "B was taken because it has 12.34 points. A reaches only 10.50, and its clipping cost it 1.50; B shows shimmer alone."
FIGURES = {
    "A": ({"points": 10.5, "inspector": 7.0, "watched": 1.5, "chords": 0.9}, ("clipping", "shimmer")),
    "B": ({"points": 12.341, "inspector": 8.13, "watched": 0.0, "chords": 0.98}, ("shimmer",)),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with served() as state:
        for name, value in (("OPENAI", f"{state.url}/v1"), ("GEMINI", state.url)):
            monkeypatch.setenv(f"TWIN_{name}_URL", value)
            monkeypatch.setenv(f"TWIN_{name}_MODEL", "some-model")
            monkeypatch.setenv(f"{name}_API_KEY", KEY)
        yield state


@pytest.fixture
def online(studio: Studio, tiny: Instrument) -> Studio:
    return Studio(studio.settings.model_copy(update={"offline": False}), studio.library, {"tiny": tiny})


@pytest.fixture
def album(card: Card) -> AlbumPlan:
    return plan_album(Commission(brief="lofi single, 8 seconds", candidates=2), card)


def begin(session: Session) -> Delivered:
    """Rows of two candidates, of which B was taken, as if they had been played."""
    found = []
    for (letter, (scores, defects)), seed in zip(FIGURES.items(), session.track(1).seeds, strict=True):
        take, key = SimpleNamespace(id=f"take{letter}"), candidate_key(session.track(1), seed)
        if session.ledger.find(key) is None:
            session.decide("candidate", f"candidate {letter}", track=1, key=key, takes=(take.id,), scores=scores, defects=defects)
        found.append(Candidate(letter, cast("Take", take), scores, defects))
    return Delivered(1, Path("01 x.flac"), found[1].take, found[1], (found[1], found[0]), "AI", "CC0-1.0")


def answer(paragraph: str = GOOD, taken: str = "B", kind: Kind = "openai") -> Answer:
    return says(kind, json.dumps({"taken": taken, "paragraph": paragraph}))


def explain(album: AlbumPlan, folder: Path, studio: Studio, **terms: Any) -> tuple[Decision | None, list[Decision], str]:
    """Explain the track: the row that is found, all rows of the kind, and what the page says."""
    with open_session(album, folder, studio, **terms) as session:
        one = begin(session)
        finish(explain_track(session, one))
        rows = [row for row in session.ledger.rows if row.kind == "explain"]
        return find_explanation(session, one), rows, _explain(session, one)


@pytest.mark.parametrize("kind", KINDS)
def test_a_track_is_explained_once(server: Server, album: AlbumPlan, online: Studio, tmp_path: Path, kind: Kind) -> None:
    server.script = [answer(kind=kind)]
    row, rows, page = explain(album, tmp_path / "a", online, llm=kind)
    assert row is not None and row.told == GOOD and rows == [row] and row.takes == ("takeB",)
    assert row.decision == f"why B, in the words of {kind}:some-model" and GOOD in page and 'class="told"' in page
    assert read_terms(tmp_path / "a") == Terms(llm=kind)
    assert explain(album, tmp_path / "a", online)[:2] == (row, [row]) and len(server.seen) == 1
    seen = json.dumps(server.seen[0].body)
    assert "12.34" in seen and album.title not in seen and "takeB" not in seen and str(tmp_path) not in seen
    nobody, _, page = explain(album, tmp_path / "a", online, llm="none")
    assert nobody is None and not page and len(server.seen) == 1 and read_terms(tmp_path / "a") == Terms()


def test_without_a_model_nobody_is_asked(server: Server, album: AlbumPlan, online: Studio, tmp_path: Path) -> None:
    assert explain(album, tmp_path / "a", online) == (None, [], "") and not server.seen


@pytest.fixture
def evidence(album: AlbumPlan, studio: Studio, tmp_path: Path) -> dict[str, Any]:
    with open_session(album, tmp_path / "e", studio) as session:
        return gather(session, begin(session))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "Of the two candidates B has 98% of the chords and 8.1 of 10 from the inspector, which decided it.",
        "A clean take with 12.34 points is what counts here. B has it.",
        "I would say that B is better than A: 8.1 against 7.0 of 10 from the inspector.",
        "B wins, since nothing was wrong with it but shimmer.\nThe other one clips.",
    ],
)
def test_plain_words_with_figures_of_the_rows_are_taken(evidence: dict[str, Any], text: str) -> None:
    assert read_paragraph(Explanation(taken="B", paragraph=text), evidence) == (text.replace("\n", " "), "")


@pytest.mark.parametrize(
    "text",
    [
        "B was taken because it has 99.90 points, far more than the other one.",
        "B was taken because it has 10.50 points, far more than the other one.",
        "B was taken: it beats the other one by 1.84 points, which is much.",
        "B was taken because it has forty points, far more than the other one.",
        "B was taken because it is twice as good as the other one, by far.",
        "B was taken because seven listeners liked it more than the other.",
        "B was taken because it has -12.34,5 points, more than the other.",
        "B was taken because it has ١٢ points, far more than the other one.",
        "B was taken because it has ½ of the points of the other one, so.",
        "B was taken because it has Ⅷ points, far more than the other one.",
        "B was taken because it has 八 points, far more than the other one.",
        "C was taken because it is by far better than A and better than B.",
        "Candidate Z of the track was taken, which is better than the other.",
        "B was taken at 12.34.com, where more of it is told to those who ask.",
        "B was taken at 8.1.98.12 since nothing else was better than that.",
        "short", "x" * 701, "B " * 2_000,
        "B was taken. <b>It is better</b> than the other one, in all there is.",
        "B was taken. [It is better](evil) than the other one, in all ways.",
        "B was taken. **It is better** than the other one, in all there is.",
        "B was taken. It is better than the other one, see /etc/passwd for it.",
        "B was taken. It is better\tthan the other one, in all that there is.",
        "B was taken. It is better\x1b[2J than the other one, in all there is.",
        "B was taken. It is better \u202ethan the other one, in all there is.",
        "B was taken. It is better than the other one\u2028 in all that there is.",
        "В was taken. It is better than the other one, in all that there is.",
        *(f"B was taken, and {text} is why it is better than the other one." for text in HOSTILE if text and "\n" not in text),
    ],
)  # fmt: skip
def test_anything_else_is_left_out_whole(evidence: dict[str, Any], text: str) -> None:
    told, why = read_paragraph(Explanation(taken="B", paragraph=text[:4_000]), evidence)
    assert not told and why and text[:40] not in why


def test_words_about_another_candidate_are_left_out(evidence: dict[str, Any]) -> None:
    for taken in ("A", "", "b", "B; rm"):
        assert read_paragraph(Explanation(taken=taken, paragraph=GOOD), evidence)[0] == ""
    question = write_question(evidence)
    assert question.splitlines()[-1].startswith('Data: {"track": 1') and json.loads(question.splitlines()[-1][6:]) == evidence


@pytest.mark.parametrize(
    "script",
    [
        answer("B has 77 points, and nobody knows where they come from."),
        answer(GOOD, "A"),
        says("openai", "B is better!"),
        says("openai", ""),
        says("openai", None, refusal="no"),
        says("openai", "{", ending="length"),
        says("openai", json.dumps({"taken": "B", "paragraph": GOOD, "run": "rm"})),
        says("openai", json.dumps({"taken": ["B"], "paragraph": GOOD})),
        says("openai", json.dumps({"taken": "B", "paragraph": "x" * 10_000})),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_and_not_asked_for_again(
    server: Server, album: AlbumPlan, online: Studio, tmp_path: Path, script: Answer
) -> None:
    server.script = [script]
    row, rows, page = explain(album, tmp_path / "a", online, llm="openai")
    assert row is not None and not row.told and rows == [row] and not page
    assert row.decision.startswith("only the rules explain track 1, for openai:some-model did not: ") and len(row.decision) <= 300
    explain(album, tmp_path / "a", online)
    assert len(server.seen) == 1


@pytest.mark.parametrize("script", [fails(401), fails(404), fails(400, "<script>" * 500), Answer(b"")])
def test_a_server_that_does_not_answer_is_asked_again_only_in_another_run(
    server: Server, album: AlbumPlan, online: Studio, tmp_path: Path, script: Answer
) -> None:
    server.script = [script]
    with open_session(album, tmp_path / "a", online, llm="openai") as session:
        one = begin(session)
        finish(explain_track(session, one))
        finish(explain_track(session, one))
        assert find_explanation(session, one) is None or not script.body
        assert [row.told for row in session.ledger.rows if row.kind == "explain"] == [""]
    assert len(server.seen) == 1
    server.script = [answer()]
    row, _, _ = explain(album, tmp_path / "a", online)
    assert row is not None and (row.told == GOOD or not script.body)


def test_a_slow_server_is_not_waited_for_beyond_the_budget(
    server: Server, album: AlbumPlan, online: Studio, tmp_path: Path
) -> None:
    server.script = [Answer(b"", hangs=True)]
    row, [told], _ = explain(album, tmp_path / "a", online, llm="openai", budget=Budget(seconds=4))
    assert row is None and "the budget leaves no time" in told.decision and not server.seen


def test_offline_the_rules_explain(album: AlbumPlan, studio: Studio, tmp_path: Path) -> None:
    assert studio.settings.offline
    row, [told], _ = explain(album, tmp_path / "a", studio, llm="openai")
    assert row is None and "only the rules explain track 1" in told.decision and "offline" in told.decision


@pytest.mark.thorough
def test_an_album_with_words_has_the_same_tracks_as_one_without(
    server: Server, studio: Studio, online: Studio, tmp_path: Path
) -> None:
    album = plan_album(
        Commission(brief="lofi single, 8 seconds", variant="tiny", candidates=2), studio.read_card("tiny")
    ).model_copy(update={"repaired": 1, "repairs": 0})
    server.script = [answer("It was taken since nothing else has as many points as it has.", "A")]
    finish(produce(album, tmp_path / "with", online, llm="openai"))
    finish(produce(album, tmp_path / "without", studio))
    assert sums.read_sums(tmp_path / "with") == sums.read_sums(tmp_path / "without")
    assert len(server.seen) == 1 and [one.same for one in finish(story.replay_album(tmp_path / "with", studio))] == [True]
    before = (tmp_path / "with" / "decisions.jsonl").read_bytes()
    finish(produce(None, tmp_path / "with", online))
    assert len(server.seen) == 1 and (tmp_path / "with" / "decisions.jsonl").read_bytes() == before
