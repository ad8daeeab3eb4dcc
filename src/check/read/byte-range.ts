/** Bytes `offset` … `offset + length - 1` of a file. */
export type ByteRange = { readonly length: number; readonly offset: number | undefined };

/**
 * Reads `<n>[@<o>]` (RFC 8216 section 4.3.2.2).
 *
 * @param before the range that it follows when it names no offset
 */
export function parseByteRange(text: string, before?: ByteRange): ByteRange | undefined {
	const [, length, offset] = /^(\d+)(?:@(\d+))?$/.exec(text) ?? [];
	if (length === undefined) return undefined;
	const following = before?.offset === undefined ? undefined : before.offset + before.length;
	return { length: Number(length), offset: offset === undefined ? following : Number(offset) };
}
