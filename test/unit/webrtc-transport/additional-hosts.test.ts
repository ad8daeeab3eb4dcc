import { describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { AdditionalHosts } from '../../../src/webrtc/transport/ice/additional-hosts.ts';
import { HOST_LOOKUP_PERIOD_MS } from '../../../src/webrtc/transport/limits.ts';
import { settle, VirtualClock } from '../../fakes/virtual-clock.ts';

/** Hosts and a resolver that knows the names of `known`, or fails with its text. */
async function find(hosts: readonly string[], known: Record<string, string[] | string>) {
	const clock = new VirtualClock();
	const warnings: unknown[] = [];
	const asked: string[] = [];
	const logger: Logger = { ...silentLogger, warn: ({ host, error }) => void warnings.push(`${host}: ${error}`) };
	const lookup = async (name: string): Promise<string[]> => {
		asked.push(name);
		const found = known[name] ?? 'ENOTFOUND';
		if (typeof found === 'string') throw new Error(found);
		return found;
	};
	return {
		clock,
		warnings,
		asked,
		found: await AdditionalHosts.find({ additionalHosts: hosts, clock, logger, lookup }),
	};
}

describe('additional hosts', () => {
	it('are looked up again: a name that failed at first, and one that changed', async () => {
		const known: Record<string, string[] | string> = { changing: ['192.0.2.1'] };
		const { clock, found } = await find(['late', '203.0.113.9', 'changing'], known);
		expect(found.addresses).toEqual(['203.0.113.9', '192.0.2.1']);
		known.late = ['192.0.2.7', '2001:db8::7'];
		known.changing = ['192.0.2.2'];
		await clock.advance(HOST_LOOKUP_PERIOD_MS - 1);
		expect(found.addresses).toEqual(['203.0.113.9', '192.0.2.1']);
		await clock.advance(1);
		expect(found.addresses).toEqual(['192.0.2.7', '2001:db8::7', '203.0.113.9', '192.0.2.2']);
		found.close();
	});

	it('keep what was found last, and warn once for each change of failure', async () => {
		const known: Record<string, string[] | string> = { name: ['192.0.2.1'] };
		const { clock, found, warnings } = await find(['name'], known);
		for (const outcome of ['ENOTFOUND', 'ENOTFOUND', 'EAI_AGAIN', ['192.0.2.1'], 'EAI_AGAIN']) {
			known.name = outcome;
			await clock.advance(HOST_LOOKUP_PERIOD_MS);
			expect(found.addresses).toEqual(['192.0.2.1']);
		}
		expect(warnings).toEqual(['name: ENOTFOUND', 'name: EAI_AGAIN', 'name: EAI_AGAIN']);
		found.close();
	});

	it('are looked up one at a time, until they are closed', async () => {
		const clock = new VirtualClock();
		const waiting: ((addresses: string[]) => void)[] = [];
		let first = true;
		const lookup = (): Promise<string[]> => {
			if (first) return Promise.resolve(['192.0.2.1']);
			return new Promise((resolve) => waiting.push(resolve));
		};
		const found = await AdditionalHosts.find({ additionalHosts: ['a', 'b'], clock, logger: silentLogger, lookup });
		first = false;
		await clock.advance(5 * HOST_LOOKUP_PERIOD_MS);
		expect(waiting).toHaveLength(1);
		waiting[0]?.(['192.0.2.2']);
		await settle();
		expect(waiting).toHaveLength(2);
		found.close();
		waiting[1]?.(['192.0.2.3']);
		await clock.advance(5 * HOST_LOOKUP_PERIOD_MS);
		expect(waiting).toHaveLength(2);
		expect(found.addresses).toEqual(['192.0.2.2', '192.0.2.1']);
	});

	it('that are addresses need no lookup', async () => {
		const { clock, asked, found } = await find(['192.0.2.1', '2001:db8::1'], {});
		await clock.advance(5 * HOST_LOOKUP_PERIOD_MS);
		expect(found.addresses).toEqual(['192.0.2.1', '2001:db8::1']);
		expect(asked).toEqual([]);
		found.close();
	});
});
