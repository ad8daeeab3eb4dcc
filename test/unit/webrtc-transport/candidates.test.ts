import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { hostCandidates } from '../../../src/webrtc/transport/ice/candidates.ts';
import { MAX_CANDIDATES } from '../../../src/webrtc/transport/limits.ts';

function address(text: string, changes: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo {
	const common = { address: text, netmask: '', mac: '', internal: false, cidr: null };
	const info = text.includes(':')
		? { ...common, family: 'IPv6' as const, scopeid: 0 }
		: { ...common, family: 'IPv4' as const };
	return { ...info, ...changes } as NetworkInterfaceInfo;
}

const OPTIONS = {
	additionalHosts: ['203.0.113.1'],
	interfaces: {
		lo: [address('127.0.0.1', { internal: true }), address('::1', { internal: true })],
		eth0: [address('2001:db8::5'), address('192.0.2.5'), address('fe80::1')],
	},
	families: ['IPv4', 'IPv6'] as const,
	udpPort: 8189,
};

describe('hostCandidates', () => {
	it('lists additional hosts, then interfaces, IPv4 first, then loopback', () => {
		expect(hostCandidates(OPTIONS)).toEqual([
			'udp1 1 udp 2130706431 203.0.113.1 8189 typ host',
			'udp2 1 udp 2130706175 192.0.2.5 8189 typ host',
			'udp3 1 udp 2130705919 2001:db8::5 8189 typ host',
			'udp4 1 udp 2130705663 127.0.0.1 8189 typ host',
		]);
	});

	it('has loopback alone on a machine without network', () => {
		const lines = hostCandidates({ ...OPTIONS, additionalHosts: [], interfaces: { lo: OPTIONS.interfaces.lo } });
		expect(lines).toEqual(['udp1 1 udp 2130706431 127.0.0.1 8189 typ host']);
	});

	it('leaves out families that are not bound, and other addresses when one is', () => {
		const lines = hostCandidates({ ...OPTIONS, families: ['IPv4'] });
		expect(lines.join()).not.toContain('2001:');
		expect(hostCandidates({ ...OPTIONS, boundTo: '192.0.2.5' }).map((line) => line.split(' ')[4])).toEqual([
			'203.0.113.1',
			'192.0.2.5',
		]);
	});

	it('adds passive TCP below UDP', () => {
		const lines = hostCandidates({ ...OPTIONS, tcpPort: 8190 });
		const tcp = lines.slice(4);
		expect(tcp[0]).toMatch(/^tcp1 1 tcp \d+ 203\.0\.113\.1 8190 typ host tcptype passive$/);
		const rank = (line = ''): number => Number(line.split(' ')[3]);
		expect(rank(tcp[0])).toBeLessThan(rank(lines[3]));
	});

	describe('of a machine with many addresses', () => {
		const many = Array.from({ length: 100 }, (_, index) => `203.0.113.${index}`);

		it('have a bound', () => {
			expect(hostCandidates({ ...OPTIONS, additionalHosts: many })).toHaveLength(MAX_CANDIDATES);
		});

		it('are as many over TCP as over UDP, of the same addresses', () => {
			const lines = hostCandidates({ ...OPTIONS, additionalHosts: many, tcpPort: 8190 });
			const addressesOf = (transport: string): (string | undefined)[] =>
				lines.map((line) => line.split(' ')).flatMap((parts) => (parts[2] === transport ? [parts[4]] : []));
			expect(addressesOf('udp')).toEqual(many.slice(0, MAX_CANDIDATES / 2));
			expect(addressesOf('tcp')).toEqual(addressesOf('udp'));
		});
	});
});
