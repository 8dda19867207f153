INSERT INTO reservation_nights (reservation_id, night, price_cents)
SELECT r.id,
       r.check_in + night,
       CASE WHEN extract(isodow FROM r.check_in + night) IN (5, 6) THEN a.base_price_cents * 6 / 5 ELSE a.base_price_cents END
FROM reservations AS r
         JOIN accommodations AS a ON a.id = r.accommodation_id,
     LATERAL generate_series(0, r.check_out - r.check_in - 1) AS night
ORDER BY r.id, night;
