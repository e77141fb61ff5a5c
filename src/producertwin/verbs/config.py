"""`twin config`: what the studio's commands take where they are not told; said once."""

from __future__ import annotations

from ..settings import Setting, Settings, check_name, list_settings, write_config

__all__ = ["Setting", "Settings", "get", "list_settings", "set_value", "unset"]


def get(name: str, settings: Settings) -> Setting:
    """The setting `name` as it stands. Raises `BadInput` for a name that is no setting."""
    check_name(name)
    return next(one for one in list_settings(settings) if one.name == name)


def set_value(name: str, value: str, settings: Settings) -> Setting:
    """Keep `value` as the setting `name`, and return it as the file says it.

    Raises `BadInput` for a name that is no setting, a value that it cannot have, and a licence that is not understood.
    """
    from ..dataset.licences import licence

    made = write_config(settings, name, licence(value) if name == "licence" else value)
    return next(one for one in list_settings(made, {}) if one.name == name)


def unset(name: str, settings: Settings) -> None:
    """Keep the setting `name` no longer. Raises `BadInput` for a name that is no setting."""
    write_config(settings, name, None)
