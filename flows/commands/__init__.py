"""One module for each group of `linkpolicy` commands; heavy imports stand inside the functions."""
