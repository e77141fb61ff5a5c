"""`twin lab`: how the shipped parts are made and measured: training from nothing, the house band, scoreboards."""

from __future__ import annotations

from cyclopts import App

app = App(name="lab", help="Train nano from nothing, let the house band play, measure what is shipped.")
for _name in ("band", "pretrain", "measure"):
    app.command(f"{__package__}.{_name}:app", name=_name)
