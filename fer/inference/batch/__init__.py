"""Many pictures: which there are, their analysis in several processes, and outputs that grow."""
