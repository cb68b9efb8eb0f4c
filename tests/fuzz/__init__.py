"""`python -m tests.fuzz`: mutated pictures, tables, zips, cards and films, read by the code that
reads those of visitors. A case is a kind and a number, which give the same bytes every time."""
