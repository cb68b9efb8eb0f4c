"""The camera of a page, as Live and Teach have it: connection, picture, why there is none."""
