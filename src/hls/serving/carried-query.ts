const URI_ATTRIBUTE = /(,|:)URI="([^"]*)"/g;

/**
 * A playlist whose addresses carry a query on: every URI line and every URI attribute (RFC 8216 4.1, 4.2).
 *
 * @param query without the question mark
 */
export function withQuery(playlist: string, query: string): string {
	return playlist
		.split('\n')
		.map((line) => {
			if (line === '') return line;
			if (!line.startsWith('#')) return append(line, query);
			return line.replace(URI_ATTRIBUTE, (_, before: string, uri: string) => `${before}URI="${append(uri, query)}"`);
		})
		.join('\n');
}

function append(uri: string, query: string): string {
	return `${uri}${uri.includes('?') ? '&' : '?'}${query}`;
}
