"""Let Scrapy crawl a source of the web. Importing this takes most of a second: only what crawls does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess

from crawlers.job import Job
from crawlers.recorder import Recorder
from crawlers.settings import scrapy_settings
from crawlers.spiders.listings import SPIDERS


def crawl_web(job: Job, recorder: Recorder) -> Mapping[str, Any]:
    """Crawl to the end and return Scrapy's statistics. Works once in a process (Twisted's reactor)."""
    process = AsyncCrawlerProcess(scrapy_settings(recorder.source, job.limits, job.contact))
    crawler = process.create_crawler(SPIDERS[recorder.source.discovery])
    process.crawl(crawler, recorder=recorder)
    process.start()
    return crawler.stats.get_stats() if crawler.stats else {}
