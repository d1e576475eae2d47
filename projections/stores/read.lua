-- Documents of one build. KEYS[1]: what its keys begin with. ARGV: identity, then bucket and id of each.
-- The first answer tells whether the build is there.
if redis.call('GET', KEYS[1] .. 'made') ~= ARGV[1] then return {'lost'} end
local found = {'found'}
for i = 2, #ARGV, 2 do found[#found + 1] = redis.call('HGET', KEYS[1] .. ARGV[i], ARGV[i + 1]) end
return found
