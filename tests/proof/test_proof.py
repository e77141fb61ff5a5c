"""The whole of a proof: what it writes, what it refuses, what it says in words."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from producertwin.errors import BadInput
from producertwin.metrics.embedders import MelStats, SoundEmbedder, mel_stats
from producertwin.metrics.statistics import Floats, Interval, wilson
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Generated, Request
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.proof.answer import answer, basis
from producertwin.proof.corpus import Corpus
from producertwin.proof.figures import ProofFigures
from producertwin.proof.page import EXPLAINED
from producertwin.proof.plan import ProofPlan
from producertwin.proof.prompt_adherence import Adherence
from producertwin.proof.prove import FIGURES, REPORT, check_corpus, prove
from producertwin.proof.takes import seed_of
from producertwin.proof.verdicts import SPECIFIC, verdicts
from producertwin.settings import Settings
from proof_kit import SECONDS, adapter, corpus, song

pytestmark = pytest.mark.thorough

PLAN = ProofPlan(seconds=SECONDS, steps=1, rounds=50, examples=2)
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page strictly, and keeps its tags and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


class Reads(MelStats):
    """Hears as `mel-stats` does, and puts every caption in one place."""

    def embed_text(self, caption: str) -> Floats | None:
        assert caption
        return self.embed(song(1).sound())


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


@pytest.fixture(scope="module")
def proof(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ProofFigures]:
    """A finished proof of an untrained adapter, and its folder."""
    home = tmp_path_factory.mktemp("proof")
    folder = home / "proof"
    worn = adapter(tiny, home / "adapter", trigger="adabeat")
    return folder, finish(prove(PLAN, corpus(), tiny, worn, folder, [mel_stats()]))


def test_everything_lies_in_its_folder(proof: tuple[Path, ProofFigures]) -> None:
    folder, found = proof
    assert ProofFigures.model_validate_json((folder / FIGURES).read_bytes()) == found
    for side in ("base", "twin", "real"):
        listed = json.loads((folder / side / "pieces.json").read_text())
        assert {one["file"] for one in listed} == {path.name for path in (folder / side).glob("*.flac")}
        assert len(listed) == 8 and listed[0]["style"] == "house" and listed[0]["bpm"] == 96.0
    assert (found.subject.producer, found.subject.prompts, found.subject.train, found.subject.others) == ("Ada", 8, 9, 8)
    assert found.plan.trigger == "adabeat"


def test_an_untrained_adapter_is_not_proven(proof: tuple[Path, ProofFigures]) -> None:
    said = {one.claim: one for one in proof[1].verdicts}
    assert said["nearer to the producer than the base"].proven is not True
    assert said["told as this producer and not as another"].proven is not True
    assert all(re.search(r"mel-stats/1|take|prompt|tempo|defect", one.words) for one in said.values())


def test_the_page_can_be_read_and_heard(proof: tuple[Path, ProofFigures]) -> None:
    folder, found = proof
    text = (folder / REPORT).read_text()
    read = Reader(text)
    sounds = [attributes["src"] or "" for tag, attributes in read.tags if tag == "audio"]
    assert len(sounds) == 6 and all(source.startswith("data:audio/mpeg;base64,") for source in sounds)
    assert "media-src data:" in text and "file:" not in text  # the page is one file
    pictures = [attributes for tag, attributes in read.tags if tag == "img"]
    assert len(pictures) == 6 and all((one["src"] or "").startswith("data:image/png") and one["alt"] for one in pictures)
    assert all(attributes.get("aria-label") for tag, attributes in read.tags if tag == "audio")
    assert "Song <9>" in read.text and "<9>" not in {f"<{tag}>" for tag, _ in read.tags}
    assert "script" not in {tag for tag, _ in read.tags} and "http" not in text.replace("http-equiv", "")
    for one in found.verdicts:
        assert one.words in read.text
    near = found.ears["mel-stats/1"].nearness
    assert near is not None and near.ear in read.text and "floor" in read.text


def test_the_page_begins_with_its_answer_and_ends_with_its_hashes(proof: tuple[Path, ProofFigures]) -> None:
    folder, found = proof
    text = Reader((folder / REPORT).read_text()).text
    body = text[text.rindex("Does the twin of Ada play like Ada?") :].split("\n", 1)[1].strip()
    assert body.startswith(found.answer) and found.answer.count(". ") == 0 and found.answer.endswith(".")
    assert body[len(found.answer) :].strip().startswith(found.basis)
    top, below = body.split("How this was made")
    assert found.subject.revision in below and found.subject.adapter in below and "mel-stats/1" in below
    assert re.search(r"b2:[0-9a-f]{6}", top) is None
    assert "R@1" not in body.split("Captions")[0]
    for name, line in EXPLAINED.items():
        assert f"{name}\n{line}" in re.sub(r"\n+", "\n", body), name


def test_sounds_may_lie_beside_the_page(proof: tuple[Path, ProofFigures], tiny: Instrument, tmp_path: Path) -> None:
    worn = adapter(tiny, tmp_path / "adapter", trigger="adabeat")
    beside = PLAN.model_copy(update={"sounds": "beside"})
    folder = tmp_path / "proof"
    shutil.copytree(proof[0], folder)
    finish(prove(beside, corpus(), tiny, worn, folder, [mel_stats()]))
    text = (folder / REPORT).read_text()
    sounds = [attributes["src"] or "" for tag, attributes in Reader(text).tags if tag == "audio"]
    assert len(sounds) == 6 and all((folder / place).is_file() for place in sounds)
    assert "media-src 'self' file:" in text and len(text) < len((proof[0] / REPORT).read_text()) / 2


def test_the_page_is_read_on_a_phone_without_scrolling_sideways(proof: tuple[Path, ProofFigures]) -> None:
    text = (proof[0] / REPORT).read_text()
    tags = Reader(text).tags
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    narrow = text[text.index("@media (max-width") : text.index("</style>")]
    assert "display: block" in narrow and "attr(data-column)" in narrow
    cells = [attributes for tag, attributes in tags if tag == "td"]
    assert len(cells) > 20 and all(one.get("data-column") for one in cells)
    assert not [tag for tag, attributes in tags if int(str(attributes.get("width") or 0)) > 300 and tag != "svg"]


def test_the_second_time_is_the_same_and_plays_nothing(
    proof: tuple[Path, ProofFigures], tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = proof
    page = (folder / REPORT).read_bytes()
    monkeypatch.setattr("producertwin.proof.takes.play_takes", lambda *_: pytest.fail("it was played again"))
    worn = adapter(tiny, tmp_path / "adapter", trigger="adabeat")
    assert finish(prove(PLAN, corpus(), tiny, worn, folder, [mel_stats()])) == found
    assert (folder / REPORT).read_bytes() == page


def test_a_twin_that_plays_the_holdout_itself_has_come_all_the_way(
    tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = corpus(9, 8, 0)
    real = {seed_of(PLAN, piece, 0): piece.sound() for piece in whole.holdout}
    seen: set[int] = set()
    generate = engine.generate

    def cheating(instrument: Instrument, requests: list[Request]) -> list[Generated]:
        """The base as it is; the twin, which plays every seed a second time, gives the held-out song itself."""
        found = generate(instrument, requests)
        again = [request.seed in seen for request in requests]
        seen.update(request.seed for request in requests)
        return [replace(one, audio=real[one.seed]) if twice else one for one, twice in zip(found, again, strict=True)]

    monkeypatch.setattr(engine, "generate", cheating)
    found = finish(prove(PLAN, whole, tiny, adapter(tiny, tmp_path / "adapter"), tmp_path / "proof", [mel_stats()]))
    near = found.ears["mel-stats/1"].nearness
    assert near is not None and near.gain is not None
    assert near.gain.value == pytest.approx(1.0, abs=0.2) and near.gain.low > 0.5
    assert found.verdicts[0].proven is True and "style gain" in found.verdicts[0].words


def test_sides_that_are_not_apart_are_refused() -> None:
    sides = corpus(3, 3, 0)
    with pytest.raises(BadInput, match="trained on too"):
        check_corpus(replace(sides, holdout=(*sides.holdout, sides.train[0])))
    with pytest.raises(BadInput, match="or their albums"):
        check_corpus(Corpus((song(1, group="album"), song(3, group="single")), (song(2, group="album"),)))
    check_corpus(Corpus((song(1, group="album"),), (song(2, group="album"),)))  # no split keeps an only album whole
    with pytest.raises(BadInput, match="no song is held out"):
        check_corpus(Corpus(sides.train, ()))


def test_few_songs_and_no_other_producers_leave_no_claim(tiny: Instrument, tmp_path: Path) -> None:
    found = finish(prove(PLAN, corpus(4, 3, 0), tiny, adapter(tiny, tmp_path / "adapter"), tmp_path / "proof", [mel_stats()]))
    near, specific = found.verdicts[:2]
    assert near.proven is None and "3 held-out songs carry no distance" in near.words
    assert specific.proven is None and "there are no other producers" in specific.words
    assert "there are no other producers" in (tmp_path / "proof" / REPORT).read_text()


def test_an_embedder_that_hears_no_captions_is_refused(tiny: Instrument, tmp_path: Path) -> None:
    deaf: SoundEmbedder = Reads("deaf/1")
    found = finish(
        prove(PLAN, corpus(4, 3, 0), tiny, adapter(tiny, tmp_path / "adapter"), tmp_path / "proof", [mel_stats(), deaf])
    )
    assert list(found.ears) == ["mel-stats/1"] and "collapsed" in found.refused["deaf/1"]
    assert found.verdicts[-1].proven is None and "deaf/1 is not used" in found.verdicts[-1].words


def test_verdicts_follow_the_intervals(proof: tuple[Path, ProofFigures]) -> None:
    found = proof[1]
    ear = found.ears["mel-stats/1"]
    assert ear.nearness is not None

    def first(gain: Interval | None) -> str:
        near = ear.nearness.model_copy(update={"gain": gain, "why": "the base is near"})  # type: ignore[union-attr]
        told = found.model_copy(update={"ears": {"mel-stats/1": ear.model_copy(update={"nearness": near})}})
        return verdicts(told)[0].words

    assert first(Interval(0.42, 0.21, 0.61)).startswith("The twin is nearer to the producer than the base: style gain 0.42")
    assert "(0.21–0.61)" in first(Interval(0.42, 0.21, 0.61))
    assert first(Interval(0.1, -0.1, 0.3)).startswith("Not proven that the twin is nearer")
    assert first(Interval(0.02, 0.01, 0.04)).startswith("Not proven that the twin learned")
    assert first(Interval(-0.4, -0.6, -0.2)).startswith("The twin is further")
    assert "the base is near" in first(None)


def test_nothing_holds_by_an_interval_that_would_allow_anything(proof: tuple[Path, ProofFigures]) -> None:
    found = proof[1]

    def outcomes(takes: int, broken: tuple[int, int], kept: Interval, songs: int) -> dict[str, str]:
        faults = {
            side: found.faults[side].model_copy(update={"takes": takes, "share": wilson(count, takes)})
            for side, count in zip(("base", "twin"), broken, strict=True)
        }
        asked = {"tempo found": Adherence(songs=songs, real=kept, base=kept, twin=kept, difference=kept, chance=None)}
        copied = found.copies
        if copied.found is not None:
            scores = dict(list(copied.found.scores.items())[:takes])
            copied = copied.model_copy(update={"found": replace(copied.found, scores=scores, passages=(), threshold=1e9)})
        told = found.model_copy(update={"faults": found.faults | faults, "kept": asked, "copies": copied})
        return {one.claim: one.outcome for one in verdicts(told)}

    few = outcomes(1, (0, 0), Interval(0.0, -1.0, 1.0), 1)
    same = outcomes(1, (0, 0), Interval(0.0, 0.0, 0.0), 1)  # one song is always like itself
    for told in (few, same):
        assert told["no more defects than the base"] == "cannot be claimed"
        assert told["keeps tempo and key as well as the base"] == "cannot be claimed"
    many = outcomes(60, (1, 1), Interval(0.0, -0.05, 0.05), 60)
    assert many["no more defects than the base"] == many["keeps tempo and key as well as the base"] == "holds"
    assert outcomes(12, (0, 0), Interval(0.0, 0.0, 0.0), 12)["no more defects than the base"] == "cannot be claimed"
    assert outcomes(40, (0, 20), Interval(-0.4, -0.6, -0.2), 40)["no more defects than the base"] == "not proven"
    assert outcomes(40, (0, 20), Interval(-0.4, -0.6, -0.2), 40)["keeps tempo and key as well as the base"] == "not proven"
    wide = outcomes(40, (0, 0), Interval(0.0, -0.2, 0.2), 40)
    assert wide["keeps tempo and key as well as the base"] == "cannot be claimed"


@pytest.mark.parametrize(
    ("gain", "specific", "begins", "says"),
    [
        (Interval(0.6, 0.5, 0.7), True, "Yes: ", "60% (50%–70%) of the way from the plain instrument to Ada's songs"),
        (Interval(0.6, 0.5, 0.7), False, "In part: ", "nobody else's is not shown"),
        (Interval(0.6, 0.5, 0.7), None, "In part: ", "cannot be told here"),
        (Interval(0.05, 0.01, 0.09), True, "Not shown: ", "not clearly nearer"),
        (Interval(0.1, -0.3, 0.5), True, "Not shown: ", "not clearly nearer"),
        (Interval(-0.5, -0.8, -0.2), True, "No: ", "further from Ada's songs"),
        (None, True, "That cannot be told: ", "the base is near"),
    ],
)
@pytest.mark.parametrize("folds", [0, 4])
def test_the_answer_is_one_sentence(
    proof: tuple[Path, ProofFigures], gain: Interval | None, specific: bool | None, begins: str, says: str, folds: int
) -> None:
    found = proof[1]
    ear = found.ears["mel-stats/1"]
    assert ear.nearness is not None
    near = ear.nearness.model_copy(update={"gain": gain, "why": "the base is near"})
    about = found.subject.model_copy(update={"folds": folds, "fold_steps": 100})
    told = found.model_copy(update={"ears": {"mel-stats/1": ear.model_copy(update={"nearness": near})}, "subject": about})
    said = tuple(one if one.claim != SPECIFIC else one.model_copy(update={"proven": specific}) for one in verdicts(told))
    sentence = answer(told.model_copy(update={"verdicts": said}))
    assert sentence.startswith(begins) and says in sentence and sentence.endswith(".") and sentence.count(". ") == 0
    assert ("short twins of 100 steps" in basis(told)) is bool(folds)
