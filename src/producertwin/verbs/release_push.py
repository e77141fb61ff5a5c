"""`twin release push`: send the release of a twin to the Hugging Face hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator

from ..errors import BadInput, Unavailable
from ..progress import Steps, warning
from ..recipe import Record
from ..wording import split_words
from .release import check_release

if TYPE_CHECKING:
    from ..release.bundle.push import Pushed, SentFile
    from .studio import Studio

__all__ = ["PlannedPush", "PushPlan", "plan_push", "push_release"]

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
Against = Annotated[tuple[Literal["copies", "licences"], ...], BeforeValidator(split_words)]


def _check_repository(value: str) -> str:
    if not _REPOSITORY.fullmatch(value):
        raise BadInput(f"{value[:80]!r} is no repository of the hub", remedy="write it as USER/NAME, such as mara/mara-vale")
    return value


class PushPlan(Record):
    """Which release is sent, and where to."""

    folder: Path
    """Folder of the release of a twin."""
    to: Annotated[str, AfterValidator(_check_repository)]
    """Repository of the hub, as USER/NAME; it is made where it is not there."""
    public: bool = False
    """Whether everybody may see a repository that is made for it."""
    accept: Against = ()
    """What is sent although the dossier speaks against it: copies (its takes repeat songs that it learned from), licences (those
    of the songs are not known, or do not go with its own); several with commas."""


@dataclass(frozen=True, slots=True)
class PlannedPush:
    """What would be sent."""

    files: tuple[SentFile, ...]
    message: str
    """Of the commit."""
    reasons: dict[str, str]
    """What the dossier says against it, in words, by what accepts it."""


def plan_push(plan: PushPlan, studio: Studio) -> Steps[PlannedPush]:
    """Check the release and say what would be sent; nothing goes over the network, and no token is needed.

    Raises as `check_release` does, and `BadInput` for a song and for a twin whose dossier speaks against it, unless that is
    accepted.
    """
    from ..release.bundle.dossier import Dossier
    from ..release.bundle.push import list_reasons, list_sent

    found = (yield from check_release(plan.folder, studio, replay=False)).dossier
    if not isinstance(found, Dossier):
        raise BadInput(f"{plan.folder} is a song, and the hub is for twins", remedy="push what `twin release make` wrote")
    reasons = list_reasons(found)
    refused = {name: words for name, words in reasons.items() if name not in plan.accept}
    if refused:
        remedy = f"train or release a twin of which that is not so, or say --accept {','.join(refused)}"
        raise BadInput(f"{found.producer} is not sent: {'; '.join(refused.values())}", remedy=remedy)
    message = f"{found.producer}, a twin for {found.instrument.name} (Producer Twin {found.version})"
    return PlannedPush(list_sent(plan.folder), message, reasons)


def push_release(plan: PushPlan, studio: Studio) -> Steps[Pushed]:
    """Check the release and send it; the same again goes on where a push was stopped.

    Raises as `plan_push` and `release.bundle.push.push` do, and `Unavailable` offline.
    """
    from ..release.bundle.push import push

    planned = yield from plan_push(plan, studio)
    for words in planned.reasons.values():
        yield warning(f"sent all the same: {words}")
    if studio.settings.offline:
        raise Unavailable("nothing is sent offline", remedy="unset TWIN_OFFLINE; --dry-run tells what would be sent")
    return (yield from push(plan.folder, plan.to, planned.message, public=plan.public))
