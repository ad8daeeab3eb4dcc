import { redisScript } from './redis-script.ts';

/**
 * What the nodes keep in Redis, each name behind the prefix:
 *
 * - `node:<id>`: hash with the last heartbeat of a node; lives `node_ttl`
 * - `nodes`: sorted set, the index of these
 * - `placed:<id>`: sorted set of `<holder> <unique> <stream>`, viewers sent to a node that have not arrived, by time
 * - `drains`: hash, node → 1 or 0; a 0 is a mark that was taken away
 * - `lease:<stream>`: `<fence>:<node>` of the main that owns the camera; lives `node_ttl`
 * - `fences`: hash, stream → the last fence given out
 * - `revocations`: sorted set of JSON, by the time until when each matters
 *
 * All times are those of Redis, in milliseconds since the Unix epoch.
 */
const NOW = `
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Forgets who has not come in time, and who is to come when a clock that was moved back gets there. */
const FORGET = `
local function forget(placed, life)
	redis.call('ZREMRANGEBYSCORE', placed, '-inf', now - life)
	redis.call('ZREMRANGEBYSCORE', placed, now + life, '+inf')
end
`;

/**
 * A heartbeat, answered with the table.
 *
 * Arguments: prefix, node, process, ttl, load, inventory, viewers, capacity, viewers that arrived, draining (0 or 1),
 * life of a reservation, most nodes. Answer: process that held the record before or '', then six for each node: id,
 * load, inventory, time of its heartbeat, drain mark (1, 0 or ''), JSON of stream → viewers on their way.
 */
export const BEAT = redisScript(`${NOW}${FORGET}
local id, arrived, life = ARGV[2], tonumber(ARGV[9]), tonumber(ARGV[11])
local key = prefix .. 'node:' .. id
local former = redis.call('HGET', key, 'process') or ''
redis.call('HSET', key, 'process', ARGV[3], 'load', ARGV[5], 'inventory', ARGV[6],
	'viewers', ARGV[7], 'capacity', ARGV[8], 'seen', string.format('%.0f', now))
redis.call('PEXPIRE', key, ARGV[4])
redis.call('ZADD', prefix .. 'nodes', now, id)
if arrived > 0 then redis.call('ZPOPMIN', prefix .. 'placed:' .. id, arrived) end
if ARGV[10] == '1' then redis.call('HSETNX', prefix .. 'drains', id, '1') end

local answer = { former }
for _, node in ipairs(redis.call('ZREVRANGE', prefix .. 'nodes', 0, tonumber(ARGV[12]) - 1)) do
	local record = redis.call('HMGET', prefix .. 'node:' .. node, 'load', 'inventory', 'seen')
	local placed = prefix .. 'placed:' .. node
	if record[1] then
		forget(placed, life)
		local counts, some = {}, false
		for _, member in ipairs(redis.call('ZRANGE', placed, 0, -1)) do
			local stream = string.match(member, '[^ ]*$')
			counts[stream] = (counts[stream] or 0) + 1
			some = true
		end
		local drain = redis.call('HGET', prefix .. 'drains', node) or ''
		for _, value in ipairs({ node, record[1], record[2], record[3], drain, some and cjson.encode(counts) or '{}' }) do
			answer[#answer + 1] = value
		end
	else
		redis.call('ZREM', prefix .. 'nodes', node)
		redis.call('DEL', placed)
	end
end
return answer
`);

/**
 * Takes, renews and gives away leases.
 *
 * Arguments: prefix, node, ttl, JSON list of [stream, fence, keep]: the fence known from before or 0; keep 1, or 0 to
 * give away; JSON list of nodes whose process is gone: their leases need not run out. Answer: for each the fence under
 * which the node has the lease, '0' when it has not.
 *
 * A lease that nobody had since is continued under its fence; one that another process of the node has is had by asking
 * for it anew, as after a restart. A fence that is given out is larger than every one before, and than the time, so that
 * fences go on growing when Redis lost what it knew.
 */
export const LEASES = redisScript(`${NOW}
local node, ttl = ARGV[2], ARGV[3]
local fences = prefix .. 'fences'
local gone = {}
for _, id in ipairs(cjson.decode(ARGV[5])) do gone[id] = true end
local answer = {}
for i, request in ipairs(cjson.decode(ARGV[4])) do
	local stream, known, keep = request[1], request[2], request[3]
	local key = prefix .. 'lease:' .. stream
	local mine = string.format('%.0f', known) .. ':' .. node
	local current = redis.call('GET', key)
	local owner = current and string.sub(current, string.find(current, ':', 1, true) + 1)
	local fence = '0'
	if keep == 0 then
		if current == mine then redis.call('DEL', key) end
	elseif current == mine then
		redis.call('PEXPIRE', key, ttl)
		fence = string.format('%.0f', known)
	elseif not current or (owner == node and known == 0) or gone[owner] then
		local last = tonumber(redis.call('HGET', fences, stream) or '0')
		local number = known
		if current or known == 0 or last > known then number = math.max(last + 1, known + 1, now) end
		fence = string.format('%.0f', number)
		redis.call('SET', key, fence .. ':' .. node, 'PX', ttl)
		redis.call('HSET', fences, stream, fence)
	end
	answer[i] = fence
end
return answer
`);

/** In place of the name of a holder of whom there is no second. */
export const NO_HOLDER = '-';

/**
 * Reserves a place for a viewer.
 *
 * Arguments: prefix, node, holder, `<unique> <stream>`, life of a reservation. Answer: 'gone', 'draining', 'full',
 * 'placed', or 'enough' when the holder has as many places there as are left: half of what was free is for others.
 */
export const PLACE = redisScript(`${NOW}${FORGET}
local node, holder, life = ARGV[2], ARGV[3] .. ' ', tonumber(ARGV[5])
local record = redis.call('HMGET', prefix .. 'node:' .. node, 'viewers', 'capacity')
if not record[1] then return 'gone' end
if redis.call('HGET', prefix .. 'drains', node) == '1' then return 'draining' end
local placed = prefix .. 'placed:' .. node
forget(placed, life)
local count = redis.call('ZCARD', placed)
local left = record[2] - record[1] - count
if left <= 0 then return 'full' end
if count >= left and holder ~= '${NO_HOLDER} ' then
	local held = 0
	for _, member in ipairs(redis.call('ZRANGE', placed, 0, -1)) do
		if string.sub(member, 1, #holder) == holder then held = held + 1 end
	end
	if held >= left then return 'enough' end
end
redis.call('ZADD', placed, now, holder .. ARGV[4])
redis.call('PEXPIRE', placed, life)
return 'placed'
`);

/** Arguments: prefix, node, 1 or 0. Answer: 1 when there is such a node. */
export const DRAIN = redisScript(`
local drains = ARGV[1] .. 'drains'
local live = redis.call('EXISTS', ARGV[1] .. 'node:' .. ARGV[2]) == 1
if not live and not redis.call('HGET', drains, ARGV[2]) then return 0 end
if live then redis.call('HSET', drains, ARGV[2], ARGV[3])
elseif ARGV[3] == '0' then redis.call('HDEL', drains, ARGV[2])
else redis.call('HSET', drains, ARGV[2], '1') end
return 1
`);

/** Arguments: prefix, node, process. */
export const LEAVE = redisScript(`
local key = ARGV[1] .. 'node:' .. ARGV[2]
if redis.call('HGET', key, 'process') ~= ARGV[3] then return 0 end
redis.call('DEL', key, ARGV[1] .. 'placed:' .. ARGV[2])
redis.call('ZREM', ARGV[1] .. 'nodes', ARGV[2])
return 1
`);

/** Takes a node off the table whose process has ended. Arguments: prefix, node, time of its last heartbeat. */
export const BURY = redisScript(`
local key = ARGV[1] .. 'node:' .. ARGV[2]
if redis.call('HGET', key, 'seen') ~= ARGV[3] then return 0 end
redis.call('DEL', key)
redis.call('ZREM', ARGV[1] .. 'nodes', ARGV[2])
return 1
`);

/** Arguments: prefix, most that are kept, then pairs of until and JSON to add. Without any: answers all that matter. */
export const REVOCATIONS = redisScript(`${NOW}
local key = prefix .. 'revocations'
for i = 3, #ARGV, 2 do redis.call('ZADD', key, ARGV[i], ARGV[i + 1]) end
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
redis.call('ZREMRANGEBYRANK', key, 0, -1 - tonumber(ARGV[2]))
return #ARGV > 2 and {} or redis.call('ZRANGE', key, 0, -1)
`);
