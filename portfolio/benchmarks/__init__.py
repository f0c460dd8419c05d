"""Figures that others have published: kept, edited, and shown beside ours where they may."""
