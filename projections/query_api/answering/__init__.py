"""How questions are answered: from a read model that is fresh enough, or from the events themselves."""
