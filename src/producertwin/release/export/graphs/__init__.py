"""The instrument's modules as graphs of ONNX: what each computes, written so that it can be traced at any length."""
