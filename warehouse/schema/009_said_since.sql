-- What an edited page of a platform newly says counts from the day on which it was seen (insert_observations.sql).
COMMENT ON COLUMN observation.said_on IS 'Day on which the document says so: publication, else the day inferred, else the day seen. What a page of the platform did not say when it was seen before: the day on which it was seen.';
COMMENT ON COLUMN evidence.said_on IS 'Day on which the document says so: publication, else the day inferred, else the day seen. What a page of the platform did not say when it was seen before: the day on which it was seen.';
