"""Backups: one file that holds one instant of the database, and the way back from it."""
