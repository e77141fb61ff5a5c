"""An open studio: what every verb is given beside its plan.

The library is opened, and created where there is none, when a verb first asks for it, and stays open as long as the studio.
Instrument, planner and embedders take seconds to load, so they are loaded when a verb first asks for them and kept; a verb
resolves them once and hands them on as values. Several instruments stay in memory as long as they fit (`loaded`). Where
instrument and planner do not fit together, the one that is asked for stays and the other is put away.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, Resources
from ..progress import Progress, Steps, detail
from ..settings import Settings
from .loaded import SPARE, LoadedInstruments, return_memory
from .qualified import apply_qualification

if TYPE_CHECKING:
    from ..library import Library, Take, TakeDraft
    from ..metrics.embedders import SoundEmbedder
    from ..model.adapter_spec import AdapterSetting
    from ..model.adapters import Attached
    from ..model.adapters.adapter import Adapter
    from ..model.graphs.instrument import GraphInstrument
    from ..model.instrument import Card, Instrument
    from ..model.nano.embedder import Embedder
    from ..model.planner.language_model import Planner
    from ..model.sampling.encodings import Encodings
    from ..model.sampling.networks import AnyInstrument
    from ..pipeline.stages import Play
    from ..proof.plan import EmbedderName


KEPT_ADAPTERS = 4
"""Adapters that stay in memory between stages."""


class Studio:
    """Settings, the library, and what was loaded."""

    def __init__(
        self, settings: Settings, library: Library | None = None, instruments: Mapping[str, Instrument] | None = None
    ) -> None:
        """`library` is open already and is not closed here; `instruments` are loaded already, by the name they are asked for."""
        self.settings = settings
        self._library = library
        self._opened = ExitStack()
        self._instruments = LoadedInstruments(instruments or {})
        self._graphs: dict[str, GraphInstrument] = {}
        self._adapters: OrderedDict[tuple[object, ...], Adapter] = OrderedDict()
        self._planners: dict[str, Planner] = {}
        self._embedder: Embedder | None = None
        self._permit: Callable[[TakeDraft], None] | None = None
        self._tell: Callable[[Take], None] | None = None
        self._encodings: Encodings | None = None

    @property
    def library(self) -> Library:
        """The studio's library. Raises as `library.open_library` does when it is first asked for."""
        from ..library import open_library

        if self._library is None:
            self._library = self._opened.enter_context(open_library(self.settings))
            self._library.takes.permit, self._library.takes.tell = self._permit, self._tell
        return self._library

    def watch_storing(self, permit: Callable[[TakeDraft], None] | None, tell: Callable[[Take], None] | None) -> None:
        """Have `permit` called before a take is stored, which it prevents by raising, and `tell` after it; None for neither."""
        self._permit, self._tell = permit, tell
        if self._library is not None:
            self._library.takes.permit, self._library.takes.tell = permit, tell

    @property
    def existing_library(self) -> Library | None:
        """The studio's library; None where there is none yet, and none is made."""
        there = self._library is not None or self.settings.database is not None
        return self.library if there or (self.settings.studio / "library.sqlite").is_file() else None

    def load_instrument(self, variant: str) -> Steps[Instrument]:
        """Load `variant`, a name or a folder, and keep it until its memory is needed for another.

        Raises as `model.variants.load.load` does; for a folder of graphs, which can only be played, `BadInput`.
        """
        from ..model.variants.load import load

        if variant not in self._instruments:
            yield from map(detail, self._make_room_for_instrument(variant))
            yield Progress(f"loading {variant}", 0, 1)
            loaded = load(variant, self.settings)
            self._instruments.add(variant, replace(loaded, card=apply_qualification(variant, loaded.card, self.settings)))
            yield Progress(f"loading {variant}", 1, 1)
        return self._instruments.use(variant)

    def load_player(self, variant: str) -> Steps[AnyInstrument]:
        """Load what plays `variant`: torch's modules, or the graphs of a folder, which stay until others are asked for.

        Raises as `load_instrument` and `model.graphs.opening.open_graphs` do.
        """
        if not self.is_graphs(variant):
            return (yield from self.load_instrument(variant))
        from ..model.graphs.opening import open_graphs

        if variant not in self._graphs:
            self._graphs = {}
            yield Progress(f"loading {variant}", 0, 1)
            opened = open_graphs(Path(variant).expanduser(), self.settings)
            self._graphs = {variant: replace(opened, card=apply_qualification(variant, opened.card, self.settings))}
            yield Progress(f"loading {variant}", 1, 1)
        return self._graphs[variant]

    def is_graphs(self, variant: str) -> bool:
        """Whether `variant` is a folder of graphs. Raises as `catalogue.resolve` and `catalogue.layout` do."""
        from ..model.variants.catalogue import layout, resolve

        folder = resolve(variant, self.settings).folder if variant not in self._instruments else None
        return folder is not None and layout(folder) == "graphs"

    @contextmanager
    def attach(self, player: AnyInstrument, asked: Sequence[AdapterSetting]) -> Iterator[tuple[Attached, ...]]:
        """Attach the adapters `asked` for to `player` for the length of a `with`. Raises `BadInput` for any on graphs."""
        from ..model.graphs.instrument import GraphInstrument

        if not isinstance(player, GraphInstrument):
            from ..model.adapters import attached

            with attached(player, asked, self.read_adapter) as on:
                yield on
            return
        if asked:
            remedy = "merge it first: twin export ADAPTER --format onnx -o FOLDER, and play that folder"
            raise BadInput(f"{asked[0].path.name} cannot be attached to ONNX graphs", remedy=remedy)
        yield ()

    def refresh_card(self, variant: str) -> None:
        """Read the card of `variant` anew when it is used next, for what the studio knows of it has changed."""
        if variant in self._instruments:
            instrument = self._instruments.use(variant)
            card = apply_qualification(variant, self.read_card(variant), self.settings)
            self._instruments.add(variant, replace(instrument, card=card))

    def read_adapter(self, path: Path) -> Adapter:
        """The adapter at `path`, read once as long as its files are the same. Raises as `model.adapters.read` does."""
        from ..model.adapters import read

        files = sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []
        key = (path, *((file.name, (state := file.stat()).st_mtime_ns, state.st_size) for file in files))
        if key not in self._adapters:
            self._adapters[key] = read(path)
            while len(self._adapters) > KEPT_ADAPTERS:
                self._adapters.popitem(last=False)
        self._adapters.move_to_end(key)
        return self._adapters[key]

    @property
    def encodings(self) -> Encodings:
        """What instruments encoded lately, shared by all that this studio plays."""
        from ..model.sampling.encodings import Encodings

        if self._encodings is None:
            self._encodings = Encodings()
        return self._encodings

    def load_planner(self, name: str) -> Steps[Planner]:
        """Load a planner, by name or from a folder, and keep it until another is asked for.

        Raises `Resources` where it does not fit into the memory by itself, and as `model.planner.language_model.load` does.
        """
        from ..model.planner import catalogue, memory
        from ..model.planner.language_model import load
        from ..model.variants import footprint
        from ..model.variants.load import choose_device

        if name not in self._planners:
            self._planners = {}
            folder, _ = catalogue.require(name, self.settings)
            device = choose_device(self.settings.device)
            needed = memory.needed_bytes(folder, device)
            if self._instruments and needed > footprint.free_bytes(device):
                self._instruments.clear()
                self.encodings.clear()
                return_memory(device)
            free = footprint.free_bytes(device)
            if needed > free:
                message = f"the planner {name} needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB of {device} are free"
                raise Resources(message, remedy="close other programs, or take a smaller one: acestep-5Hz-lm-0.6B")
            yield Progress(f"loading {name}", 0, 1)
            self._planners = {name: load(name, self.settings)}
            yield Progress(f"loading {name}", 1, 1)
        return self._planners[name]

    def _make_room_for_instrument(self, variant: str) -> Iterator[str]:
        """Put away what `variant` does not fit beside, and say what that was. Raises as loading it would."""
        from ..model.variants import catalogue, footprint, integrity

        if not self._planners and not self._instruments:
            return
        located = catalogue.resolve(variant, self.settings)
        integrity.require(located)
        needed = footprint.footprint(located, self.settings)
        gone = self._instruments.make_room(needed.bytes, needed.device, self.settings)
        if gone:
            self.encodings.clear()
            return_memory(needed.device)
        if self._planners and needed.bytes * SPARE > footprint.free_bytes(needed.device):
            gone += tuple(self._planners)
            self._planners = {}
            return_memory(needed.device)
        yield from (f"put {name} away, for {variant} needs the memory" for name in gone)

    def read_card(self, variant: str) -> Card:
        """The card of `variant`, a name or a folder. Raises `NotFound`, and `Unavailable` where its weights are missing."""
        from ..model.variants.catalogue import find_weights, resolve

        located = resolve(variant, self.settings)
        if located.folder is not None and not self.is_graphs(variant):
            find_weights(variant, self.settings)
        return apply_qualification(variant, located.read_card(), self.settings)

    def find_adapters(self, play: Play) -> tuple[AdapterSetting, ...]:
        """Where every adapter that `play` names lies, and how it acts. Raises as `library.adapters.find` does."""
        from ..library.adapters import find
        from ..model.adapter_spec import AdapterSetting

        folder = self.settings.studio
        return tuple(AdapterSetting(find(str(one.folder), folder), one.scale, one.levels) for one in play.adapters)

    def load_embedder(self) -> Embedder:
        """Load the offline embedder once. Raises `Unavailable` where its weights are missing."""
        from ..model.nano.embedder import load_embedder

        if self._embedder is None:
            self._embedder = load_embedder(self.settings)
        return self._embedder

    def load_embedders(self, names: Sequence[EmbedderName]) -> list[SoundEmbedder]:
        """Load the embedders of these names, each once, in their order. Raises `Unavailable` where one's weights are missing."""
        from ..metrics import embedders
        from ..metrics.clap import clap

        make: dict[EmbedderName, Callable[[], SoundEmbedder]] = {
            "mel-stats": embedders.mel_stats,
            "offline": lambda: embedders.offline_embedder(self.load_embedder()),
            "clap": lambda: clap(self.settings),
        }
        return [make[name]() for name in dict.fromkeys(names)]

    def close(self) -> None:
        """Close the library if it was opened here."""
        self._opened.close()


@contextmanager
def open_studio(settings: Settings) -> Iterator[Studio]:
    """The studio of `settings` for the time of the block."""
    studio = Studio(settings)
    try:
        yield studio
    finally:
        studio.close()
