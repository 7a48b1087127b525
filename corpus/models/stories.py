from django.db import models

from corpus.models.articles import Article


class Sketch(models.Model):
    """What is kept of the body of an article's current text to tell how much of it others print too.

    Numbers of its own, since a fingerprint is a row and there are a hundred of them an article.
    """

    id = models.BigAutoField(primary_key=True)
    article = models.OneToOneField(Article, models.CASCADE, related_name="sketch")
    size = models.PositiveIntegerField(help_text="fingerprints")

    def __str__(self) -> str:
        return f"sketch of {self.article_id}"


class Fingerprint(models.Model):
    """The hash of one shingle of a sketch, with the corpus folded in: those of two corpora never meet.

    At most `services.stories.MOST_KEPT` articles have a row for one hash.
    """

    pk = models.CompositePrimaryKey("hash", "sketch_id")
    hash = models.BigIntegerField()
    #: Checked by nobody: a row without its sketch counts nowhere, and the check would double its cost.
    sketch = models.ForeignKey(Sketch, models.CASCADE, related_name="fingerprints", db_constraint=False)

    def __str__(self) -> str:
        return f"{self.hash} in {self.sketch_id}"
