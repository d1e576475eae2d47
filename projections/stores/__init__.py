"""Where documents are kept: Elasticsearch, Redis. Put in by the composition root."""
