import type { Json } from './parts.ts';

/** What a request may bring to be let in; see `tokenOf`. */
export const SECURITY_SCHEMES: Json = {
	bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
	basic: { type: 'http', scheme: 'basic', description: 'The token as the password, with any user name.' },
	jwt: { type: 'apiKey', in: 'query', name: 'jwt', description: 'The token.' },
	token: { type: 'apiKey', in: 'query', name: 'token', description: 'The token.' },
	apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'One of auth.api_keys.' },
};

/** Any one of these. */
const TOKEN: readonly Json[] = [{ bearer: [] }, { basic: [] }, { jwt: [] }, { token: [] }];

/** Where nothing else is said: a token, or nothing at all where everybody may watch. */
export function securityOf(open: boolean): readonly Json[] {
	return open ? [{}, ...TOKEN] : TOKEN;
}

/** Members of an operation that takes a token wherever it is. */
export const ADMIN: Json = { security: TOKEN };
/** Members of an operation that concerns everybody. */
export const OVERVIEW: Json = { description: "Where tokens are needed, an admin's." };
/** Members of an operation that takes no token. */
export const FREE: Json = { security: [] };
/** Members of an operation that gives tokens. */
export const ISSUING: Json = {
	description:
		'For whom depends on what is brought: an API key, a token of an admin or a teacher, the code of a class in the ' +
		'fields, or with `auth.open_issuing` nothing.',
	security: [{ apiKey: [] }, ...TOKEN, {}],
};
/** Members of an operation that is told about somebody else, whose credentials it is handed on. */
export const HANDED_ON: Json = { security: [{}, { bearer: [] }, { basic: [] }] };
