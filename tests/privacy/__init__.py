"""A canary face on every way through the app: where it may be, and that nothing is left of it."""
