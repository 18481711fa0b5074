"""One spider for each way of finding pages."""
