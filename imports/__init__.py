"""Import jobs: the one pipeline that every importer runs through."""
