"""Texts of articles: spans, units of offsets, views, blocks and sentences. Pure Python."""
