-- Writes a batch of documents of one build: all of it, or nothing and the ids of what was overtaken.
-- KEYS[1]: what the names of the build's keys begin with.
-- ARGV: identity, then groups, each led by the number of its entries:
--   documents (bucket key, id, position it was folded from, value), sums (key, field, change),
--   parts (key, position), places (key, score or '', id), marks (place, offset, position), then channel and text of
--   the hints about marks and about documents, '' where there are none.
local base = KEYS[1]
local a = ARGV
if redis.call('GET', base .. 'made') ~= a[1] then return {'lost'} end

local documents = 3
local count = tonumber(a[2])
local after = documents + 4 * count
local overtaken = {'overtaken'}
for i = documents, after - 1, 4 do
  local kept = redis.call('HGET', base .. a[i], a[i + 1])
  if kept then
    if string.match(kept, '^%d+') ~= a[i + 2] then overtaken[#overtaken + 1] = a[i + 1] end
  elseif a[i + 2] ~= '0' then
    return {'lost', a[i + 1]}
  end
end
if #overtaken > 1 then return overtaken end

for i = documents, after - 1, 4 do redis.call('HSET', base .. a[i], a[i + 1], a[i + 3]) end

local i = after + 1
for _ = 1, tonumber(a[after]) do
  local key = base .. a[i]
  if redis.call('HINCRBY', key, a[i + 1], a[i + 2]) == 0 then redis.call('HDEL', key, a[i + 1]) end
  i = i + 3
end

i = i + 1
for _ = 1, tonumber(a[i - 1]) do
  local key = base .. a[i]
  local kept = redis.call('HGET', key, 'position')
  if not kept then redis.call('SADD', base .. 'derived', a[i]) end
  if not kept or tonumber(kept) < tonumber(a[i + 1]) then redis.call('HSET', key, 'position', a[i + 1]) end
  i = i + 2
end

i = i + 1
for _ = 1, tonumber(a[i - 1]) do
  local key = base .. a[i]
  if a[i + 1] == '' then
    redis.call('ZREM', key, a[i + 2])
  elseif redis.call('ZADD', key, a[i + 1], a[i + 2]) == 1 and redis.call('ZCARD', key) == 1 then
    redis.call('SADD', base .. 'derived', a[i])
  end
  i = i + 3
end

i = i + 1
for _ = 1, tonumber(a[i - 1]) do
  local kept = redis.call('HGET', base .. 'applied', a[i])
  local offset, position = string.match(kept or '-1 -1', '^(%-?%d+) (%-?%d+)')
  local further = tonumber(a[i + 1]) - tonumber(offset)
  -- A process that was asleep and lost the partition may come late: nothing goes back. A rebuild from the store moves
  -- the position alone: it knows nothing of offsets until its end.
  if further > 0 or (further == 0 and tonumber(position) < tonumber(a[i + 2])) then
    redis.call('HSET', base .. 'applied', a[i], a[i + 1] .. ' ' .. a[i + 2])
  end
  i = i + 3
end

if a[i + 1] ~= '' then redis.call('PUBLISH', a[i], a[i + 1]) end
if a[i + 3] ~= '' then redis.call('PUBLISH', a[i + 2], a[i + 3]) end
return {'written'}
