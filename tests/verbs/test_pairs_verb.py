"""`twin pairs`: candidates on tiny, stopped and gone on with, in parts; collected, exported and imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from producertwin.audio import files
from producertwin.errors import BadInput, NotFound, Unavailable
from producertwin.house_band import chord_reading
from producertwin.library import Judgement, Take, TakeDraft
from producertwin.model.sampling import engine
from producertwin.pipeline.guide import score_of
from producertwin.preferences import candidates, store
from producertwin.preferences.dpo.examples import load_pairs
from producertwin.preferences.pair import PairPrompt
from producertwin.progress import Kept, Steps, finish
from producertwin.recipe import read
from producertwin.verbs import pair_repairs, pairs_make, scorers
from producertwin.verbs import pairs as verb
from producertwin.verbs.repair import RepairPlan, RepairResult
from producertwin.verbs.repaired import RepairRecord, RepairStage, keep_record
from producertwin.verbs.sounds import find_sound
from producertwin.verbs.studio import Studio


def plan(**fields: object) -> verb.MakePairsPlan:
    usual = {"n": 3, "takes": 2, "seconds": 2.0, "variant": "tiny", "guide": "none", "scorers": ("meters",), "least_margin": 0.0}
    return read(verb.MakePairsPlan, usual | fields, where="plan")


@pytest.fixture(autouse=True)
def listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorer that tells the takes of tiny, which are noise, apart at once."""
    monkeypatch.setitem(scorers.SCORERS, "meters", lambda _: lambda take: float(take.seed % 7))


@pytest.mark.thorough
def test_a_set_that_was_stopped_goes_on_and_ends_the_same(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finish(verb.make_pairs(plan(), studio))
    rows, pairs = candidates.all_rows(whole.set.folder), whole.set.pairs
    assert (whole.prompts, whole.of) == (3, 3) and len(rows) == 3 and all(len(one.takes) == 2 for one in rows.values())
    assert all(one.chosen.scores["meters"] > one.rejected.scores["meters"] for one in pairs) and len(pairs) >= 1
    takes = studio.library.takes
    for one in (takes.get(name) for row in rows.values() for name in row.takes):
        assert one.audio is None and one.latents and takes.find_decoded(one) is None  # kept as latents alone
    [path] = whole.set.folder.glob(candidates.PATTERN)
    path.write_bytes(path.read_bytes()[:-50])  # killed while it wrote the last row
    again = finish(verb.make_pairs(plan(budget=100.0), studio))
    assert candidates.all_rows(again.set.folder) == rows and again.set.pairs == pairs and again.set.id == whole.set.id
    played: list[object] = []
    monkeypatch.setattr(pairs_make, "_play", lambda *given: played.append(given))
    finish(verb.make_pairs(plan(), studio))
    assert played == []


@pytest.mark.thorough
def test_meters_and_chords_are_read_of_takes_that_are_latents_alone(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Take] = []
    monkeypatch.setitem(scorers.SCORERS, "meters", lambda _: lambda take: heard.append(take) or float(take.seed % 7))
    made = finish(verb.make_pairs(plan(n=1, seconds=8.0, guide="band", scorers=("meters", "chords")), studio))
    [row] = candidates.all_rows(made.set.folder).values()
    assert [one.id for one in heard] == list(row.takes)
    for take, scores in zip(heard, row.scores, strict=True):
        kept = studio.library.takes.get(take.id)
        assert "tempo_fit" not in kept.meters and take.meters["tempo_fit"] is not None
        assert scores["chords"] == take.meters["chords_root"] == score_chords(take, studio)
    with pytest.raises(BadInput, match="no written chords"):
        finish(verb.make_pairs(plan(n=1, scorers=("chords",)), studio))


@pytest.mark.thorough
def test_meters_are_read_for_those_who_look_at_them_alone(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producertwin.pipeline.sounding.read_take", lambda *_: pytest.fail("nobody looks at the meters"))
    assert finish(verb.make_pairs(plan(n=1, scorers=("inspector",)), studio)).prompts == 1


def score_chords(take: Take, studio: Studio) -> float:
    """The share of roots that are heard, read by the reader itself."""
    score = score_of(take)
    assert score is not None
    return chord_reading.measure_score(files.read(finish(find_sound(take, studio))), score).root or 0.0


@pytest.mark.thorough
def test_parts_fill_one_set(studio: Studio) -> None:
    first = finish(verb.make_pairs(plan(part="1/2"), studio))
    assert first.prompts == 2
    both = finish(verb.make_pairs(plan(part="2/2"), studio))
    assert both.set.id == first.set.id and both.prompts == 3
    assert sorted(path.name for path in both.set.folder.glob(candidates.PATTERN)) == [
        "candidates-001-of-002.jsonl", "candidates-002-of-002.jsonl",
    ]  # fmt: skip


@pytest.mark.thorough
def test_takes_of_one_seed_differ_in_a_setting(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scorers.SCORERS, "meters", lambda _: lambda take: float(take.stage["play"]["guidance"]))
    made = finish(verb.make_pairs(plan(n=2, takes=3, vary="guidance=1,2.5,4"), studio))
    takes = [studio.library.takes.get(name) for row in candidates.all_rows(made.set.folder).values() for name in row.takes]
    assert [one.stage["play"]["guidance"] for one in takes] == [1.0, 2.5, 4.0] * 2
    assert len({one.seed for one in takes[:3]}) == 1 and len({one.latents for one in takes}) == 6
    assert [one.source for one in made.set.pairs] == ["parameters"] * 2
    assert all(one.chosen.parameters["play"]["guidance"] == 4.0 for one in made.set.pairs)
    with pytest.raises(BadInput, match="has 2 values, and there are 3 takes"):
        plan(takes=3, vary="steps=4,8")
    with pytest.raises(BadInput):
        verb.plan_pairs(plan(takes=2, vary="steps=4.5,8"), studio)


@pytest.mark.thorough
def test_a_take_and_its_repair_are_a_pair_where_anything_was_better(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    takes, mended = studio.library.takes, list[str]()

    def mend(plan: RepairPlan, _: Studio) -> Steps[RepairResult]:
        """Every second take is better at half its level."""
        mended.append(plan.subject)
        before = takes.get(plan.subject)
        sound = files.read(finish(find_sound(before, studio)))  # as `repair` opens it
        if len(mended) == 2:
            return RepairResult(before.id, 5.0, 5.0, (), (), (), 0.0, 0.0)
        same = ("caption", "lyrics", "seed", "variant", "revision", "metas", "seconds")
        facts = {name: getattr(before, name) for name in same}
        facts |= {"task": "repair", "stage": RepairStage(source=before.id).model_dump(mode="json"), "parents": (before.id,)}
        after = takes.add(TakeDraft(**facts, audio=files.encode(0.5 * sound, "flac")))
        return RepairResult(before.id, 5.0, 6.0, (), (), (), 2.0, 0.0, take=after.id)
        yield

    monkeypatch.setattr(pair_repairs, "repair", mend)
    monkeypatch.setitem(scorers.SCORERS, "meters", lambda _: lambda take: float(take.task == "repair"))
    made = finish(verb.make_pairs(plan(vary="repair"), studio))
    rows = candidates.all_rows(made.set.folder)
    assert [len(row.takes) for row in rows.values()] == [2, 1, 2] and len(set(mended)) == 3
    assert {one.source for one in made.set.pairs} == {"repair"} and len(made.set.pairs) == 2
    for one in made.set.pairs:
        after, before = takes.get(one.chosen.take or ""), takes.get(one.rejected.take or "")
        assert (after.task, after.parents, before.audio) == ("repair", (before.id,), None) and takes.find_decoded(before) is None
    instrument = finish(studio.load_instrument("tiny"))
    loaded = load_pairs(made.set.pairs, studio.library, instrument)
    assert len(loaded.examples) == 2 and not loaded.left_out
    example, one = loaded.examples[0], made.set.pairs[0]
    before = takes.get(one.rejected.take or "")
    played = load_file(takes.content(before, "latents"))["latents"]
    assert takes.find_decoded(before) is None  # what was decoded to be encoded is not kept
    heard = engine.encode(instrument, files.read(finish(find_sound(before, studio))))
    assert np.array_equal(example.rejected.numpy(), heard) and not np.array_equal(heard, played)  # not as it was played
    with pytest.raises(BadInput, match="2 takes"):
        plan(vary="repair", takes=3)


def test_repairs_that_were_kept_are_collected(studio: Studio) -> None:
    with pytest.raises(BadInput, match="0 repairs make no pair"):
        verb.collect_repairs(studio)
    facts: dict[str, Any] = {"variant": "tiny", "revision": "b2:00", "seconds": 1.0, "caption": "lofi", "stage": {}, "seed": 1}
    before = studio.library.takes.add(TakeDraft(**facts, task="text2music", audio=b"fLaC1"))
    after = studio.library.takes.add(TakeDraft(**facts, task="repair", audio=b"fLaC2", parents=(before.id,)))

    def record(number: int, **changes: object) -> RepairRecord:
        usual: dict[str, object] = {
            "kind": "take",
            "before": before.id,
            "after": after.id,
            "score_before": 6.5,
            "score_after": 8.0,
        }
        usual |= {"name": "x", "changed_seconds": 1.0, "cut_seconds": 0.0, "attempts": (), "found": (), "left": ()}
        moment = studio.library.takes.clock()
        return RepairRecord(id=f"{'a' * 11}{number}", created=moment, **(usual | changes))  # type: ignore[arg-type]

    for one in (
        record(2),
        record(3, kind="file", before=None, after=None),
        record(4, before="b" * 12),
        record(5, score_after=6.5),
    ):
        keep_record(one, studio, None if one.kind == "take" else (np.zeros((2, 480), np.float32),) * 2)
    found, count, read = verb.collect_repairs(studio)
    [pair] = found.pairs
    assert (count, read) == (1, 4) and (pair.chosen.take, pair.rejected.take) == (after.id, before.id)
    assert (pair.source, pair.judge, pair.margin, pair.chosen.scores) == ("repair", "inspector", 1.5, {"inspector": 8.0})
    assert verb.collect_repairs(studio)[0].id == found.id


@pytest.mark.thorough
def test_parts_of_another_share_are_refused(studio: Studio) -> None:
    first = finish(verb.make_pairs(plan(part="1/2"), studio))
    rows = candidates.all_rows(first.set.folder)
    for part in ("1/1", "2/3"):
        with pytest.raises(BadInput, match="is made in parts of 2"):
            finish(verb.make_pairs(plan(part=part), studio))
    assert candidates.all_rows(first.set.folder) == rows


@pytest.mark.thorough
def test_a_part_that_another_process_makes_is_refused(studio: Studio) -> None:
    made = finish(verb.make_pairs(plan(n=1), studio))
    with candidates.hold_part(made.set.folder, 1, 1), pytest.raises(Unavailable, match="another process makes part 1 of 1"):
        finish(verb.make_pairs(plan(n=1), studio))
    again = finish(verb.make_pairs(plan(n=1), studio))
    assert (again.set.id, again.set.pairs, again.prompts) == (made.set.id, made.set.pairs, made.prompts)


@pytest.mark.thorough
def test_a_budget_that_is_used_up_stops_between_two_prompts(studio: Studio) -> None:
    assert finish(verb.make_pairs(plan(budget=1e-9), studio)).prompts == 0
    assert finish(verb.make_pairs(plan(), studio)).prompts == 3


@pytest.mark.parametrize(
    ("fields", "kind", "told"),
    [
        ({"scorers": ("loudness",)}, NotFound, "loudness"),
        ({"scorers": ("producer",), "producer": "Nobody"}, NotFound, "Nobody"),
        ({"variant": "none-such"}, BadInput, "none-such"),
        ({"adapters": ("Nobody",)}, NotFound, "Nobody"),
        ({"styles": ("qqqq",)}, NotFound, "qqqq"),
    ],
)
def test_what_cannot_be_made_is_refused_before_the_first_note(
    studio: Studio, fields: dict[str, object], kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told):
        verb.plan_pairs(plan(**fields), studio)
    assert store.survey(studio.settings.studio) == ((), {})


@pytest.mark.parametrize(
    "fields", [{"part": "3/2"}, {"scorers": ("producer",)}, {"scorers": ("meters=x",)}, {"scorers": ()}, {"takes": 1}]
)
def test_a_plan_that_cannot_be_meant_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        plan(**fields)


def test_verdicts_become_a_set_that_is_exported_and_imported(studio: Studio, tmp_path: Path) -> None:
    from producertwin.library import TakeDraft

    facts = {"task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 1.0, "caption": "lofi"}
    a, b = (
        studio.library.takes.add(TakeDraft.model_validate({**facts, "seed": seed, "audio": b"fLaC" + bytes([seed])})).id
        for seed in range(2)
    )
    with pytest.raises(BadInput, match="make no pair"):
        verb.collect_pairs(studio)
    studio.library.verdicts.prefer((a, b), "b", Judgement(judge="Ada"))
    found, count, read_verdicts = verb.collect_pairs(studio)
    assert (count, read_verdicts, found.pairs[0].chosen.take) == (1, 1, b)
    assert verb.collect_pairs(studio)[0].id == found.id and len(found.pairs) == 1
    out = tmp_path / "rows.jsonl"
    path, rows = finish(verb.export_pairs(verb.ExportPairsPlan(out=out, form="audio-alpaca"), studio))
    assert rows == 1 and (tmp_path / "rows" / f"{b}.flac").read_bytes() == b"fLaC\x01"
    with pytest.raises(BadInput, match="already there"):
        finish(verb.export_pairs(verb.ExportPairsPlan(out=out), studio))
    imported, fresh = finish(verb.import_pairs(verb.ImportPairsPlan(file=path, form="audio-alpaca"), studio))
    assert fresh == 1 and imported.pairs[0].chosen.file == f"rows/{b}.flac"
    assert finish(verb.import_pairs(verb.ImportPairsPlan(file=path, form="audio-alpaca"), studio))[1] == 0


@pytest.mark.thorough
def test_each_prompt_of_a_job_is_a_unit(studio: Studio) -> None:
    from producertwin.jobs.catalogue import find_work

    work, events = find_work("pairs"), list[object]()
    done = finish(work.play(plan(n=2), studio, ()), events.append)
    assert [one.unit for one in events if isinstance(one, Kept)] == ["pairs 1 of 2", "pairs 2 of 2"]
    assert "of 2 of 2 prompts" in done.text


def test_takes_that_score_by_their_loudness_alone_give_the_alarm(studio: Studio) -> None:
    """The scorer `meters` stands for loudness, was learned from, and rises; the judge hears nothing of it."""
    names = []
    for name, louder in (("none", 0.0), ("louder", 4.0)):
        made = {"made": "candidates", "scorers": ["meters", "caption"], "adapters": [name]}
        found = store.open_set(studio.settings.studio, made)
        names.append(found.id)
        for place in range(8):
            levels = [-18.0 + place / 8 + louder, -15.0 + louder]
            row = candidates.Candidates(
                prompt=PairPrompt(caption=f"lofi {place}"),
                takes=("a" * 12, "b" * 12),
                scores=tuple({"meters": one, "caption": 0.1 * number} for number, one in enumerate(levels)),
                defects=((), ()),
                loudness=tuple(levels),
                seconds=(5.0, 5.0),
                diversity=1.5,
            )
            candidates.append(candidates.path_of(found.folder, 1, 1), place, row)
    taught = store.open_set(studio.settings.studio, {"made": "candidates", "scorers": ["meters"]})
    found = verb.compare_sets(names[0], names[1], (taught.id,), studio)
    assert found.alarms == (
        "meters, which was learned from, rises, and no judge does (caption)",
        "takes are 4 LU louder",
    )
    assert verb.compare_sets(names[0], names[0], (taught.id,), studio).alarms == ()
