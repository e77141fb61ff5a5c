"""An open studio: what every verb is given beside its plan.

The library is opened, and created where there is none, when a verb first asks for it, and stays open as long as the studio.
Instrument and embedders take seconds to load, so they are loaded when a verb first asks for them and kept; a verb resolves them
once and hands them on as values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ..progress import Progress, Steps
from ..settings import Settings

if TYPE_CHECKING:
    from ..library import Library
    from ..metrics.embedders import SoundEmbedder
    from ..model.instrument import Instrument
    from ..model.nano.embedder import Embedder
    from ..proof.plan import EmbedderName


class Studio:
    """Settings, the library, and what was loaded last."""

    def __init__(
        self, settings: Settings, library: Library | None = None, instruments: Mapping[str, Instrument] | None = None
    ) -> None:
        """`library` is open already and is not closed here; `instruments` are loaded already, by the name they are asked for."""
        self.settings = settings
        self._library = library
        self._opened = ExitStack()
        self._instruments = dict(instruments or {})
        self._embedder: Embedder | None = None

    @property
    def library(self) -> Library:
        """The studio's library. Raises as `library.open_library` does when it is first asked for."""
        from ..library import open_library

        if self._library is None:
            self._library = self._opened.enter_context(open_library(self.settings))
        return self._library

    @property
    def existing_library(self) -> Library | None:
        """The studio's library; None where there is none yet, and none is made."""
        there = self._library is not None or self.settings.database is not None
        return self.library if there or (self.settings.studio / "library.sqlite").is_file() else None

    def load_instrument(self, variant: str) -> Steps[Instrument]:
        """Load `variant`, a name or a folder, and keep it until another is asked for.

        Raises as `model.variants.load.load` does.
        """
        from ..model.variants.load import load

        if variant not in self._instruments:
            yield Progress(f"loading {variant}", 0, 1)
            self._instruments = {variant: load(variant, self.settings)}
            yield Progress(f"loading {variant}", 1, 1)
        return self._instruments[variant]

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
