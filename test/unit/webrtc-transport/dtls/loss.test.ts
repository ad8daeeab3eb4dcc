import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vector } from '../../../../src/webrtc/transport/dtls/vector.ts';
import {
	MAX_HANDSHAKE_DATAGRAMS,
	MAX_REPEATED_FLIGHTS,
	RETRANSMISSION_MAX_MS,
	RETRANSMISSION_MS,
} from '../../../../src/webrtc/transport/limits.ts';
import { associate, split } from './scripted-association.ts';

type Association = ReturnType<typeof associate>;

/** What the network makes of the datagrams of one round; each holds one record. */
type Network = (datagrams: Buffer[], to: 'server' | 'client') => Buffer[];

/** One round in both directions. */
function exchange({ toServer, toClient, session, client }: Association, network: Network): void {
	for (const datagram of network(split(toServer.splice(0)), 'server')) session.receive(datagram);
	for (const datagram of network(split(toClient.splice(0)), 'client')) toServer.push(...client.receive(datagram));
}

function expectSecuredOnce({ keys, client, closed }: Association, name = ''): void {
	expect(keys.length, name).toBe(1);
	expect(client.finished, name).toBe(true);
	expect(closed, name).toEqual([]);
	expect(keys[0]?.remote.key, name).toEqual(client.export('EXTRACTOR-dtls_srtp', 16));
}

/** Records of a whole handshake: the hello, five of the server, five of the client, two of the server. */
const RECORDS = 13;

describe('a handshake on a bad network', () => {
	it('survives the loss of any one or two records, by the timers of both sides', async () => {
		for (let first = 0; first < RECORDS; first++) {
			for (let second = first; second < RECORDS; second++) {
				const association = associate();
				let count = 0;
				const network: Network = (datagrams) => datagrams.filter(() => ![first, second].includes(count++));
				for (let round = 0; round < 6 && !association.client.finished; round++) {
					exchange(association, network);
					exchange(association, network);
					if (association.client.finished) break;
					await association.clock.advance(RETRANSMISSION_MAX_MS + 1);
					association.toServer.push(...association.client.repeat());
				}
				expectSecuredOnce(association, `records ${first} and ${second}`);
			}
		}
	});

	it('survives the loss of any record without a timer of the client, but for its hello', async () => {
		for (let lost = 1; lost < RECORDS - 2; lost++) {
			const association = associate();
			let count = 0;
			const network: Network = (datagrams) => datagrams.filter(() => count++ !== lost);
			for (let round = 0; round < 4; round++) {
				exchange(association, network);
				exchange(association, network);
				await association.clock.advance(RETRANSMISSION_MAX_MS + 1);
			}
			exchange(association, network);
			expectSecuredOnce(association, `record ${lost}`);
		}
	});

	it('survives duplicates and any two neighbours in the wrong order', () => {
		for (let place = 0; place < RECORDS; place++) {
			const association = associate();
			let count = 0;
			const network: Network = (datagrams) => {
				const at = place - count;
				count += datagrams.length;
				const swapped = [...datagrams];
				if (at >= 0 && at + 1 < datagrams.length) swapped.splice(at, 2, ...datagrams.slice(at, at + 2).reverse());
				return swapped.flatMap((datagram) => [datagram, datagram]);
			};
			for (let round = 0; round < 4; round++) exchange(association, network);
			expectSecuredOnce(association, `place ${place}`);
		}
	});

	it('survives flights that arrive backwards, the Finished before everything it depends on', () => {
		const association = associate({ extensions: { 6682: Buffer.alloc(3000) } });
		for (let round = 0; round < 4; round++) exchange(association, (datagrams) => datagrams.reverse());
		expectSecuredOnce(association);
	});

	it('ends well whatever the network does, once it lets things through', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), async (fates) => {
				const association = associate();
				const held: { readonly datagram: Buffer; readonly to: 'server' | 'client' }[] = [];
				const network: Network = (datagrams, to) => {
					const arriving: Buffer[] = [];
					for (const datagram of datagrams) {
						const fate = fates.shift() ?? 2;
						if (fate === 0) continue;
						if (fate === 1) held.push({ datagram, to });
						else arriving.push(...Array(fate === 3 ? 2 : 1).fill(datagram));
						if (fate === 4) arriving.reverse();
					}
					return arriving;
				};
				for (let round = 0; round < 30 && !association.client.finished; round++) {
					exchange(association, network);
					for (const { datagram, to } of held.splice(0)) {
						if (to === 'server') association.session.receive(datagram);
						else association.toServer.push(...association.client.receive(datagram));
					}
					await association.clock.advance(RETRANSMISSION_MAX_MS + 1);
					association.toServer.push(...association.client.repeat());
				}
				expectSecuredOnce(association);
			}),
			{ numRuns: 60 },
		);
	});
});

describe('retransmission', () => {
	it('waits twice as long each time, up to a limit, and ends with the session', async () => {
		const { session, toServer, toClient, clock } = associate();
		for (const datagram of toServer) session.receive(datagram);
		const times: number[] = [];
		let seen = toClient.length;
		for (let now = 0; now < 40_000; now += 100) {
			await clock.advance(100);
			if (toClient.length > seen) times.push(clock.now());
			seen = toClient.length;
		}
		const waits = times.map((time, index) => time - (times[index - 1] ?? 0));
		expect(waits.slice(0, 7)).toEqual([400, 800, 1600, 3200, 6400, 6400, 6400]);
		expect([RETRANSMISSION_MS, RETRANSMISSION_MAX_MS]).toEqual([400, 6400]);
		session.close();
		await clock.advance(60_000);
		expect(toClient.length).toBe(seen);
	});

	it('answers a repeated hello at once, but not a copy of one', () => {
		const { session, toServer, toClient, client } = associate();
		const [hello] = toServer as [Buffer];
		session.receive(hello);
		const flight = toClient.splice(0);
		session.receive(hello);
		expect(toClient).toEqual([]);
		for (const again of client.repeat()) session.receive(again);
		const messages = (datagrams: Buffer[]): Buffer[] => split(datagrams).map((record) => record.subarray(13));
		expect(messages(toClient)).toEqual(messages(flight));
		// A record number is never used twice.
		const numbers = [...split(flight), ...split(toClient)].map((record) => record.readUIntBE(5, 6));
		expect(new Set(numbers).size).toBe(numbers.length);
	});

	it('repeats the last flight for a repeated Finished, so many times', () => {
		const { run, session, client, toClient, clock } = associate();
		run();
		for (let count = 0; count < MAX_REPEATED_FLIGHTS + 10; count++) {
			for (const datagram of client.repeat()) session.receive(datagram);
		}
		expect(toClient).toHaveLength(MAX_REPEATED_FLIGHTS);
		expect(clock.now()).toBe(0);
	});

	it('does not answer replayed datagrams after the handshake', async () => {
		const { carry, session, toServer, toClient, clock } = associate();
		carry();
		const flight = [...toServer];
		while (carry());
		for (let count = 0; count < 10; count++) for (const datagram of flight) session.receive(datagram);
		await clock.advance(100_000);
		expect(toClient).toEqual([]);
	});
});

describe('a flood', () => {
	it('of hellos is answered so many times, also when they come in few datagrams', () => {
		const { session, toServer, toClient, client } = associate();
		for (const datagram of toServer) session.receive(datagram);
		const flight = toClient.splice(0).length;
		for (let count = 0; count < 4; count++) {
			session.receive(Buffer.concat(Array.from({ length: 20 }, () => client.repeat()).flat()));
		}
		expect(toClient).toHaveLength(MAX_REPEATED_FLIGHTS * flight);
	});

	it('ends the handshake after so many datagrams', () => {
		const { session, closed, keys } = associate();
		for (let count = 0; count < MAX_HANDSHAKE_DATAGRAMS + 5; count++) session.receive(Buffer.alloc(60, 22));
		expect(closed).toEqual([expect.stringMatching(/more than 128 datagrams/)]);
		expect(keys).toEqual([]);
	});

	it('S8: of fragments takes no more memory than a flight may', () => {
		const { session, toServer } = associate();
		const body = vector(3, Buffer.alloc(8000));
		for (let sequence = 0; sequence < 100; sequence++) {
			const fragment = Buffer.alloc(13 + 12 + 1, 0);
			fragment.set([22, 0xfe, 0xfd]);
			fragment.writeUInt16BE(13, 11);
			fragment.set([11], 13);
			fragment.writeUIntBE(body.length, 14, 3);
			fragment.writeUInt16BE(sequence, 17);
			fragment.writeUIntBE(1, 22, 3);
			session.receive(fragment);
		}
		// The genuine hello is still heard: nothing but its own place could have been taken.
		expect(toServer).toHaveLength(1);
	});
});
