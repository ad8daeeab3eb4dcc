/** Values of an attribute list by name, without their quotes (RFC 8216 section 4.2). */
export type Attributes = Readonly<Record<string, string>>;

const ATTRIBUTE = /([A-Z0-9-]+)=(?:"([^"]*)"|([^,"]*))(?:,|$)/y;

/** @returns undefined when it is no attribute list, or a name comes twice */
export function parseAttributes(list: string): Attributes | undefined {
	const found: Record<string, string> = {};
	ATTRIBUTE.lastIndex = 0;
	while (ATTRIBUTE.lastIndex < list.length) {
		const match = ATTRIBUTE.exec(list);
		if (!match) return undefined;
		const [, name = '', quoted, plain] = match;
		if (name in found) return undefined;
		found[name] = quoted ?? plain ?? '';
	}
	return found;
}
