-- The draw in PostgreSQL 11 or later. In: pool (number, stratum, tickets), quotas (stratum, quota), seeds (one row: seed).
-- Out: drawn, whose first line in order of rank is the smallest ticket. Orders are by bytes, hence the collation "C".
CREATE TABLE drawn AS
WITH valued AS (
    SELECT number, stratum,
           (SELECT min(encode(sha256(convert_to(seed || '/' || number || '/' || ticket, 'UTF8')), 'hex') COLLATE "C")
            FROM generate_series(1, tickets) AS ticket) AS value
    FROM pool CROSS JOIN seeds
), placed AS (
    SELECT number, stratum, value,
           row_number() OVER (ORDER BY value COLLATE "C", number COLLATE "C") AS rank,
           row_number() OVER (PARTITION BY stratum ORDER BY value COLLATE "C", number COLLATE "C") AS place
    FROM valued
)
SELECT rank, number, stratum, value, CASE WHEN place <= quota THEN 'won' ELSE 'waiting' END AS outcome
FROM placed JOIN quotas USING (stratum);
