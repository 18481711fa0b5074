"""Crawling: declared sources are fetched into a WARC archive and read as documents."""
