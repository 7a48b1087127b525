"""The exchange formats, one file each."""
