"""The demonstration firm: a generator of believable input files with known anomalies.

What belongs here: the vocabulary, the builder, the planted stories and the writing of files. What does not: any rule,
query or constant of the product itself; the demo is a witness, so it states the expected anomalies in its own words.
"""
