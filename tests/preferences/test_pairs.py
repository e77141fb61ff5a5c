"""Pairs: records, sets, forms of other programs, and what verdicts and candidates make of takes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from producertwin.errors import BadInput, NotFound
from producertwin.library import AdapterUse, Judgement, Take, TakeMetas, Verdict
from producertwin.library.provenance import take_id
from producertwin.library.verdict import Origin, make_verdict
from producertwin.preferences import candidates, formats, prompts, store
from producertwin.preferences.candidates import Candidates, PairingRule, pair_up
from producertwin.preferences.collect import collect
from producertwin.preferences.pair import Pair, PairPrompt, Side, prompt_of
from producertwin.preferences.scoring import Scale, best_and_worst
from producertwin.preferences.store import PairQuery

START = datetime(2026, 1, 1, tzinfo=UTC)


def take(seed: int, caption: str = "lofi, rhodes") -> Take:
    facts = {"task": "text2music", "stage": {"kind": "generate"}, "caption": caption, "seed": seed, "variant": "nano"}
    facts |= {"revision": "b2:00", "seconds": 4.0, "latents": "b2:" + "0" * 64}
    facts["adapters"] = (AdapterUse(name="Mara", revision="b2:11"),)
    draft = Take.model_validate({**facts, "id": "a" * 12, "created": START})
    return draft.model_copy(update={"id": take_id(draft.model_dump(mode="json"))})


def pair(seed: int = 0, **more: object) -> Pair:
    one, other = take(2 * seed), take(2 * seed + 1)
    facts = {"prompt": prompt_of(one), "chosen": Side.of(one, {"caption": 0.4}), "rejected": Side.of(other, {"caption": 0.1})}
    return Pair.model_validate({**facts, "margin": 1.5, "judge": "caption", **more})


def finder(*takes: Take) -> Callable[[str], Take | None]:
    known = {one.id: one for one in takes}
    return known.get


# --- records


def test_a_pair_says_what_made_its_takes_and_how_to_make_them_again() -> None:
    side = pair().chosen
    assert side.origin == Origin(variant="nano", revision="b2:00", adapters=("b2:11",))
    assert (side.seed, side.latents, side.parameters) == (0, "b2:" + "0" * 64, {"kind": "generate"})
    with pytest.raises(ValueError, match="one take"):
        pair(rejected=side)
    with pytest.raises(ValueError, match="take or a file"):
        Side()


def test_a_prompt_stands_on_one_side_and_a_tenth_is_held_out() -> None:
    sides = [PairPrompt(caption=f"song {number}").split for number in range(4_000)]
    held = sides.count("holdout")
    assert abs(held - 400) < 4 * np.sqrt(4_000 * 0.1 * 0.9)
    assert pair(1).split == pair(2).split  # of one prompt


# --- sets


def test_a_set_keeps_each_pair_once_and_survives_a_kill(tmp_path: Path) -> None:
    found = store.open_set(tmp_path, {"made": "test"})
    assert store.add(found, [pair(0), pair(1), pair(0)]) == 2 and store.add(found, [pair(1), pair(2)]) == 1
    assert found.pairs == (pair(0), pair(1), pair(2))
    path = found.folder / store.PAIRS
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])  # a kill in the last line
    assert found.pairs == (pair(0), pair(1))
    assert store.add(found, [pair(3)]) == 1 and found.pairs == (pair(0), pair(1), pair(3))
    path.write_bytes(b"{}\n" + whole)
    with pytest.raises(BadInput, match="line 1"):
        _ = found.pairs


def test_a_line_that_is_no_pair_is_named_with_its_file(tmp_path: Path) -> None:
    found = store.open_set(tmp_path, {"made": "test"})
    path = found.folder / store.PAIRS
    path.write_bytes(store.as_line(pair(0)).replace(take(0).id.encode(), b"../secret") + store.as_line(pair(1)))
    with pytest.raises(BadInput, match=rf"line 1 of {path}.*chosen\.take"):
        _ = found.pairs


def test_sets_are_found_by_the_beginning_of_their_id(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no pairs"):
        store.find(None, tmp_path)
    one, two = (store.open_set(tmp_path, {"made": name}) for name in ("one", "two"))
    assert store.open_set(tmp_path, {"made": "one"}).id == one.id
    assert store.find(two.id[:7], tmp_path).plan == {"made": "two"}
    assert {found.id for found in store.survey(tmp_path)[0]} == {one.id, two.id}
    with pytest.raises(NotFound):
        store.find("zzzz", tmp_path)


def test_the_set_that_was_added_to_last_is_told_by_what_is_written_in_it(tmp_path: Path) -> None:
    one, two = (store.open_set(tmp_path, {"made": name}) for name in ("one", "two"))
    assert store.find(None, tmp_path).id == two.id
    store.add(one, [pair(0)])
    for path in two.folder.iterdir():  # a copy of a studio has other file times
        os.utime(path, (4e9, 4e9))
    assert store.find(None, tmp_path).id == one.id
    store.add(one, [pair(0)])  # nothing new
    store.replace(two, [pair(1)])
    found = store.find(None, tmp_path)
    assert found.id == two.id and found.plan == {"made": "two"} and found.changed > store.find(one.id, tmp_path).changed


def test_a_damaged_set_is_named_and_the_others_are_found(tmp_path: Path) -> None:
    one, two = (store.open_set(tmp_path, {"made": name}) for name in ("one", "two"))
    (two.folder / store.PLAN).write_text("{")
    found, damaged = store.survey(tmp_path)
    assert [each.id for each in found] == [one.id] and list(damaged) == [two.id] and "damaged" in damaged[two.id]
    assert store.find(None, tmp_path).id == one.id
    with pytest.raises(BadInput, match="damaged"):
        store.find(two.id, tmp_path)
    assert store.open_set(tmp_path, {"made": "two"}).id == two.id  # what it is made of says what its plan was
    assert len(store.survey(tmp_path)[0]) == 2
    (one.folder / store.PLAN).write_text("{")
    (two.folder / store.PLAN).write_text("{")
    with pytest.raises(NotFound, match="2 damaged"):
        store.find(None, tmp_path)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"text": "RHODES lofi"}, 2),
        ({"text": "house"}, 0),
        ({"source": "human"}, 1),
        ({"judge": "Ada"}, 1),
        ({"least_margin": 1.0}, 1),
        ({"take": take(0).id[:6]}, 2),
        ({"take": "zz"}, 0),
    ],
)
def test_pairs_are_searched(query: Mapping[str, object], count: int) -> None:
    asked = PairQuery.model_validate(query)
    both = [pair(0), pair(0, source="human", judge="Ada", margin=None)]
    assert sum(map(asked.admits, both)) == count
    sides = [PairQuery(split=split).admits(pair(0)) for split in ("train", "holdout")]
    assert sorted(sides) == [False, True]


# --- forms of other programs


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_own_rows_come_back_as_they_were(tmp_path: Path, ending: str) -> None:
    path = formats.write_rows([pair(0), pair(1)], "producertwin", tmp_path / f"rows{ending}", lambda side: side.take or "")
    assert formats.read_rows(path, "producertwin") == (pair(0), pair(1))
    assert formats.read_rows(path, "producertwin", licence="CC0-1.0")[0].licence == "CC0-1.0"


def test_signs_that_other_readers_take_for_ends_of_lines_stand_in_a_row(tmp_path: Path) -> None:
    odd = pair(prompt=PairPrompt(caption="a\u2028b\x85c\x0bd\x1ce"))
    path = formats.write_rows([odd, pair(1)], "producertwin", tmp_path / "rows.jsonl", lambda side: side.take or "")
    assert formats.read_rows(path, "producertwin") == (odd, pair(1))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert formats.read_rows(path, "producertwin") == (odd, pair(1))


@pytest.mark.parametrize("side", [{"take": "../../etc/passwd"}, {"take": "a" * 100_000}, {"latents": "../../secret"}])
def test_a_row_whose_take_or_latents_are_no_name_is_refused(tmp_path: Path, side: dict[str, str]) -> None:
    row = json.loads(store.as_line(pair()))
    row["chosen"] |= side
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(BadInput, match=rf"line 1 .*chosen\.{next(iter(side))}") as raised:
        formats.read_rows(path, "producertwin")
    assert len(raised.value.message) < 1_000


def test_rows_of_other_programs_are_written_and_read(tmp_path: Path) -> None:
    def name(side: Side) -> str:
        return f"sounds/{side.take}.flac"

    alpaca = formats.write_rows([pair(0)], "audio-alpaca", tmp_path / "alpaca.jsonl", name)
    flux = formats.write_rows([pair(0)], "tangoflux", tmp_path / "flux.json", name)
    files = {"chosen": f"sounds/{take(0).id}.flac", "rejected": f"sounds/{take(1).id}.flac"}
    assert json.loads(alpaca.read_text()) == {"prompt": "lofi, rhodes"} | files
    [row] = json.loads(flux.read_text())
    assert row == {"captions": "lofi, rhodes", "duration": 4.0, "chosen": files["chosen"], "reject": files["rejected"]}
    [read] = formats.read_rows(flux, "tangoflux", licence="CC-BY-4.0")
    assert (read.chosen.file, read.rejected.file, read.chosen.seconds) == (files["chosen"], files["rejected"], 4.0)
    assert (read.chosen.take, read.judge, read.licence, read.prompt.metas) == (
        None, "tangoflux", "CC-BY-4.0", TakeMetas(duration=4.0),
    )  # fmt: skip
    again = formats.write_rows([read], "tangoflux", tmp_path / "again.json", lambda side: str(side.file))
    assert again.read_text() == flux.read_text()
    [short] = formats.read_rows(alpaca, "audio-alpaca")
    with pytest.raises(BadInput, match="no length"):
        formats.write_rows([short], "tangoflux", tmp_path / "no.json", lambda side: str(side.file))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no rows"),
        ("[]", "no rows"),
        ("[1]", "row 1"),
        ('{"prompt": "a", "chosen": "x"}', "rejected"),
        ('{"prompt": "a", "chosen": "x", "rejected": "x"}', "one take"),
        ('{"prompt": "", "chosen": "x", "rejected": "y"}', "prompt"),
        ('{"prompt": "a", "chosen": "x", "rejected": "y"}\n{"a', "line 2"),
        ("RIFF\0\0", "rows.jsonl"),
    ],
)
def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        formats.read_rows(path, "audio-alpaca")
    with pytest.raises(NotFound):
        formats.read_rows(tmp_path / "no.jsonl", "audio-alpaca")


# --- verdicts


def verdict(number: int, judge: str = "Ada", **facts: object) -> Verdict:
    origin = Origin(variant="nano", revision="b2:00")
    more = {"origin": origin} if facts["kind"] == "rating" else {"origins": (origin, origin)}
    when = {"created": START + timedelta(seconds=number), "judgement": Judgement(judge=judge)}
    return make_verdict({**more, **when, **facts})


def test_the_newest_preference_counts_and_a_tie_is_none() -> None:
    a, b, c, other = take(0), take(1), take(2), take(3, "house")
    said = [
        verdict(5, kind="preference", a=a.id, b=b.id, choice="b"),
        verdict(4, kind="preference", a=b.id, b=a.id, choice="b"),  # the other way, earlier
        verdict(3, kind="preference", a=b.id, b=c.id, choice="tie"),
        verdict(2, kind="preference", a=a.id, b=other.id, choice="a"),  # of two prompts
        verdict(1, kind="preference", a=a.id, b="b" * 12, choice="a"),  # gone
    ]
    [found] = collect(said, finder(a, b, c, other))
    assert (found.chosen.take, found.rejected.take) == (b.id, a.id)
    assert (found.source, found.judge, found.verdict) == ("human", "Ada", said[0].id)


def test_ratings_by_one_listener_of_one_prompt_are_pairs() -> None:
    a, b, c, other = take(0), take(1), take(2), take(3, "house")
    said = [
        verdict(6, kind="rating", take=a.id, stars=5),
        verdict(5, kind="rating", take=a.id, stars=1),  # an older one of the same take
        verdict(4, kind="rating", take=b.id, stars=2),
        verdict(3, kind="rating", take=c.id, stars=2),
        verdict(2, "Ben", kind="rating", take=c.id, stars=4),  # another's stars
        verdict(1, kind="rating", take=other.id, stars=1),
    ]
    found = collect(said, finder(a, b, c, other))
    assert {(one.chosen.take, one.rejected.take, one.margin) for one in found} == {(a.id, b.id, 3.0), (a.id, c.id, 3.0)}


# --- prompts


@pytest.mark.thorough
def test_prompts_fill_the_gaps_and_are_the_same_again() -> None:
    drawn = prompts.draw_prompts(300, 5, 10.0)
    assert drawn == prompts.draw_prompts(300, 5, 10.0) and drawn[:50] == prompts.draw_prompts(50, 5, 10.0)
    assert drawn[:50] != prompts.draw_prompts(50, 6, 10.0)
    assert len({one.prompt.id for one in drawn}) == 300
    counts = prompts.Coverage()
    for one in drawn:
        counts.add(one.facets)
    for facet, most in (("style", 12), ("key", 24)):
        every = [counts.counts[facet][what] for what in prompts.possible()[facet]]
        assert min(every) >= 1 and max(every) <= most, facet
    plain = [prompts._draw([*prompts.styles.STYLES.values()], 10.0, np.random.default_rng(seed)) for seed in range(300)]
    chance = prompts.Coverage()
    for one in plain:
        chance.add(one.facets)
    for facet in ("style", "key", "mood", "instrument"):
        mine, theirs = ([len(+one.counts[facet])] for one in (counts, chance))
        assert mine >= theirs, facet


def test_what_was_asked_for_before_is_not_asked_for_again() -> None:
    first = [one.prompt for one in prompts.draw_prompts(30, 5, 10.0, only=("CORE-01",))]
    then = prompts.draw_prompts(30, 5, 10.0, only=("CORE-01",), before=first)
    assert not {one.id for one in first} & {one.prompt.id for one in then}
    assert all(one.facets["style"] == ("CORE-01",) for one in then)
    with pytest.raises(NotFound):
        prompts.draw_prompts(1, 0, 10.0, only=("qqqq",))


@pytest.mark.thorough
def test_more_prompts_than_there_are_is_refused() -> None:
    with pytest.raises(BadInput, match="there are not 5000"):
        prompts.draw_prompts(5000, 5, 10.0, only=("trap",))


def test_the_facets_of_a_prompt_are_read_from_its_words() -> None:
    drawn = prompts.draw_prompts(40, 3, 10.0)
    right = sum(prompts.facets_of(one.prompt)["key"] == one.facets["key"] for one in drawn)
    assert right == 40 and all(prompts.facets_of(one.prompt)["tempo"] == one.facets["tempo"] for one in drawn)


# --- scores


def test_scorers_are_put_on_one_scale_inside_prompts() -> None:
    rng = np.random.default_rng(0)
    rows = [[{"loud": 1000 * base + 100 * x, "fine": 0.01 * x, "dead": 3.0} for x in rng.permutation(4)] for base in range(50)]
    scale = Scale.of(rows)
    assert scale.spread("dead") == 0.0 and scale.spread("loud") == pytest.approx(1e4 * scale.spread("fine"))
    alike = scale.combine(rows[0], {"loud": 1.0, "fine": 1.0, "dead": 5.0})
    once = scale.combine(rows[0], {"fine": 1.0})
    assert np.argsort(alike).tolist() == np.argsort(once).tolist() and sum(once) == pytest.approx(0.0)
    against = scale.combine([{"loud": 1.0, "fine": 0.0}, {"loud": 0.0, "fine": 1e-4}], {"loud": 1.0, "fine": 1.0})
    assert against == pytest.approx([0.0, 0.0], abs=1e-9)
    assert best_and_worst(once) is not None and best_and_worst([0.0, 0.0]) is None and best_and_worst([]) is None


def row(*seeds: int, scores: list[float]) -> Candidates:
    takes = [take(seed) for seed in seeds]
    read = [{"caption": one} for one in scores]
    facts = {"prompt": prompt_of(takes[0]), "takes": [one.id for one in takes], "scores": read, "defects": [()] * len(takes)}
    return Candidates.model_validate(facts)


def test_the_best_and_the_worst_of_each_prompt_are_paired() -> None:
    rows = [row(0, 1, 2, scores=[0.1, 0.9, 0.5]), row(3, 4, scores=[0.5, 0.5001]), row(5, 6, scores=[0.7, 0.2])]
    every = finder(*(take(seed) for seed in range(6)))  # take 6 is gone
    [found] = pair_up(rows, PairingRule({"caption": 1.0}, least_margin=0.5, licence="CC0-1.0"), every)
    assert (found.chosen.take, found.rejected.take) == (take(1).id, take(0).id)
    assert (
        found.chosen.scores == {"caption": 0.9}
        and found.licence == "CC0-1.0"
        and (found.source, found.judge) == ("seeds", "caption")
    )
    assert len([*pair_up(rows, PairingRule({"caption": 1.0}), every)]) == 2


def test_candidates_are_kept_row_by_row_and_a_broken_one_is_made_again(tmp_path: Path) -> None:
    one, two = candidates.path_of(tmp_path, 1, 2), candidates.path_of(tmp_path, 2, 2)
    first, second = row(0, 1, scores=[1.0, 2.0]), row(2, 3, scores=[1.0, 2.0])
    candidates.append(one, 0, first)
    candidates.append(two, 1, second)
    candidates.append(one, 2, second)
    assert candidates.all_rows(tmp_path) == {0: first, 1: second, 2: second}
    one.write_bytes(one.read_bytes()[:-30])
    assert candidates.all_rows(tmp_path) == {0: first, 1: second}
    candidates.append(one, 2, second)
    assert candidates.all_rows(tmp_path) == {0: first, 1: second, 2: second}
