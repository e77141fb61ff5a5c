"""The training of the producer model: what is known of desks, three losses with gradients, and going on where it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from producer_kit import song, stem
from producertwin.audio import files
from producertwin.errors import BadInput, NotFound
from producertwin.mixing.automix.curves import draw_curve
from producertwin.mixing.producer.features import LEVEL_LUFS, hear_mix
from producertwin.mixing.producer.grammar import questions_of
from producertwin.mixing.producer.model import load_producer, save_producer
from producertwin.mixing.producer.net import Rows
from producertwin.progress import Message, finish
from producertwin.training.producer import training
from producertwin.training.producer.damage import KINDS, spoil_mix
from producertwin.training.producer.desks import draw_example, know_desk, spoil_stem
from producertwin.training.producer.folders import caption_of, find_songs, read_folders
from producertwin.training.producer.losses import DeskBatch, desk_loss, make_targets, plan_loss, quality_loss
from producertwin.training.producer.sheets import Sheet, compose_sheets, mark_stems
from producertwin.training.producer.songs import compose_song, read_line, say_song


def test_every_loss_moves_its_head_and_the_words() -> None:
    net, one = training.build_net(1), song()
    example = draw_example(one, np.random.default_rng(0))
    heard = torch.tensor([fault.heard for fault in one.faults])
    losses = {
        "stems": plan_loss(net, [example.text], torch.tensor([mark_stems(["drums", "bass"])])),
        "judge": quality_loss(net, [""] * len(heard), heard, torch.linspace(0, 1, len(heard))),
        "desk": desk_loss(net, DeskBatch([example.text], [(questions_of(example.desk), example.stems)])),
    }
    for head, loss in losses.items():
        net.zero_grad()
        loss.backward()
        for part in (getattr(net, head), net.words, net.phrases):
            assert any(weight.grad is not None and float(weight.grad.abs().sum()) > 0 for weight in part.parameters()), head


def test_no_place_of_a_row_sees_what_comes_after_it() -> None:
    from producertwin.mixing.producer.reading import stack_rows, stack_texts

    net, example = training.build_net(1).eval(), draw_example(song(), np.random.default_rng(0))
    questions = questions_of(example.desk)
    caption = net.read(*stack_texts([example.text]))
    with torch.inference_mode():
        whole = net.answer(stack_rows([(questions, example.stems)]), caption)
        part = net.answer(stack_rows([(questions[:40], example.stems)]), caption)
        reader, rows = net.desk.start(caption), stack_rows([(questions[:40], example.stems)])
        parts = [[one[:, place : place + 1] for one in (rows.before, rows.asked, rows.stems, rows.roles)] for place in range(40)]
        steps = [reader.send(Rows(*one)) for one in parts]
    assert torch.allclose(whole[:, :40], part, atol=1e-4)
    assert torch.allclose(torch.stack(steps), part[0], atol=1e-4)


def test_a_known_desk_undoes_what_was_planted() -> None:
    one, rng = song(), np.random.default_rng(3)
    spoilt = [spoil_stem(part, rng) for part in one.stems]
    desk = know_desk("trap", "trap", "", one.stems, spoilt)
    for part, (changed, undone), strip in zip(one.stems, spoilt, desk.strips.values(), strict=True):
        assert (strip.pan, strip.bells) == (undone.pan, undone.bells)
        after = np.array(changed.bands) + draw_curve(strip)
        heard = np.array(part.bands) > -30
        away = (after - np.array(part.bands))[heard]
        assert np.ptp(away) < 0.2


def test_an_example_has_a_strip_for_every_stem_and_its_words_are_heeded() -> None:
    for seed in range(6):
        example = draw_example(song(), np.random.default_rng(seed))
        assert len(example.desk.strips) == len(example.stems)
        assert "trap" in example.text
        if "with the lofi desk" in example.text:
            assert example.desk.master.colour is not None
    assert LEVEL_LUFS == -24


def test_targets_stay_among_the_answers() -> None:
    example = draw_example(song(), np.random.default_rng(0))
    questions = questions_of(example.desk)
    wanted, allowed, counted = make_targets([questions, questions[:5]], len(questions))
    assert torch.allclose(wanted.sum(-1)[counted > 0], torch.ones(int(counted.sum())))
    assert not (wanted > 0)[~allowed].any()
    assert counted.sum() == len(questions) + 5


@pytest.mark.parametrize("kind", KINDS)
def test_planted_faults_are_heard_and_none_is_none(kind: str) -> None:
    stems = {name: stem(name) for name in ("drums", "bass", "keyboard")}
    mix = np.sum([*stems.values()], axis=0, dtype=np.float32)
    same, worse = (spoil_mix(mix, stems, kind, strength, np.random.default_rng(1)) for strength in (0.0, 0.8))
    assert np.allclose(same, mix, atol=1e-5)
    assert worse.shape == mix.shape and np.isfinite(worse).all()
    assert np.abs(hear_mix(worse) - hear_mix(mix)).max() > 0.1


@pytest.mark.thorough
def test_training_stopped_and_gone_on_with_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    recipe = training.ProducerRecipe(songs=0, sheets=0, texts=2, mixes=2, desks=1)
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update={"steps": 4, "save_every": 2, "warmup": 1})})
    recipe = recipe.model_copy(update={"finish": recipe.finish.model_copy(update={"steps": 2, "warmup": 1})})
    whole, _ = finish(training.train_heads(recipe, tmp_path / "whole", [song()]))
    finish(training.train_heads(recipe, tmp_path / "parts", [song()], stop_after=1e-9))
    parts, reached = finish(training.train_heads(recipe, tmp_path / "parts", [song()]))
    assert reached == 4
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, parts.state_dict()[name]), name
    epochs = training.read_epochs(tmp_path / "whole" / "run" / "log.jsonl", 2)
    assert [set(one) for one in epochs] == [{"plan", "quality", "faust"}] * 2


def test_what_a_kill_leaves_of_songs_sheets_and_log_is_mended(tmp_path: Path) -> None:
    path = tmp_path / training.SHEETS
    whole = finish(compose_sheets(21, 0, 3, path))
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rstrip().rfind("\n") + 20], encoding="utf-8")
    assert finish(compose_sheets(21, 0, 3, path)) == whole
    assert path.read_text(encoding="utf-8") == text
    recipe = training.ProducerRecipe(songs=0, sheets=0, desks=1)
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update={"steps": 3, "save_every": 2, "warmup": 1})})
    log = tmp_path / "faust" / "log.jsonl"
    finish(training.train_desk(recipe, tmp_path, training.build_net(1), [song()], stop_after=1e-9))
    with log.open("a", encoding="utf-8") as file:  # two steps behind the checkpoint, the second of them cut off
        file.write(json.dumps({"step": 2, "loss": 9.0, "faust": 9.0}) + '\n{"step": 3, "lo')
    finish(training.train_desk(recipe, tmp_path, training.build_net(1), [song()]))
    assert [json.loads(line)["step"] for line in log.read_text(encoding="utf-8").splitlines()] == [1, 2, 3]
    assert len(training.read_epochs(log, 1)) == 3 and "faust" in training.read_epochs(log, 3)[0]


def test_the_quality_head_alone_is_trained(tmp_path: Path) -> None:
    recipe = training.ProducerRecipe()
    recipe = recipe.model_copy(update={"finish": recipe.finish.model_copy(update={"steps": 2, "warmup": 1})})
    net = training.build_net(1)
    before = {name: weight.clone() for name, weight in net.state_dict().items()}
    assert finish(training.finish_quality(net, [song()], recipe, tmp_path)) == 2
    moved = {name.split(".")[0] for name, weight in net.state_dict().items() if not torch.equal(weight, before[name])}
    assert moved == {"hear", "expect", "judge"}
    assert all(weight.requires_grad for weight in net.parameters())


def test_the_desk_head_alone_is_trained(tmp_path: Path) -> None:
    recipe = training.ProducerRecipe(songs=0, sheets=0, desks=1)
    recipe = recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update={"steps": 2, "warmup": 1})})
    net = training.build_net(1)
    before = {name: weight.clone() for name, weight in net.state_dict().items()}
    assert finish(training.train_desk(recipe, tmp_path, net, [song()])) == 2
    moved = {name for name, weight in net.state_dict().items() if not torch.equal(weight, before[name])}
    assert moved and all(name.startswith("desk.") for name in moved)


def test_weights_come_back_from_their_folder(tmp_path: Path) -> None:
    net = training.build_net(5)
    read = load_producer(save_producer(net, tmp_path / "weights", {"revision": "test"}))
    assert read.revision == "test"
    assert set(read.plan_stems("trap")) == set(net_stems())


def net_stems() -> tuple[str, ...]:
    from producertwin.music import STEMS

    return STEMS


def test_songs_survive_their_lines_and_other_versions_are_passed_over() -> None:
    one = song()
    assert read_line(one.line()) == one
    assert read_line(json.dumps({**json.loads(one.line()), "version": -1})) is None


def test_a_song_is_asked_for_in_a_sentence() -> None:
    said = say_song(compose_song(1, 0), np.random.default_rng(0))
    assert " a " in said and " with " in said
    assert isinstance(Sheet((said,), ("drums",)).captions, tuple)


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        finish(training.train_heads(training.ProducerRecipe(songs=0, sheets=0), tmp_path))


def lay(root: Path, title: str, **facts: object) -> Path:
    """A folder of a song with two stems."""
    folder = root / "Ada" / title
    (folder / "stems").mkdir(parents=True)
    parts = {name: stem(name) for name in ("drums", "bass")}
    for name, sound in parts.items():
        files.write(folder / "stems" / f"{name}.wav", sound)
    files.write(folder / "song.wav", np.sum([*parts.values()], axis=0, dtype=np.float32))
    if facts:
        (folder / "song.json").write_text(json.dumps(facts))
    return folder


def test_songs_are_read_from_folders_and_broken_ones_are_told(tmp_path: Path) -> None:
    lay(tmp_path, "one", bpm=140, key="F minor", genre="trap", beats=[0.0, 0.4])
    (lay(tmp_path, "two") / "song.wav").write_bytes(b"no sound")
    (lay(tmp_path, "three") / "song.json").write_text("[1")
    assert [one.title for one in find_songs(tmp_path)] == ["one", "three", "two"]
    events = []
    reading = read_folders(tmp_path)
    try:
        while True:
            events.append(next(reading))
    except StopIteration as end:
        [found] = end.value
    assert found.captions == ("trap, 140 bpm, F minor",) and found.style == "trap"
    assert {one.role for one in found.stems} == {"drums", "bass"}
    told = [one.text for one in events if isinstance(one, Message)]
    assert any("Ada/two" in text for text in told) and any("Ada/three" in text for text in told)


def test_folders_without_songs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        find_songs(tmp_path / "nothing")
    with pytest.raises(BadInput):
        find_songs(tmp_path)
    assert caption_of({"bpm": True, "genre": ""}, "Ada") == "Ada"
