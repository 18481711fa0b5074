-- Small helpers of the derivation, alive for one session only.

CREATE OR REPLACE TEMP MACRO last_covered(day, precision) AS
  CASE precision WHEN 'month' THEN last_day(day) WHEN 'year' THEN make_date(year(day), 12, 31) ELSE day END;

-- Do two dates of reduced precision overlap? An unknown date overlaps none.
CREATE OR REPLACE TEMP MACRO overlapping(day1, precision1, day2, precision2) AS
  coalesce(day1 <= last_covered(day2, precision2) AND day2 <= last_covered(day1, precision1), false);
