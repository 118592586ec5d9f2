"""A crawler that reads the objects of its S3 targets and writes the tables it infers to the catalogue.

`targets` lists, `classify` (with `delimited`, `jsons`, `binary`) infers one object's schema, `grouping` makes tables of
folders, `writing` brings the catalogue up to date, `runs` drives it, `api` and `classifiers` are the operations.
Sources: Glue developer guide, "How crawlers work", "Classifiers and built-in classifiers", "Crawler configuration".
"""
