-- A row that holds for no day, or was believed for no moment
SELECT platform, surface, target, region, stage, action, valid_from, valid_to, known_from, known_to
FROM policy WHERE valid_from >= valid_to OR known_from >= known_to
LIMIT 100;
