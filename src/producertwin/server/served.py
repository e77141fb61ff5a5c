"""What the routes of one application share: the studio and what is kept beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_type_hints

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, create_model

from ..library.assets import Assets
from ..verbs.studio import Studio
from .answers import LIMIT, MOST
from .previews import Previews
from .uploads import UploadLimits, Uploads

B = TypeVar("B", bound=BaseModel)


class Served:
    """An open studio, its assets, and the previews of its sounds."""

    def __init__(self, studio: Studio, limits: UploadLimits = UploadLimits()) -> None:
        self.studio = studio
        self.library = studio.library
        self.assets = Assets(studio.settings.studio, self.library.takes.clock)
        self.previews = Previews(studio.settings.studio)
        self.uploads = Uploads(self.assets, self.previews, limits)


def _served(request: Request) -> Served:
    found: Served = request.app.state.served
    return found


Here = Annotated[Served, Depends(_served)]
"""The parameter of a route that wants what is served."""
Limit = Annotated[int | None, Query(ge=1, le=MOST, description=f"Things on a page; {LIMIT} when absent.")]
Cursor = Annotated[str | None, Query(max_length=400, description="What the page before gave as `next`.")]


def omit(kind: type[Any], *left_out: str) -> type[BaseModel]:
    """The schema of a record or dataclass without some of its fields, such as the folder in which it lies."""
    if issubclass(kind, BaseModel):
        fields = {name: (one.annotation, one) for name, one in kind.model_fields.items()}
    else:
        hints = get_type_hints(kind)
        fields = {one.name: (hints[one.name], ...) for one in dataclasses.fields(kind)}  # type: ignore[misc]
    kept: Mapping[str, Any] = {name: field for name, field in fields.items() if name not in left_out}
    assert len(kept) == len(fields) - len(left_out), f"{kind.__name__} lacks one of {left_out}"
    return create_model(kind.__name__, __config__=ConfigDict(frozen=True), __doc__=kind.__doc__, **kept)


def pick(schema: type[BaseModel], source: object, **more: Any) -> dict[str, Any]:
    """The fields of `source` that the schema has."""
    return {name: more[name] if name in more else getattr(source, name) for name in schema.model_fields}
