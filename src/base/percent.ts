/** Percent-decodes user information (RFC 3986 section 3.2.1). A percent sign that escapes nothing was meant as one. */
export function percentDecoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
