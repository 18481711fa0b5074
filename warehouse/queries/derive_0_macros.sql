-- Small helpers of the derivation, alive for one session only.

CREATE OR REPLACE TEMP MACRO last_covered(first_day, fineness) AS
  CASE fineness WHEN 'month' THEN last_day(first_day) WHEN 'year' THEN make_date(year(first_day), 12, 31)
    ELSE first_day END;

-- Do two dates of reduced precision overlap? An unknown date overlaps none.
CREATE OR REPLACE TEMP MACRO overlapping(day1, fineness1, day2, fineness2) AS
  coalesce(day1 <= last_covered(day2, fineness2) AND day2 <= last_covered(day1, fineness1), false);

-- The id of the observation that an exhibit (see active.sql) was made of: its last 16 bytes.
CREATE OR REPLACE TEMP MACRO exhibited(exhibit) AS hex(exhibit[-16:])::UUID;
