-- The draw in SQLite 3.25 or later, given a function sha256(text) that returns 64 lower-case hex digits.
-- In: pool (number, stratum, tickets), quotas (stratum, quota), seeds (one row: seed).
-- Out: drawn, whose first line in order of rank is the smallest ticket. Texts are ordered by bytes as they are.
CREATE TABLE drawn AS
WITH RECURSIVE counted (ticket) AS (
    SELECT 1 UNION ALL SELECT ticket + 1 FROM counted WHERE ticket < 10
), valued AS (
    SELECT number, stratum,
           (SELECT min(sha256(seed || '/' || number || '/' || ticket)) FROM counted WHERE ticket <= tickets) AS value
    FROM pool CROSS JOIN seeds
), placed AS (
    SELECT number, stratum, value,
           row_number() OVER (ORDER BY value, number) AS rank,
           row_number() OVER (PARTITION BY stratum ORDER BY value, number) AS place
    FROM valued
)
SELECT rank, number, stratum, value, CASE WHEN place <= quota THEN 'won' ELSE 'waiting' END AS outcome
FROM placed JOIN quotas USING (stratum);
