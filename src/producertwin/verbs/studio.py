"""An open studio: what every verb is given beside its plan.

The library is open for as long as the studio is. Instrument and embedder take seconds to load, so they are loaded when a verb
first asks for them and kept; a verb resolves them once and hands them on as values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .. import library
from ..library import Library
from ..progress import Progress, Steps
from ..settings import Settings

if TYPE_CHECKING:
    from ..model.embedder import Embedder
    from ..model.instrument import Instrument


class Studio:
    """Settings, the open library, and what was loaded last."""

    def __init__(self, settings: Settings, library: Library, instruments: Mapping[str, Instrument] | None = None) -> None:
        """`instruments` are loaded already, by the name they are asked for."""
        self.settings = settings
        self.library = library
        self._instruments = dict(instruments or {})
        self._embedder: Embedder | None = None

    def load_instrument(self, variant: str) -> Steps[Instrument]:
        """Load `variant`, a name or a folder, and keep it until another is asked for. Raises as `model.load.load` does."""
        from ..model.load import load

        if variant not in self._instruments:
            yield Progress(f"loading {variant}", 0, 1)
            self._instruments = {variant: load(variant, self.settings)}
            yield Progress(f"loading {variant}", 1, 1)
        return self._instruments[variant]

    def load_embedder(self) -> Embedder:
        """Load the offline embedder once. Raises `Unavailable` where its weights are missing."""
        from ..model.embedder import load_embedder

        if self._embedder is None:
            self._embedder = load_embedder(self.settings)
        return self._embedder


@contextmanager
def open_studio(settings: Settings) -> Iterator[Studio]:
    """Open the studio of `settings`, creating it where there is none. Raises as `library.open_studio` does."""
    with library.open_studio(settings) as opened:
        yield Studio(settings, opened)
