import { isIPv4, isIPv6 } from 'node:net';

/**
 * The bytes of a textual address: 4 of IPv4, 16 of IPv6 (a zone like `%eth0` is ignored).
 *
 * @throws TypeError if it is no address
 */
export function addressBytes(text: string): Uint8Array {
	if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
	if (!isIPv6(text)) throw new TypeError(`not an IP address: ${text}`);
	const [head = '', tail] = (text.split('%', 1)[0] ?? '').split('::');
	const before = groups(head);
	const after = groups(tail ?? '');
	const bytes = new Uint8Array(16);
	bytes.set(before);
	bytes.set(after, 16 - after.length);
	return bytes;
}

/** Groups of four digits, the last of which may be an IPv4 address. */
function groups(text: string): number[] {
	if (text === '') return [];
	return text.split(':').flatMap((group) => {
		if (group.includes('.')) return group.split('.').map(Number);
		const value = Number.parseInt(group, 16);
		return [value >> 8, value & 0xff];
	});
}
