"""The ports of `saga_choreography.outside` over HTTP. Put in by composition roots only."""
