"""`make mutants`: each safety mechanism taken out, and the test that is to notice."""
