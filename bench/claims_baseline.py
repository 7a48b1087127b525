"""The baseline of `bench claims`: TF-IDF of words and pairs of words with logistic regression.

Runs in an environment of its own, with scikit-learn: reads jobs as JSON from its input, each with `texts` and
`labels` to learn from and `unseen` texts, and writes a list of scores for each to its output.
"""

import json
import sys

from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-not-found]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found]
from sklearn.pipeline import make_pipeline  # type: ignore[import-not-found]

#: of 1 and 5 the strength that does better for the baseline in every setting
STRENGTH = 5.0

scores = []
for job in json.load(sys.stdin):
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=STRENGTH, max_iter=1000),
    )
    model.fit(job["texts"], job["labels"])
    scores.append(model.predict_proba(job["unseen"])[:, 1].tolist())
json.dump(scores, sys.stdout)
