"""Short twins: what is judged where too few songs are held out.

Each is trained as the twin was, by its recipe and from nothing, on all songs but those of one fold, for as many steps as make all
short twins together take as long as the twin itself took. What is finished is found again; a stopped training goes on.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from ..dataset.manifest import Manifest
from ..library import Library
from ..library.runs import ADAPTER, RECIPE
from ..model.adapter_spec import AdapterCard
from ..model.adapters import card_of
from ..model.instrument import Instrument
from ..model.variants.catalogue import Located
from ..progress import Steps, note
from ..timebase import frames_of
from ..training.lora import recipes
from ..training.lora.loop import train_adapter
from ..training.lora.plan import TrainTask
from ..training.lora.recipe import LoraRecipe
from ..training.lora.request import default_recipe
from .folds import Folds, leave_out
from .takes import ShortTwin


def find_task(adapter: Path, run: Path | None, manifest: Manifest, variant: Located, library: Library) -> Steps[TrainTask]:
    """How the twin `adapter` was trained, by its run's recipe, or by the variant's own where no run of it is here.

    What learned from preferences began with a twin of songs: its short twins are trained as a run on the same songs was.
    """
    card = card_of(adapter) or AdapterCard()
    runs, known = library.runs, library.runs.list()
    same_songs = [one for one in known if one.dataset == manifest.fingerprint]
    home = run or next((runs.folder(one) for one in same_songs if one.recipe == card.recipe), None)
    if home is not None and any(one.kind == "dpo" and one.id == home.name for one in known):
        home = next((runs.folder(one) for one in same_songs if one.kind == "lora"), None)
        yield note("this twin learned from preferences: its short twins learn from songs alone")
    if home is None or not (home / RECIPE).is_file():
        chosen = recipes.load(default_recipe(variant.name), {"data.trigger": card.trigger})
        yield note(f"no run of this twin is here: its short twins are trained by {chosen.name}")
    else:
        chosen = recipes.load(home / RECIPE)
    return TrainTask(card.producer, variant, chosen.recipe, manifest, recipe_name=chosen.name)


def shorten_recipe(recipe: LoraRecipe, manifest: Manifest, folds: int) -> LoraRecipe:
    """The recipe of one of `folds` short twins of a set: the same but for its steps, unvalidated, only its end kept."""
    whole = recipe.steps(sum(frames_of(row.seconds) for row in manifest.rows))
    steps = math.ceil(whole / folds)
    less = {"steps": steps, "epochs": None, "save_every": steps, "keep": 1, "validate_every": 0, "sample_every": 0, "patience": 0}
    warmup = min(recipe.optimizer.warmup, steps // 5)
    return recipe.model_copy(
        update={
            "training": recipe.training.model_copy(update=less),
            "optimizer": recipe.optimizer.model_copy(update={"warmup": warmup}),
        }
    )


def train_short(task: TrainTask, folds: Folds, folder: Path, library: Library, instrument: Instrument) -> Steps[list[ShortTwin]]:
    """Train a short twin of `task` for every fold, in `folder`. Raises as `training.lora.loop.train_adapter` does."""
    count = len(folds.songs)
    recipe = shorten_recipe(task.recipe, task.manifest, count)
    yield note(f"{count} short twins of {recipe.training.steps} steps each; a stopped training goes on")
    found = []
    for place, songs in enumerate(folds.songs):
        manifest = leave_out(task.manifest, songs)
        home = folder / f"{manifest.fingerprint[3:11]}-{recipe.fingerprint[3:11]}-{instrument.revision[3:11]}"
        if not is_trained(home / ADAPTER, manifest, recipe, instrument):
            titles = ", ".join(row.title or row.track for row in manifest.side("holdout"))
            yield note(f"short twin {place + 1} of {count}, without {titles}")
            part = replace(task, recipe=recipe, manifest=manifest, run=None, checkpoint=None, parent=None)
            yield from train_adapter(part, home, library, instrument)
        found.append(ShortTwin(songs, home / ADAPTER))
    return found


def is_trained(adapter: Path, manifest: Manifest, recipe: LoraRecipe, instrument: Instrument) -> bool:
    """Whether the folder `adapter` holds what `recipe` makes of `manifest` on this instrument."""
    card = card_of(adapter) if adapter.is_dir() else None
    made = (card.dataset, card.recipe, card.revision) if card else None
    return made == (manifest.fingerprint, recipe.fingerprint, instrument.revision)
