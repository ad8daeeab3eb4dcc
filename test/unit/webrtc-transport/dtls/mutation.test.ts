import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { associate, split } from './scripted-association.ts';

type Mutation = { readonly kind: number; readonly at: number; readonly value: number };

const mutation = fc.record({ kind: fc.nat(5), at: fc.nat(1500), value: fc.integer({ min: 1, max: 255 }) });

/** A datagram after something has happened to it. */
function mutate(datagram: Buffer, { kind, at, value }: Mutation): Buffer {
	const position = at % datagram.length;
	const copy = Buffer.from(datagram);
	switch (kind) {
		case 0:
			return copy.subarray(0, position);
		case 1:
			return Buffer.concat([copy.subarray(0, position), Buffer.alloc(value, at), copy.subarray(position)]);
		case 2:
			return Buffer.concat([copy.subarray(0, position), copy.subarray(Math.min(copy.length, position + value))]);
		case 3:
			return copy.fill(value, position);
		default:
			copy.writeUInt8(copy.readUInt8(position) ^ value, position);
			return copy;
	}
}

/** With lengths of record and message put right, so that what was changed is looked at. */
function withLengths(datagram: Buffer): Buffer {
	if (datagram.length < 25) return datagram;
	const copy = Buffer.from(datagram);
	copy.writeUInt16BE(copy.length - 13, 11);
	copy.writeUIntBE(copy.length - 25, 14, 3);
	copy.writeUIntBE(copy.length - 25, 22, 3);
	return copy;
}

describe('a session', () => {
	it('hands out no keys but the genuine ones, and throws nothing, when a handshake is mutated', () => {
		let secured = 0;
		let failed = 0;
		fc.assert(
			fc.property(
				fc.nat(6),
				fc.array(mutation, { minLength: 1, maxLength: 3 }),
				fc.boolean(),
				(place, mutations, tidy) => {
					const { session, client, toServer, toClient, keys, closed } = associate();
					let count = 0;
					for (let round = 0; round < 3; round++) {
						for (const datagram of split(toServer.splice(0))) {
							let arriving = datagram;
							if (count++ === place) {
								for (const each of mutations) if (arriving.length > 0) arriving = mutate(arriving, each);
								if (tidy) arriving = withLengths(arriving);
							}
							session.receive(arriving);
						}
						for (const datagram of toClient.splice(0)) toServer.push(...client.receive(datagram));
					}
					if (keys.length > 0) secured++;
					if (closed.length > 0) failed++;
					expect(keys.length + closed.length).toBeLessThanOrEqual(1);
					for (const { remote } of keys) expect(remote.key).toEqual(client.export('EXTRACTOR-dtls_srtp', 16));
					session.close();
				},
			),
			{ numRuns: 1000 },
		);
		// All ends are met: what does no harm, what is refused, and (the others) what is dropped.
		expect(secured).toBeGreaterThan(0);
		expect(failed).toBeGreaterThan(0);
		expect(secured + failed).toBeLessThan(1000);
	});

	it('takes any bytes at any time', () => {
		const noise = fc.array(fc.tuple(fc.constantFrom(20, 21, 22, 23), fc.nat(2), fc.uint8Array({ maxLength: 200 })));
		fc.assert(
			fc.property(fc.nat(3), noise, (moment, datagrams) => {
				const association = associate();
				for (let step = 0; step < moment; step++) association.carry();
				const secured = association.keys.length;
				for (const [type, epoch, bytes] of datagrams) {
					const header = Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, 0, 0, bytes.length]);
					association.session.receive(Buffer.concat([header, bytes]));
					association.session.receive(Buffer.from(bytes));
				}
				expect(association.keys.length).toBe(secured);
			}),
			{ numRuns: 300 },
		);
	});

	it('is not ended by anything in the clear once it is secured', () => {
		const { run, session, closed, keys, toClient, client } = associate();
		run();
		session.receive(Buffer.from('15fefd0000000000000063000202280', 'hex'));
		session.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40]));
		session.receive(Buffer.from([21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40]));
		for (const datagram of associate().toServer) session.receive(datagram);
		expect([closed, keys.length, toClient]).toEqual([[], 1, []]);
		const goodbye = client.seal(21, Buffer.from([1, 0]));
		session.receive(goodbye);
		expect(closed).toEqual(['the viewer ended DTLS: close_notify']);
		expect(client.receive(toClient[0] as Buffer)).toEqual([]);
		expect(client.alerts).toEqual([[1, 0]]);
	});
});
