"""Where models and runs live, and files that one process writes while others read them."""
