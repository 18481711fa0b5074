SELECT * REPLACE (authority::VARCHAR AS authority, from_precision::VARCHAR AS from_precision)
FROM can_link_asof($platform, $surface, $target, $day, $known::TIMESTAMP, region := $region);
