"""Attach adapters to an instrument: weighted, stacked, and detached without a trace.

Weights are never touched. A forward hook on a layer adds what every adapter there changes; all of them see the output of the
plain layer, so several add up exactly, a weight acts in proportion, and a weight of 0, like taking off, gives back the very same
bits. The tensors of an adapter are placed once, when it is put on; changing its weight costs nothing, and so does letting it rest
(`by_level`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.hooks import RemovableHandle

from ...errors import BadInput
from ..adapter_spec import EVERY_LEVEL, AdapterSetting
from ..instrument import Instrument
from ..key_maps import ENCODER
from .adapter import Adapter
from .delta import Change, Delta, is_idle
from .reading import read


@dataclass(slots=True, eq=False)
class Attached:
    """An attached adapter."""

    adapter: Adapter
    scale: float
    """How strongly it acts; 1 is as trained. May be changed at any time."""
    levels: tuple[float, float] = EVERY_LEVEL
    """Lowest and highest noise level at which it acts in a walk."""
    resting: bool = False
    """Whether it does nothing at present."""
    hooks: tuple[_Hook, ...] = ()

    def detach(self) -> None:
        """Detach the adapter."""
        for seat in self.hooks:
            seat.drop(self)
        self.hooks = ()

    @property
    def acting_scale(self) -> float:
        """How strongly it acts at present; 0 is not at all."""
        return 0.0 if self.resting else self.scale


class _Hook:
    """The forward hook of one layer, which adds the changes of its adapters."""

    def __init__(self, module: Any) -> None:
        self.changes: dict[Attached, Change] = {}
        self.handle: RemovableHandle = module.register_forward_hook(self)

    @classmethod
    def of(cls, module: Any) -> _Hook:
        """The hook of a layer, registered where it has none yet."""
        return next((hook for hook in module._forward_hooks.values() if isinstance(hook, cls)), None) or cls(module)

    def __call__(self, module: Any, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
        acting = [(scale, change) for attached, change in self.changes.items() if (scale := attached.acting_scale) != 0.0]
        if not acting:
            return out
        plain = out if module.bias is None else out - module.bias
        for scale, change in acting:
            out = out + scale * change(given[0], plain)
        return out

    def state(self) -> tuple[tuple[Attached, float], ...]:
        """What is added at present: adapters and their scales. Equal states of one layer give equal outputs."""
        return tuple((attached, attached.acting_scale) for attached in self.changes)

    def drop(self, attached: Attached) -> None:
        """Remove an adapter; removing the last one removes the hook."""
        self.changes.pop(attached, None)
        if not self.changes:
            self.handle.remove()


def attach(instrument: Instrument, adapter: Adapter, scale: float = 1.0) -> Attached:
    """Put `adapter` on `instrument`; several add up. Raises `BadInput` when it was made for another instrument."""
    attached = Attached(adapter, scale)
    modules = _modules(instrument)
    weights = {name: weight for name, module in modules.items() if (weight := getattr(module, "weight", None)) is not None}
    placed = [(modules[layer], delta) for layer, delta in fitting_layers(adapter, weights, instrument.variant)]
    changes = [(module, change_of(adapter, delta, module.weight)) for module, delta in placed]
    seats = []
    for module, change in changes:
        seats.append(_Hook.of(module))
        seats[-1].changes[attached] = change
    attached.hooks = tuple(seats)
    return attached


def attached_to(instrument: Instrument) -> tuple[Attached, ...]:
    """The adapters that `instrument` wears."""
    modules = [*instrument.transformer.modules(), *instrument.condition_encoder.modules()]
    hooks = [hook for module in modules for hook in module._forward_hooks.values() if isinstance(hook, _Hook)]
    return tuple(dict.fromkeys(one for hook in hooks for one in hook.changes))


def change_of(adapter: Adapter, delta: Delta, weight: Tensor) -> Change:
    """The change of the layer with this `weight`. Raises `BadInput` where it is not finite in the layer's precision."""
    try:
        return delta.change_for(weight)
    except OverflowError:
        layer = next(name for name, own in adapter.layers.items() if own is delta)
        message = f"{adapter.path}: what it adds to {layer} is not finite in {weight.dtype}"
        raise BadInput(message, remedy="its alpha or weights are damaged, or it needs float32") from None


def _modules(instrument: Instrument) -> dict[str, Any]:
    """Every layer that an adapter may name."""
    encoder = {ENCODER + name: module for name, module in instrument.condition_encoder.named_modules()}
    return dict(instrument.transformer.named_modules()) | encoder


def fitting_layers(adapter: Adapter, weights: Mapping[str, Tensor], variant: str) -> Iterator[tuple[str, Delta]]:
    """The layers of `adapter` that it changes, each found to fit the weight of the layer of that name.

    What does not fit is left out where it has no effect, unless nothing fits at all.
    """
    fitting, first = False, None
    for layer, delta in adapter.layers.items():
        weight = weights.get(layer)
        trouble = _trouble(adapter, layer, delta, weight, variant)
        if trouble is None:
            fitting = True
            yield layer, delta
        elif not is_idle(delta, weight):
            raise trouble
        first = first or trouble
    if not fitting and first is not None:
        raise first


def _trouble(adapter: Adapter, layer: str, delta: Delta, weight: Tensor | None, variant: str) -> BadInput | None:
    """Why a layer's change cannot be applied, if so."""
    if weight is None:
        return BadInput(f"{adapter.path} changes {layer}, which {variant} lacks", remedy="use its own variant")
    if weight.ndim != 2:
        return BadInput(
            f"{adapter.path} changes {layer}, which {variant} lacks as a linear layer", remedy="train it without this layer"
        )
    made_for, here = delta.shape, tuple(weight.shape)
    if made_for != here:
        return BadInput(
            f"{adapter.path} was made for a layer {layer} of width {made_for[1]} to {made_for[0]}, "
            f"{variant} has {here[1]} to {here[0]}",
            remedy="attach it to the variant it was trained on",
        )
    return None


def acting_on(module: Any) -> tuple[tuple[str, float], ...]:
    """The adapters that act on `module` or inside of it at present, each by revision and scale, once for every layer."""
    hooks = (hook for part in module.modules() for hook in part._forward_hooks.values() if isinstance(hook, _Hook))
    return tuple((on.adapter.revision, scale) for hook in hooks for on, scale in hook.state() if scale != 0.0)


@contextmanager
def attached(
    instrument: Instrument, asked: Iterable[AdapterSetting], reader: Callable[[Path], Adapter] = read
) -> Iterator[tuple[Attached, ...]]:
    """Read and attach the adapters `asked` for, for the length of a `with`; all or none, and none after it."""
    read_first = [(reader(setting.path), setting) for setting in asked]
    with ExitStack() as stack:
        on = []
        for adapter, setting in read_first:
            on.append(attach(instrument, adapter, setting.scale))
            on[-1].levels = setting.levels
            stack.callback(on[-1].detach)
        yield tuple(on)
