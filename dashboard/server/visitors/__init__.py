"""What a visitor has of the server: an identity, places that all share, uploads and media."""
