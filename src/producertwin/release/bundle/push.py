"""Push a release to a repository of the Hugging Face hub: every large file for itself, then all of it in one commit.

What was sent before a stop or a kill is kept by the hub under its hash, so that the same push again sends only the rest, and the
repository never holds half a release. The token is the hub client's own (`HF_TOKEN`, or what `hf auth login` kept); it goes
nowhere but into the header of the requests, and is struck out of every message that a server sends back.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...errors import BadInput, NotFound, TwinError, Unavailable
from ...library import sums
from ...model.variants import fetching
from ...progress import Kept, Progress, Steps, note
from ...proof.verdicts import COPIES
from ...wording import hide_keys
from .dossier import NAME, Dossier

OTHERS: Final = frozenset({"README.md"})
"""Files that a repository may hold before the first push, beside those that the hub adds."""
_SIGNED: Final = re.compile(r"(?<=\w)\?[\w%&=.+~-]*=[\w%&=.+~-]*")
"""What follows an address and may hold its signature."""
AGAIN: Final = "run the same command again: what arrived is not sent twice"
LOGIN: Final = "run `hf auth login`, or set HF_TOKEN to a token that may write"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that goes to the hub."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """Where a release went."""

    url: str
    """The page of the repository."""
    commit: str
    sent: int
    """Files that were not there before."""


def list_reasons(found: Dossier) -> dict[str, str]:
    """Why the dossier speaks against giving the twin to anybody, by `copies` and `licences`; empty where nothing does."""
    reasons: dict[str, str] = {}
    verdicts = found.proven.verdicts if found.proven else ()
    repeats = next((one.words for one in verdicts if one.claim == COPIES and one.proven is False), "")
    if repeats:
        reasons["copies"] = f"its takes repeat songs that it learned from ({repeats})"
    train = found.learned.side("train")
    told = [f"{sum(one.licence is None for one in train)} songs that it learned from state no licence"]
    told = told if any(one.licence is None for one in train) else []
    told += [f"songs that it learned from are under {name}" for name in _forbidding(found)]
    if not train:
        told = ["what it learned from is not known"]
    if told:
        reasons["licences"] = "; ".join(told)
    return reasons


def _forbidding(found: Dossier) -> Iterator[str]:
    """Licences of songs that do not go with the licence of the twin: no derivatives, and no money where the twin allows it."""
    free = "NC" not in found.licence.upper().split("-")
    for name in sorted({one.licence for one in found.learned.side("train") if one.licence}):
        parts = set(name.upper().split("-"))
        if "ND" in parts or ("NC" in parts and free):
            yield name


def list_sent(folder: Path) -> tuple[SentFile, ...]:
    """The files of a release, its list of checksums last."""
    listed = sums.read_sums(folder) | {sums.NAME: sums.hash_file(folder / sums.NAME)}
    return tuple(SentFile(name, (folder / name).stat().st_size, digest) for name, digest in listed.items())


def push(folder: Path, repo: str, message: str, *, public: bool) -> Steps[Pushed]:
    """Send the release in `folder`, which was checked, to `repo`; a new repository is private unless `public`.

    Raises `Unavailable` without a token that may write and where the hub does not answer, `BadInput` where the repository holds
    something else or is public and that was not asked for.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, get_token

    token, files = get_token(), list_sent(folder)
    if not token:
        raise Unavailable("there is no token for the Hugging Face hub", remedy=f"{LOGIN}; --dry-run tells what would be sent")
    room = _Room(repo, token)
    head, there = yield from room.open(public=public)
    additions: list[Any] = []
    for done, file in enumerate(files):
        yield Progress("push", done, len(files), file.name)
        with room.type_errors(file.name):
            one = CommitOperationAdd(file.name, str(folder / file.name))
            room.api.preupload_lfs_files(repo, [one], free_memory=False, num_threads=1)
        additions.append(one)
        yield Kept(f"{file.name} at {repo}")
    gone = [name for name in there if name not in {file.name for file in files} and not sums.is_of_hub(name)]
    if gone:
        yield note(f"{repo} loses what this release does not hold: {', '.join(gone)}")
    with room.type_errors("the commit"):
        operations = [*additions, *(CommitOperationDelete(name) for name in gone)]
        made = room.api.create_commit(repo, operations, commit_message=message, parent_commit=head, num_threads=1)
    yield Progress("push", len(files), len(files), "committed")
    return Pushed(f"{room.api.endpoint}/{repo}", str(made.oid), sum(file.name not in there for file in files))


class _Room:
    """A repository of the hub, and the errors of everything that is asked of it."""

    def __init__(self, repo: str, token: str) -> None:
        from huggingface_hub import HfApi
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        self.repo, self.token = repo, token
        self.api = HfApi(endpoint=fetching.ENDPOINT, token=token)

    def open(self, *, public: bool) -> Steps[tuple[str | None, tuple[str, ...]]]:
        """Make the repository where there is none; its last commit and its files.

        Raises `BadInput` for one that is public and was not to be, and for one that holds something else than a release.
        """
        from huggingface_hub.errors import RepositoryNotFoundError

        with self.type_errors("who you are"):
            self.api.whoami()
        with self.type_errors("the repository"):
            try:
                found = self.api.model_info(self.repo)
            except RepositoryNotFoundError:
                self.api.create_repo(self.repo, private=not public, exist_ok=True)
                found = self.api.model_info(self.repo)
        if not found.private and not public:
            remedy = "say --public, or push to a repository that is private or not there yet"
            raise BadInput(f"{self.repo} is public, and this push is private", remedy=remedy)
        if found.private and public:
            yield note(f"{self.repo} stays private: only its settings page makes it public")
        there = tuple(str(one.rfilename) for one in found.siblings or ())
        strange = [name for name in there if name not in OTHERS and not sums.is_of_hub(name)]
        if strange and NAME not in there:
            raise BadInput(f"{self.repo} holds something else than a release: {strange[0]}", remedy="push to another repository")
        return found.sha, there

    @contextmanager
    def type_errors(self, what: str) -> Iterator[None]:
        """Turn whatever the hub's client raises into the project's errors, without the token."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the client's own, about the card's head
                yield
        except TwinError:
            raise
        except _client_errors() as error:
            raise self._judge(error, what) from None

    def _judge(self, error: Exception, what: str) -> TwinError:
        status = _status_of(error)
        said = " ".join(str(error.__cause__ or error).split()).replace(self.token, "***")
        said = hide_keys(_SIGNED.sub("", said))[:300]
        match status:
            case 401:
                return Unavailable("the Hugging Face hub does not accept the token", remedy=LOGIN)
            case 402 | 403:
                return Unavailable(f"the token may not write to {self.repo}: {said}", remedy=LOGIN)
            case 404:
                return NotFound(f"{self.repo} is not there, or the token may not see it: {said}", remedy=LOGIN)
            case 409 | 412:
                return Unavailable(f"{self.repo} was changed by somebody else meanwhile: {said}", remedy=AGAIN)
            case 400 | 413 | 422:
                return BadInput(f"the hub refuses {what} of {self.repo}: {said}", remedy="correct what it names")
        return Unavailable(f"{what} did not reach {self.repo}: {said}", remedy=f"check the network, and {AGAIN}")


def _client_errors() -> tuple[type[Exception], ...]:
    """What the hub's client raises where a server does not answer, refuses, or answers nonsense."""
    return (OSError, ValueError, RuntimeError, LookupError, TypeError, *fetching.transport_errors())


def _status_of(error: BaseException | None) -> int | None:
    """The HTTP status at the root of an error of the hub's client; None where no server has answered."""
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is not None:
            return int(status)
        error = error.__cause__ or error.__context__
    return None
