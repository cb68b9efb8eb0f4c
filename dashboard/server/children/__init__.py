"""Child processes of the server, which end with it."""
