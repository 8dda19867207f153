-- $1 seed, $2 how many. Every figure comes from md5(seed, id), so any Postgres gives the same rows for the same seed.
INSERT INTO accommodations (id, code, name, kind, capacity, base_price_cents)
SELECT id,
       'HAB-' || lpad(id::text, 3, '0'),
       (ARRAY ['Mirador', 'Jardín', 'Olivo', 'Azahar', 'Levante', 'Alameda', 'Romero', 'Faro'])[1 + (h1 % 8)::int]
           || ' ' || id,
       (ARRAY ['room', 'room', 'room', 'suite', 'apartment', 'cabin'])[1 + (h2 % 6)::int],
       -- The first one takes a family, so that small test hotels have a room for every party.
       CASE WHEN id = 1 THEN 4 ELSE (ARRAY [2, 2, 2, 3, 4, 4, 6])[1 + (h3 % 7)::int] END,
       -- 55.00 to 250.00 in steps of 5.00: a weekend surcharge of 20 % is then whole cents.
       5500 + 500 * (h4 % 40)
FROM generate_series(1, $2::integer) AS id,
     LATERAL (SELECT md5($1::bigint::text || ':accommodation:' || id) AS md5) AS m,
     LATERAL (SELECT ('x' || substr(md5, 1, 8))::bit(32)::bigint  AS h1,
                     ('x' || substr(md5, 9, 8))::bit(32)::bigint  AS h2,
                     ('x' || substr(md5, 17, 8))::bit(32)::bigint AS h3,
                     ('x' || substr(md5, 25, 8))::bit(32)::bigint AS h4) AS h
ORDER BY id;
