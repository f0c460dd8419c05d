"""Imports under test."""
