"""Django's SQLite, but for its writers, who stand in line."""
