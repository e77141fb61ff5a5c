"""What people look at: HTML pages, waveforms, spectrograms and curves, in one theme."""
