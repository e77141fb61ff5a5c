"""An instrument as ONNX graphs, played by onnxruntime: no torch, diffusers or transformers is needed, or imported."""
