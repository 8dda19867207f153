-- The history of each reservation as its status tells it.
INSERT INTO reservation_events (reservation_id, event, occurred_at)
SELECT id, event, occurred_at
FROM (SELECT id, 1 AS step, 'pre_reserved' AS event, created_at AS occurred_at
      FROM reservations
      UNION ALL
      SELECT id, 2, 'confirmed', created_at + interval '10 minutes'
      FROM reservations
      WHERE status IN ('confirmed', 'cancelled')
      UNION ALL
      SELECT id, 3, 'modified', created_at + interval '20 minutes'
      FROM reservations
      WHERE status = 'confirmed' AND id % 8 = 0
      UNION ALL
      SELECT id, 4, status,
             created_at + interval '30 minutes'
      FROM reservations
      WHERE status IN ('cancelled', 'expired')) AS history
ORDER BY id, step;
