"""A strong tagger for the pipeline that learns: a small encoder, fine-tuned on reviewed articles.

It needs the optional extra of the project, and nothing here imports it before it is wanted (`extra.py`).
"""
