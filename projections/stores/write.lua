-- Writes a batch of documents of one build: all of it, or nothing and the ids of what was overtaken.
-- KEYS[1]: what the names of the build's keys begin with.
-- ARGV: identity, then groups, each led by the number of its entries:
--   what it goes on from: marks (place, position) and documents (key, id, position),
--   buckets (key, number of documents, and of each: id, position it was folded from, value), sums (key, field, change),
--   parts (key, position), places (key, score or '', id), marks (place, offset, position), then channel and text of
--   the hints about marks and about documents, '' where there are none.
local base = KEYS[1]
local a = ARGV
if redis.call('GET', base .. 'made') ~= a[1] then return {'lost'} end

-- On top of an older copy that has taken this one's place, what that one lacks would be passed over for good.
local i = 3
for _ = 1, tonumber(a[2]) do
  local kept = redis.call('HGET', base .. 'applied', a[i])
  if tonumber(string.match(kept or '0', '%d+$')) < tonumber(a[i + 1]) then return {'set back'} end
  i = i + 2
end

i = i + 1
for _ = 1, tonumber(a[i - 1]) do
  local kept = redis.call('HGET', base .. a[i], a[i + 1])
  if tonumber(string.match(kept or '', '^%d+') or '0') < tonumber(a[i + 2]) then return {'set back'} end
  i = i + 3
end

-- A bucket's documents are read with one call and written with one: calls are what a script spends its time on.
i = i + 1
local writes = {}
local overtaken = {'overtaken'}
for bucket = 1, tonumber(a[i - 1]) do
  local key, count = base .. a[i], tonumber(a[i + 1])
  local ids, values = {}, {}
  for k = 1, count do ids[k] = a[i + 3 * k - 1] end
  local found = redis.call('HMGET', key, unpack(ids))
  for k = 1, count do
    local kept, based_on = found[k], a[i + 3 * k]
    if kept then
      if string.match(kept, '^%d+') ~= based_on then overtaken[#overtaken + 1] = ids[k] end
    elseif based_on ~= '0' then
      return {'lost', ids[k]}
    end
    values[2 * k - 1], values[2 * k] = ids[k], a[i + 3 * k + 1]
  end
  writes[bucket] = {key, values}
  i = i + 2 + 3 * count
end
if #overtaken > 1 then return overtaken end

for _, write in ipairs(writes) do redis.call('HSET', write[1], unpack(write[2])) end

i = i + 1
for _ = 1, tonumber(a[i - 1]) do
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
