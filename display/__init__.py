"""How things are shown: numbers, dates, charts, form fields. Imports no other room."""
