"""What the tests of pairs share: candidates whose scorers contradict each other, and a run that improved a twin."""

from __future__ import annotations

from pathlib import Path

from producertwin.audio import files
from producertwin.library import TakeDraft
from producertwin.library.runs import Run
from producertwin.preferences import candidates, store
from producertwin.preferences.candidates import Candidates
from producertwin.preferences.pair import prompt_of
from producertwin.verbs.pairs import MakePairsPlan
from server_kit import House, tone


def add_take(house: House, folder: Path, caption: str, seed: int, level: float) -> str:
    sound = files.write(folder / f"{caption}{seed}.flac", level * tone(2.0, 200.0 + seed)).read_bytes()
    facts = {"audio": sound, "task": "text2music", "stage": {}, "variant": "nano", "revision": "b2:00", "seconds": 2.0}
    return house.library.takes.add(TakeDraft.model_validate(facts | {"caption": caption, "seed": seed})).id


def make_set(house: House, folder: Path, adapters: tuple[str, ...] = (), *, better: float = 0.0, seed: int = 7) -> str:
    """A set of four prompts whose two scorers contradict each other."""
    plan = MakePairsPlan(n=4, takes=2, scorers=("inspector", "meters"), adapters=adapters, seed=seed)
    found = store.open_set(house.settings.studio, plan.model_dump(mode="json") | {"made": "candidates"})
    for place in range(4):
        mine = tuple(
            add_take(house, folder, f"lofi {place}", 2 * place + each + 100 * len(adapters), 1.0 - 0.8 * each) for each in (0, 1)
        )
        scores = ({"inspector": 8.0 + better, "meters": 0.2}, {"inspector": 6.0 + better, "meters": 1.4 + place / 10})
        row = Candidates(prompt=prompt_of(house.library.takes.get(mine[0])), takes=mine, scores=scores, defects=((), ()))
        candidates.append(candidates.path_of(found.folder, 1, 1), place, row)
    store.replace(found, [])
    return found.id


def improve(house: House, pairs: str) -> Run:
    """The run of the house as one that came to its end and improved a twin."""
    run = house.library.runs.update(house.run, status="done", kind="dpo")
    folder = house.library.runs.folder(run)
    (folder / "improvement.json").write_text(f'{{"by": "dpo", "pairs": "{pairs}", "start": null}}')
    (folder / "adapter").mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / "adapter" / name).write_text("{}")
    rows = [
        f'{{"step": {at}, "loss": 0.6, "accuracy": {at / 10}, "inside": 0.3, "chosen_rise": 0.0, "rejected_rise": 0.1}}\n'
        for at in range(1, 11)
    ]
    (folder / "log.jsonl").write_text("".join(rows))
    return run
