"""`python -m tests.chaos`: work that is killed at random, damaged folders, servers that share one,
and visitors who do different things at once. What must hold afterwards is in `rounds`."""
