-- A platform, surface, target or region that is no slug: small letters and digits, words joined by one _
SELECT DISTINCT platform, surface, target, region FROM policy
WHERE NOT regexp_full_match(platform, '[a-z0-9]+(_[a-z0-9]+)*') OR NOT regexp_full_match(surface, '[a-z0-9]+(_[a-z0-9]+)*')
   OR NOT regexp_full_match(target, '[a-z0-9]+(_[a-z0-9]+)*') OR NOT regexp_full_match(coalesce(region, 'US'), '[A-Z]{2,3}')
LIMIT 100;
