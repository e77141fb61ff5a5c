"""The studio for programs that speak the Model Context Protocol over standard input and output: `twin mcp`."""
