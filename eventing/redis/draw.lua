-- Draws tokens from several buckets at once, by Redis' own clock.
-- KEYS: the buckets. ARGV: interval and quota, then the number of tokens wanted from each bucket.
-- Answers the time, then for each bucket how many were granted and when it is full again. Times are microseconds.
-- Arithmetic as in token_bucket.draw; times stay below 2^53, so Lua's doubles hold them exactly.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local interval, quota = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = { string.format('%.0f', now) }
for i, key in ipairs(KEYS) do
  local wanted = tonumber(ARGV[2 + i])
  local start = math.max(tonumber(redis.call('GET', key) or '0'), now)
  local free = math.floor((now + quota * interval - start) / interval)
  local granted = math.max(0, math.min(wanted, free))
  local full_at = start + granted * interval
  if granted > 0 then
    -- Once it is full again a bucket need not be kept.
    redis.call('SET', key, string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1000)
  end
  answer[#answer + 1] = granted
  answer[#answer + 1] = string.format('%.0f', full_at)
end
return answer
