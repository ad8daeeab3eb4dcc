import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../base/logger.ts';
import type { TrustedProxies } from '../../base/trusted-proxies.ts';
import { reportError } from '../error-handler.ts';
import { setSecurityHeaders } from '../pages/security-headers.ts';
import { allowOrigins, type WhepOffers } from './offers.ts';

export type PlainOffersOptions = {
	readonly offers: WhepOffers;
	readonly proxies: TrustedProxies;
	readonly logger: Logger;
};

/** A stream whose name needs no escaping; the others, and what is no stream, are left to the router. */
const PLAIN = /^\/whep\/(?!sessions\/)([\w.~-]+(?:\/[\w.~-]+)*)(?:\?|$)/;

/**
 * Answers the offers of a crowd that joins in front of Express, whose way from the request to the route costs more than
 * the answer.
 *
 * @returns answers such a request and gives true; false for every other one
 */
export function plainOffers({ offers, proxies, logger }: PlainOffersOptions) {
	return (request: IncomingMessage, response: ServerResponse): boolean => {
		if (request.method !== 'POST') return false;
		const { url = '', headers } = request;
		const stream = PLAIN.exec(url)?.[1];
		if (stream === undefined) return false;
		setSecurityHeaders(response);
		allowOrigins(response);
		const address = proxies.clientOfRequest(request);
		const caller = { authorization: headers.authorization, url, address, protocol: 'webrtc' } as const;
		offers.answer(request, response, stream, caller).catch((thrown: unknown) => {
			reportError(logger, request, response, thrown);
		});
		return true;
	};
}
