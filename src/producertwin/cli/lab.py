"""`twin lab`: how the shipped parts are made and measured: training from nothing, the house band, scoreboards."""

from __future__ import annotations

from cyclopts import App

app = App(name="lab", help="Train nano from nothing, let the house band play, measure what is shipped.")
for _name, _help in (
    ("band", "Let the house band play a song or an album, with its stems."),
    ("pretrain", "Train nano from nothing: render, codec, encode, tokenizer, embedder, nano, ship, in this order."),
    ("measure", "Measure an instrument, the offline embedder, or the house band."),
):
    app.command(f"{__package__}.{_name}:app", name=_name, help=_help)
