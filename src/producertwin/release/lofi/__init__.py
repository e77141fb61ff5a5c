"""The daemon of lofi.nvim, spoken by this studio: JSON-RPC 2.0, a line each, on standard input and output."""
