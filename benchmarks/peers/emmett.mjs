// Emmett's PostgreSQL event store, asked over a pipe: one event an append, so many appends in flight.
import { createInterface } from 'node:readline';
import { randomUUID } from 'node:crypto';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';

const store = getPostgreSQLEventStore(process.env.STORE_URL);
const data = JSON.parse(process.env.EVENT_DATA);
await store.schema.migrate();

async function run(seconds, inFlight) {
  const start = performance.now();
  const deadline = start + seconds * 1000;
  let events = 0;
  const caller = async () => {
    while (performance.now() < deadline) {
      await store.appendToStream(`order-${randomUUID()}`, [{ type: 'order.placed', data }]);
      events += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { events, seconds: (performance.now() - start) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.stdout.write(JSON.stringify(await run(asked.seconds, asked.in_flight)) + '\n');
}
await store.close();
