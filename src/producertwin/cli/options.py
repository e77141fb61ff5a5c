"""Command-line options made from records, so that each is declared once.

`@options(Record)` on a command replaces its parameter `plan` by one option per field of the record; fields of nested records
are lifted to the same level, where those of one name are one option. Names, types, defaults and help texts are the record's
own. What the user passed (and nothing else) is validated as the record, so the limits and their messages are the record's too.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from cyclopts import Group, Parameter
from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from ..errors import BadInput
from ..recipe import Record, read
from .streams import FIELDS

R = TypeVar("R")
PARAMETER = "plan"
"""Name of the command's parameter that receives the record, unless it says another."""
NO_OPTION = frozenset({"kind", "source_hash"})
"""Fields that say what a stored record is, not what a user asks for."""
RANDOM = -1
"""The seed that asks for a drawn one, as in ComfyUI and ACE-Step. The record then holds what was drawn."""
SEEDS = 2**31
"""Seeds that every record takes."""


def options(
    record: type[Record],
    *,
    positional: tuple[str, ...] = (),
    renamed: Mapping[str, str | tuple[str, ...]] | None = None,
    reads: Mapping[str, Callable[[str], object]] | None = None,
    parameter: str = PARAMETER,
    said_once: tuple[str, ...] = (),
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Replace the parameter `plan` of a command, or another `parameter`, by the fields of `record`.

    `positional` fields are given by position (and may be absent, which the record judges); `renamed` maps a field to its
    option names; `reads` maps a field to what makes its value of the text that the option was given. Fields of `said_once` take
    the studio's setting of their name where the option is absent. The command is called with the finished record. Fields of
    another parameter stand together in the help, under its name. Raises `BadInput` for what the record refuses.
    """
    above = () if parameter == PARAMETER else (parameter,)
    found = []
    for path, field in leaves(record, above):
        name, rank = path[-1], [*record.model_fields, parameter].index(path[0])
        reader, names = (reads or {}).get(name), (renamed or {}).get(name)
        found.append(_Leaf(path, field, reader, rank, name in said_once, name in positional, names))
    first = {leaf.name: leaf for leaf in reversed(found)}
    shown = [leaf for leaf in found if first[leaf.name] is leaf]
    called = {".".join(leaf.path[len(above) :]): leaf.call() for leaf in found}
    order = [*positional, *(leaf.name for leaf in shown if not leaf.positional)]
    mine = sorted((leaf.parameter() for leaf in shown), key=lambda p: order.index(p.name))

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        hints = get_type_hints(command, include_extras=True)
        if parameter not in hints:
            raise TypeError(f"{command.__name__} has no parameter {parameter!r} for the record")
        own = inspect.signature(command).parameters.values()
        every = [*(p.replace(annotation=hints[p.name]) for p in own if p.name != parameter), *mine]
        signature = inspect.Signature(sorted(every, key=lambda p: (p.kind, p.name in hints and p.kind == p.KEYWORD_ONLY)))

        @wraps(command)
        def run_command(*args: Any, **kwargs: Any) -> R:
            given = dict(zip(signature.parameters, args, strict=False)) | kwargs
            data = _collect(found, given, {name: getattr(given["console"].settings, name) for name in said_once})
            for leaf in shown:
                given.pop(leaf.name, None)
            plan = read(record, data[parameter] if above else data, where="command line", names=called)
            return command(**{parameter: plan}, **given)

        run_command.__signature__ = signature  # type: ignore[attr-defined]
        run_command.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        del run_command.__wrapped__  # readers of signatures would look through to the closed command
        return run_command

    return decorate


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One option: where its value belongs in the record, its field, and what makes its value of a text."""

    path: tuple[str, ...]
    field: FieldInfo
    reader: Callable[[str], object] | None
    rank: int
    """Place of its group in the help."""
    said_once: bool
    """Whether a setting of the studio stands for it where it is absent."""
    positional: bool
    names: str | tuple[str, ...] | None
    """Names of its option; made of its own where it is None."""

    @property
    def name(self) -> str:
        return self.path[-1]

    def put(self, data: dict[str, Any], value: Any) -> None:
        """Set `value` in `data` unless it was not given; the record knows the defaults."""
        for step in self.path[:-1]:
            data = data.setdefault(step, {})
        if self.name == "seed" and value == RANDOM and self.field.annotation is int:  # others are drawn where they are absent
            value = secrets.randbelow(SEEDS)
        if value is not None:
            data[self.name] = self.reader(value) if self.reader else value

    def call(self) -> str:
        """What it is called at the command line, in messages."""
        if self.positional:
            return self.name.upper()
        if self.names is not None:
            return self.names if isinstance(self.names, str) else self.names[0]
        return f"--{self.name.replace('_', '-')}"

    def parameter(self) -> inspect.Parameter:
        """The command's parameter. Its default is None, "not given"; the help shows the record's own. What is on has `--no-`."""
        default = self.field.get_default()
        shown = f" [default: {default}]" if default not in (None, (), "") and not self.field.is_required() else ""
        kind = str if self.reader else bare(self.field.annotation, self.field.metadata)
        words = (self.field.description or "") + shown + (f" [setting: {self.name}]" if self.said_once else "")
        can_be_off = default is True or (default is None and bool in get_args(self.field.annotation))
        off = f"--no-{self.name.replace('_', '-')}" if can_be_off else ()
        extra = self.field.json_schema_extra
        signed = isinstance(extra, dict) and bool(extra.get("signed"))  # a text that may begin with a minus
        marks: list[object] = [
            Parameter(name=self.names, help=words, show_default=False, negative=off, allow_leading_hyphen=signed)
        ]
        if len(self.path) > 1:  # options of a nested record stand together, under its name
            marks.append(Parameter(group=Group(self.path[0].capitalize(), sort_key=self.rank)))
        marks += [FIELDS[self.name]] if self.name in FIELDS else []
        required = self.field.is_required() and not self.said_once
        return inspect.Parameter(
            self.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD if self.positional else inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if required else None,
            annotation=Annotated[kind if required else kind | None, *marks],
        )


def _collect(found: Sequence[_Leaf], given: Mapping[str, Any], settled: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a record from the options that were `given`; what is `settled` stands for those that were not.

    Raises `BadInput` for what has to be said, once at least, and is not.
    """
    data: dict[str, Any] = {}
    for leaf in found:
        value = given.get(leaf.name)
        leaf.put(data, settled.get(leaf.name) if value is None else value)
        if leaf.field.is_required() and leaf.said_once and value is None and settled[leaf.name] is None:
            remedy = f"give --{leaf.name}, or say it once: twin config set {leaf.name} NAME"
            raise BadInput(f"no {leaf.name} is named", remedy=remedy)
    return data


def leaves(record: type[Record], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Path and field of all that an option can set in `record`, nested records opened."""
    for name, field in record.model_fields.items():
        kind = field.annotation
        from_text = any(isinstance(item, BeforeValidator) for item in field.metadata)
        if isinstance(kind, type) and issubclass(kind, Record) and not from_text:
            yield from leaves(kind, (*above, name))
        elif name not in NO_OPTION:
            yield (*above, name), field


def bare(kind: Any, metadata: Sequence[Any] = ()) -> Any:
    """The type as the command line reads it: validators dropped, and text where a validator reads text itself."""
    if any(isinstance(item, BeforeValidator) for item in metadata):
        return str
    if get_origin(kind) is Annotated:
        inner, *extra = get_args(kind)
        return bare(inner, extra)
    if get_origin(kind) is tuple:
        return tuple[bare(get_args(kind)[0]), ...]  # type: ignore[misc]
    arms = get_args(kind)
    if type(None) in arms:
        return bare(next(arm for arm in arms if arm is not type(None))) | None
    return kind
