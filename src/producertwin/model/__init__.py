"""The instrument: the only room that knows tensors, instruction strings and the word *prompt*."""
