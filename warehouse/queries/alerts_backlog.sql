SELECT channel, state, count(*)::INTEGER, min(created_at) FROM alert WHERE state <> 'delivered'
GROUP BY ALL ORDER BY ALL;
