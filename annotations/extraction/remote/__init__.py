"""Pipelines that run elsewhere: a model server behind HTTP, or a chat endpoint (docs/pipelines.md)."""
