/** Why the gateway said no: a stable code for decisions and a sentence for people. */
export type Problem = { code: string; message: string };

/**
 * Reads a problem+json body (RFC 9457) with the gateway's `code`. Whatever else comes, from a proxy for example,
 * becomes `http_<status>`.
 */
export function parseProblem(status: number, body: string): Problem {
	try {
		const value: unknown = JSON.parse(body);
		if (typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string') {
			const text = 'detail' in value ? value.detail : 'title' in value ? value.title : undefined;
			return { code: value.code, message: typeof text === 'string' ? sentence(text) : value.code };
		}
	} catch {
		// not JSON: named by its status below
	}
	return { code: `http_${status}`, message: `The server answered with HTTP status ${status}.` };
}

/** Reads the problem out of an answer that is not ok. */
export async function readProblem(response: Response): Promise<Problem> {
	return parseProblem(response.status, await response.text().catch(() => ''));
}

/** A message of the gateway as a sentence to show: a capital, unless a configuration key leads, and a full stop. */
export function sentence(message: string): string {
	const text = /^[a-z]+[\s,;:]/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
	return /[.!?]$/.test(text) ? text : `${text}.`;
}
