"""Adapters of the instrument: read and written in every form in circulation, put on, stacked, and taken off without a trace."""

from __future__ import annotations

from ..adapter_spec import AdapterSetting
from .adapter import Adapter
from .attach import Attached, attach, attached
from .files import card_of
from .reading import layers_of, read
from .writing import convert, write

__all__ = ["Adapter", "AdapterSetting", "Attached", "attach", "attached", "card_of", "convert", "layers_of", "read", "write"]
