/** The Session header (RFC 2326 section 12.37). */
export type SessionHeader = {
	/** Opaque. */
	readonly id: string;
	/** Seconds of silence after which the server may end the session, 1 … 3600; undefined when it does not say. */
	readonly timeout: number | undefined;
};

const MAX_TIMEOUT = 3600;

/** @returns undefined when there is no id */
export function parseSession(value: string): SessionHeader | undefined {
	const [id = '', ...parameters] = value.split(';').map((part) => part.trim());
	if (id === '') return undefined;
	for (const parameter of parameters) {
		const [, seconds] = /^timeout\s*=\s*"?(\d{1,9})/i.exec(parameter) ?? [];
		if (Number(seconds) > 0) return { id, timeout: Math.min(MAX_TIMEOUT, Number(seconds)) };
	}
	return { id, timeout: undefined };
}
