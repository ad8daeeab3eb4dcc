const LENGTH = 2;

/** The packets of an input; a last one that is cut short counts as it is. */
export function unpack(input: Uint8Array): Uint8Array[] {
	const packets: Uint8Array[] = [];
	for (let at = 0; at + LENGTH <= input.length; ) {
		const length = ((input[at] as number) << 8) | (input[at + 1] as number);
		packets.push(input.subarray(at + LENGTH, at + LENGTH + length));
		at += LENGTH + length;
	}
	return packets;
}

/** The opposite of `unpack`. Packets over 65,535 bytes are cut. */
export function pack(packets: readonly Uint8Array[]): Uint8Array {
	const parts = packets.map((packet) => packet.subarray(0, 0xffff));
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + LENGTH + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set([part.length >> 8, part.length & 0xff], at);
		bytes.set(part, at + LENGTH);
		at += LENGTH + part.length;
	}
	return bytes;
}
