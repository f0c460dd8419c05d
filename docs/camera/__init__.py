"""How the pictures of the pages are taken."""
