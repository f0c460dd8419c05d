"""Pages of this room, one file per screen."""
