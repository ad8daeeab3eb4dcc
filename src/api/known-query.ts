import type { RequestHandler } from 'express';
import type { Access } from '../auth/access.ts';
import { TOKEN_PARAMETERS } from '../auth/token-source.ts';
import { DualcastError } from '../base/errors.ts';

/** What somebody may have meant as a parameter; other text is not repeated. */
const NAME = /^[a-z][a-z0-9_]{0,31}$/i;

/**
 * Refuses parameters that a route does not have, and those that are given twice: they would be passed over without a
 * word, and the answer would be of something else than was asked for.
 *
 * @param names of the route's own parameters
 * @param access where those who may read are let in: a service that decides about it may know them by any parameter
 */
export function knownQuery(names: readonly string[], access?: Pick<Access, 'asksService'>): RequestHandler {
	const known: readonly string[] = [...names, ...TOKEN_PARAMETERS];
	return ({ originalUrl }, _response, next) => {
		const question = originalUrl.indexOf('?');
		const given = [...new URLSearchParams(question < 0 ? '' : originalUrl.slice(question + 1)).keys()];
		const unknown = access?.asksService ? undefined : given.find((name) => !known.includes(name));
		if (unknown !== undefined) throw refusal(unknown, `is unknown; the parameters here are ${known.join(', ')}`);
		const twice = names.find((name) => given.indexOf(name) !== given.lastIndexOf(name));
		if (twice !== undefined) throw refusal(twice, 'is given twice; ask for one after the other');
		next();
	};
}

function refusal(name: string, sentence: string): DualcastError {
	const said = NAME.test(name) ? name : undefined;
	return new DualcastError('request_invalid', `${said === undefined ? 'a parameter ' : `${said}: `}${sentence}`, {
		facts: { field: said ?? '' },
	});
}
