import type { HttpRequest } from '../base/http-exchange.ts';
import type { TrustedProxies } from '../base/trusted-proxies.ts';
import type { Access, Caller, Wish } from './access.ts';
import { tokenOf } from './token-source.ts';

/** Lets requests for a stream's media pass. */
export type HttpGate = {
	/**
	 * @returns undefined when the request may pass at once; else it may when the promise is fulfilled
	 * @throws DualcastError why not, here or by the promise
	 */
	admit(request: HttpRequest, stream: string): Promise<void> | undefined;
	/** The query that addresses in an answer must carry on, such as `jwt=…`; empty for none. */
	carry(request: HttpRequest): string;
};

/** A gate that remembers tokens, so that the request for a segment costs a lookup. */
export function httpGate(access: Access, protocol: Caller['protocol'], proxies: TrustedProxies): HttpGate {
	return {
		admit(request, stream) {
			const wish: Wish = { action: 'read', stream };
			const { url = '' } = request;
			const { authorization } = request.headers;
			const token = tokenOf(authorization, url);
			if (token !== undefined && access.authorizeRemembered(token, wish)) return undefined;
			const address = proxies.clientOfRequest(request);
			return access.authorize({ authorization, url, address, protocol }, wish).then(() => undefined);
		},
		carry(request) {
			return access.carried({ authorization: request.headers.authorization, url: request.url ?? '' });
		},
	};
}
