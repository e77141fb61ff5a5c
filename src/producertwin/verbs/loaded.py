"""Instruments in memory: each is loaded once and stays, and what was not used the longest is put away where memory runs out.

The weights of all together stay below a budget: the setting `memory`, or else half of what the device has. One that is larger
than the budget is played alone.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import torch

    from ..model.instrument import Instrument
    from ..settings import Settings

SHARE: Final = 0.5
"""Of the device's memory, for the weights of instruments, where no setting says otherwise."""
SPARE: Final = 1.5
"""What an instrument needs to play, as a factor of its weights: a rough measure, on the safe side for takes of some minutes."""


class LoadedInstruments:
    """Instruments by the name they are asked for, the one used last at the end."""

    def __init__(self, given: Mapping[str, Instrument]) -> None:
        self._loaded = OrderedDict(given)

    def __contains__(self, name: str) -> bool:
        return name in self._loaded

    def __bool__(self) -> bool:
        return bool(self._loaded)

    def use(self, name: str) -> Instrument:
        """The instrument called `name`, which is loaded."""
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def add(self, name: str, instrument: Instrument) -> None:
        """Keep an instrument."""
        self._loaded[name] = instrument

    def clear(self) -> None:
        """Put all away."""
        self._loaded.clear()

    def make_room(self, needed: int, device: torch.device, settings: Settings) -> tuple[str, ...]:
        """Put away what has to go before an instrument of `needed` bytes is loaded on `device`, and return the names."""
        from ..model.variants.footprint import footprint_of, free_bytes

        budget = budget_of(device, settings)
        sizes = {name: footprint_of(one).bytes for name, one in self._loaded.items() if one.device.type == device.type}
        gone = []
        for name in list(sizes):
            if sum(sizes.values()) + needed <= budget and needed * SPARE <= free_bytes(device):
                break
            gone.append(name)
            del self._loaded[name], sizes[name]
            return_memory(device)
        return tuple(gone)


def budget_of(device: torch.device, settings: Settings) -> int:
    """Bytes that the weights of all instruments on `device` may take."""
    from ..model.variants.footprint import whole_bytes

    return int(whole_bytes(device) * SHARE if settings.memory is None else settings.memory * 1e9)


def return_memory(device: torch.device) -> None:
    """Give the memory of what nobody holds any more back to `device`."""
    import torch

    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
