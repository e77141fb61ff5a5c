"""The instrument: variants, sampling, adapters and nano; the only room that knows diffusers, peft and instruction strings."""
