"""Two bundles play the same prompts and seeds, and what comes of it is a blind test like any other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_kit import save_original

from graphs_kit import write_graphs
from producertwin.cli.main import run
from producertwin.errors import BadInput
from producertwin.listening.plan import ListeningPlan
from producertwin.model.instrument import Instrument
from producertwin.model.variants.convert import convert
from producertwin.progress import finish
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, export
from producertwin.verbs.listen_bundles import BundlesPlan, list_stages, prepare_bundles
from producertwin.verbs.studio import Studio, open_studio

TEST = ListeningPlan(question="preference", trials=3, repeats=1, identical=1, obvious=1, seconds=1.0, seed=5)


@pytest.fixture(scope="module")
def bundles(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Studio]]:
    """Two exports of one variant, in single and in half precision, and a studio."""
    root = tmp_path_factory.mktemp("bundles")
    converted = finish(convert(save_original(tiny, root / "checkpoints"), root / "converted"))
    with open_studio(Settings(studio=root / "studio", device="cpu", offline=True)) as studio:
        made = []
        for precision in ("fp32", "bf16"):
            plan = ExportPlan.model_validate({"name": str(converted), "precision": precision})
            made.append(str(finish(export(plan, root / precision, studio)).folder))
        yield made[0], made[1], studio


def test_every_pair_is_one_prompt_and_one_seed_and_no_guide_hides_the_difference() -> None:
    plan = BundlesPlan(bundles=("nano", "./other"), test=ListeningPlan(trials=50, seed=5, seconds=8, begin=1))
    ours, theirs = (list(list_stages(plan, name)) for name in plan.bundles)
    assert [one.model_dump(exclude={"play": {"variant"}}) for one in ours] == [
        one.model_dump(exclude={"play": {"variant"}}) for one in theirs
    ]
    assert {one.play.variant for one in theirs} == {"./other"} and {one.guide for one in ours} == {"none"}
    assert [one.play.seed for one in ours] == list(range(5, 55)) and {one.seconds for one in ours} == {11.0}
    assert len({one.prompt.caption for one in ours}) > 45  # each style comes before one comes again


@pytest.mark.thorough
def test_both_play_and_the_test_holds_their_pairs_with_hidden_ones(bundles: tuple[str, str, Studio]) -> None:
    first, second, studio = bundles
    done = finish(prepare_bundles(BundlesPlan(bundles=(first, second), test=TEST), studio))
    roles = [trial.role for trial in done.test.trials]
    assert (roles.count("pair"), roles.count("repeat"), roles.count("identical"), roles.count("obvious")) == (3, 1, 1, 1)
    takes = studio.library.takes.list()
    assert sorted(take.seed for take in takes) == [5, 5, 6, 6, 7, 7] and len({take.variant for take in takes}) == 2
    played = {take.id: take for take in takes}
    for item in done.test.items:
        one, other = (next(take for key, take in played.items() if key in path) for path in (item.twin, item.other))
        assert (one.caption, one.seed) == (other.caption, other.seed) and one.revision != other.revision


@pytest.mark.thorough
def test_graphs_are_heard_beside_weights(bundles: tuple[str, str, Studio], tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    first, _, studio = bundles
    graphs = str(write_graphs(tmp_path / "graphs"))
    before = {take.id for take in studio.library.takes.list()}
    finish(prepare_bundles(BundlesPlan(bundles=(first, graphs), test=TEST), studio))
    engines = [take.made.engine for take in studio.library.takes.list() if take.id not in before and take.made]
    assert engines.count("onnx") == TEST.trials


@pytest.mark.thorough
def test_two_of_the_same_weights_are_refused_before_anything_is_played(bundles: tuple[str, str, Studio], tmp_path: Path) -> None:
    first, _, studio = bundles
    count = len(studio.library.takes.list())
    with pytest.raises(BadInput, match="stands on both sides"):
        finish(prepare_bundles(BundlesPlan(bundles=(first, first), test=TEST), studio))
    copied = str(shutil.copytree(first, tmp_path / "copied"))
    with pytest.raises(BadInput, match="hold the same weights"):
        finish(prepare_bundles(BundlesPlan(bundles=(first, copied), test=TEST), studio))
    assert len(studio.library.takes.list()) == count


def test_the_command_line_tells_what_would_be_played_and_asks_for_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "studio").mkdir()
    where = ["--studio", str(tmp_path / "studio")]
    assert run([*where, "listen", "prepare", "--bundles", "nano", "tiny", "--trials", "4", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bundles"] == ["nano", "tiny"] and len(told["takes"]) == 4
    for words, said in (((), "no sounds are named"), (("a", "--bundles", "b", "c"), "sounds are named too")):
        assert run([*where, "listen", "prepare", *words]) == 3
        assert said in capsys.readouterr().err
