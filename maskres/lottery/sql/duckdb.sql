-- The draw in DuckDB 1.3 or later. In: pool (number, stratum, tickets), quotas (stratum, quota), seeds (one row: seed).
-- Out: drawn, whose first line in order of rank is the smallest ticket. Texts are ordered by bytes as they are.
CREATE TABLE drawn AS
WITH valued AS (
    SELECT number, stratum,
           list_min([sha256(seed || '/' || number || '/' || ticket) FOR ticket IN range(1, tickets + 1)]) AS value
    FROM pool CROSS JOIN seeds
), placed AS (
    SELECT number, stratum, value,
           row_number() OVER (ORDER BY value, number) AS rank,
           row_number() OVER (PARTITION BY stratum ORDER BY value, number) AS place
    FROM valued
)
SELECT rank, number, stratum, value, CASE WHEN place <= quota THEN 'won' ELSE 'waiting' END AS outcome
FROM placed JOIN quotas USING (stratum);
