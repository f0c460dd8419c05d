"""The figures as the API gives them: bodies, and the schemas that describe them."""
