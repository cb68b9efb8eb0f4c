"""Commands about networks and published models: one module a command."""
