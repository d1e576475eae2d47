-- Whether the migrations that this service stands on have run; the newest table of each stands for all.
SELECT to_regclass('public.stock_movements') IS NOT NULL AND to_regclass('public.relay_status') IS NOT NULL
