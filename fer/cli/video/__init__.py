"""The command `video`: its flags, the analysis of its films, and what it writes."""
