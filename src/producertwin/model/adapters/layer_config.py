"""What an adapter's config says of one layer: alpha, rank, and whether alpha is stabilised, by PEFT's patterns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...errors import BadInput
from ..key_maps import to_original
from .patterns import Pattern, values

MOST_RANK: Final = 100_000


def patterns_of(config: Mapping[str, Any], where: str) -> dict[str, list[tuple[Pattern, object]]]:
    """The patterns of a config and what they say, by field. Raises `BadInput` for one outside the grammar."""
    fields = ("alpha_pattern", "rank_pattern")
    return {field: values(_mapping(config, field, where), f"{where}: its {field}") for field in fields}


@dataclass(frozen=True, slots=True)
class LayerConfig:
    """What a config says of one layer. Raises `BadInput` for what is no number.

    By PEFT's rule it is what the first pattern that matches the end of the layer's name says, else the number for all layers.
    """

    config: Mapping[str, Any]
    patterns: Mapping[str, list[tuple[Pattern, object]]]
    layer: str
    where: str

    @property
    def alpha(self) -> float | None:
        """Alpha; None where the config does not say it."""
        for_all = self.config.get("lora_alpha")
        return self._number("alpha_pattern", self.config.get("alpha") if for_all is None else for_all)

    @property
    def rank(self) -> int | None:
        """The rank; None where the config does not say it."""
        found = self._number("rank_pattern", self.config.get("r"))
        if found is None:
            return None
        if not (1 <= found <= MOST_RANK and found == int(found)):
            raise BadInput(f"{self.where}: the adapter's config gives {self.layer} rank {found:g}", remedy="correct its config")
        return int(found)

    @property
    def is_stabilised(self) -> bool:
        """Whether alpha is divided by the root of the rank: PEFT's `use_rslora`, LyCORIS' `rs_lora`."""
        name = "rs_lora" if "rs_lora" in self.config else "use_rslora"
        said = self.config.get(name)
        if not isinstance(said, bool | None):
            raise BadInput(f"{self.where}: {name} of its config is {said!r:.80}", remedy="write true or false")
        return bool(said)

    def _number(self, field: str, for_all: object) -> float | None:
        names = (self.layer, to_original(self.layer))
        hits = (value for pattern, value in self.patterns[field] if any(pattern.matches(name) for name in names))
        found = next(hits, for_all)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            message = f"{self.where}: the adapter's config has an unusable {field} or number: {found!r:.80}"
            raise BadInput(message, remedy="correct its config")
        return float(found)


def _mapping(config: Mapping[str, Any], field: str, where: str) -> Mapping[str, object]:
    found = config.get(field)
    if not isinstance(found, dict | None):
        message = f"{where}: the adapter's config has an unusable {field} or number: {found!r:.80}"
        raise BadInput(message, remedy="correct its config")
    return found or {}
