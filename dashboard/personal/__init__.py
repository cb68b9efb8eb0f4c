"""A visitor's own model: Teach makes or loads it, and Live, Photos and Video answer with it."""
