-- Whether the migrations of the commands have run; the newest of their tables stands for all.
SELECT to_regclass('public.stock_levels') IS NOT NULL
