-- $1 seed, $2 accommodations, $3 reservations, $4 anchor: the first day that is not past.
-- Of each accommodation's stays, 3 in 100 (at most 20) lie in the year after the anchor, one in each slot of 18 days, so the
-- future is mostly free to book. The others go back from the anchor one after the other; those cancelled or expired take
-- no time of their own, so they overlap with the stay that was taken instead.
WITH drawn AS (
    SELECT n AS id,
           1 + (n - 1) % $2::integer AS accommodation_id,
           (n - 1) / $2::integer     AS ordinal,
           ('x' || substr(a, 1, 8))::bit(32)::bigint  AS h_status,
           ('x' || substr(a, 9, 8))::bit(32)::bigint  AS h_nights,
           ('x' || substr(a, 17, 8))::bit(32)::bigint AS h_gap,
           ('x' || substr(a, 25, 8))::bit(32)::bigint AS h_guest,
           ('x' || substr(b, 1, 8))::bit(32)::bigint  AS h_channel,
           ('x' || substr(b, 9, 8))::bit(32)::bigint  AS h_lead,
           ('x' || substr(b, 17, 8))::bit(32)::bigint AS h_party
    FROM generate_series(1::bigint, $3::bigint) AS n,
         LATERAL (SELECT md5($1::bigint::text || ':a:' || n) AS a, md5($1::bigint::text || ':b:' || n) AS b) AS m
),
shaped AS (
    SELECT d.*,
           least(20, (3 * $3::bigint / $2::integer + 99) / 100) AS future_count,
           -- 25 % one night, 30 % two, 20 % three, then a tail to seven.
           (ARRAY [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6, 7])[1 + (h_nights % 20)::int] AS nights
    FROM drawn AS d
),
ruled AS (
    SELECT s.*,
           ordinal < future_count AS future,
           CASE
               WHEN ordinal < future_count THEN
                   CASE WHEN h_status % 100 < 85 THEN 'confirmed' WHEN h_status % 100 < 90 THEN 'pre_reserved' ELSE 'cancelled' END
               WHEN h_status % 1000 < 720 THEN 'confirmed'
               WHEN h_status % 1000 < 920 THEN 'cancelled'
               ELSE 'expired'
           END AS status
    FROM shaped AS s
),
placed AS (
    SELECT r.*,
           CASE
               WHEN future THEN $4::date + (18 * ordinal + h_gap % (18 - nights))::int
               ELSE $4::date
                    - (sum(CASE WHEN future OR status IN ('cancelled', 'expired') THEN 0 ELSE nights + h_gap % 3 END)
                       OVER earlier)::int
                    - CASE WHEN status IN ('cancelled', 'expired') THEN nights ELSE 0 END
           END AS check_in
    FROM ruled AS r
    WINDOW earlier AS (PARTITION BY accommodation_id ORDER BY ordinal)
),
numbered AS (
    SELECT p.*,
           check_in + nights AS check_out,
           -- An odd multiplier and a shift-xor are one-to-one on 40 bits: no two codes are equal.
           (mixed # (mixed >> 17)) AS code_bits
    FROM placed AS p,
         LATERAL (SELECT (id * 668265263117 + ($1::bigint & 1099511627775)) & 1099511627775 AS mixed) AS m
)
INSERT INTO reservations (id, code, accommodation_id, check_in, check_out, status, expires_at, guests, guest_name,
                          guest_phone, channel, total_price_cents, created_at)
SELECT n.id,
       'R-' || (SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + ((code_bits >> 5 * place) & 31)::int, 1), ''
                                  ORDER BY place)
                FROM generate_series(0, 7) AS place),
       accommodation_id,
       check_in,
       check_out,
       status,
       CASE WHEN status = 'pre_reserved' THEN ($4::date + 2)::timestamp AT TIME ZONE 'UTC' + h_lead % 3600 * interval '1 second' END,
       1 + (h_party % a.capacity)::int,
       (ARRAY ['Lucía', 'Mateo', 'Sofía', 'Martín', 'Carmen', 'Hugo', 'Inés', 'Pablo', 'Elena', 'Álvaro'])[1 + (guest % 10)::int] || ' '
           || (ARRAY ['García', 'Martínez', 'López', 'Sánchez', 'Romero', 'Navarro', 'Torres', 'Díaz', 'Vega', 'Núñez', 'Ortiz'])[1 + (guest % 11)::int],
       '+34' || 600000000 + guest,
       -- One channel is rare (0.5 %): where an index on channel pays most.
       CASE
           WHEN h_channel % 1000 < 450 THEN 'web'
           WHEN h_channel % 1000 < 750 THEN 'whatsapp'
           WHEN h_channel % 1000 < 900 THEN 'booking'
           WHEN h_channel % 1000 < 995 THEN 'phone'
           ELSE 'agency'
       END,
       nightly.total_price_cents,
       least(check_in, $4::date)::timestamp AT TIME ZONE 'UTC' - interval '1 second' * (3600 + h_lead % 5184000)
FROM numbered AS n
         JOIN accommodations AS a ON a.id = n.accommodation_id,
     -- Four reservations a guest on average.
     LATERAL (SELECT 1 + h_guest % greatest($3::bigint / 4, 1) AS guest) AS g,
     LATERAL (SELECT sum(CASE WHEN extract(isodow FROM check_in + night) IN (5, 6) THEN a.base_price_cents * 6 / 5
                              ELSE a.base_price_cents END)::bigint AS total_price_cents
              FROM generate_series(0, nights - 1) AS night) AS nightly
ORDER BY n.id;
