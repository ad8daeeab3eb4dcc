import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { DualcastError } from '../../base/errors.ts';

export type OwnPagesOptions = {
	/** Names under which pages and API are reached, in lower case; see `security.page_hosts`. */
	readonly pageHosts: readonly string[];
	/** The API asks nobody for a token. */
	readonly open: boolean;
};

const SAFE = ['GET', 'HEAD', 'OPTIONS'];
/** Media is for players on every site. */
const MEDIA = /^\/(?:whep|hls)\//;
const API = /^\/api\/v1\//;
/** Names that nobody can have in the public name system (RFC 6761, RFC 6762, RFC 8375). */
const LOCAL_NAME = /^(?:[^.]*|.+\.(?:localhost|local|internal|home\.arpa|lan))$/;
/** Of Fetch Metadata: what our own pages, and the user at the address line, send. */
const OWN_SITE = ['same-origin', 'none'];
const FOREIGN_PAGE = 'a page of another site asks for this; use the pages of this gateway';
const NOWHERE = { host: '', hostname: '' };

/**
 * Keeps pages of other sites from using the browser of somebody who can reach this gateway.
 *
 * A page whose name was made to mean this machine (DNS rebinding) is of the same origin to the browser: only the name
 * tells. Addresses, local names and those of `pageHosts` are ours. Under any other name everything is refused when
 * `pageHosts` has names; without, what changes or starts something, where no token is asked for.
 *
 * What another site's page sends (CSRF) says so by `Sec-Fetch-Site` or `Origin`; it may look only.
 */
export function ownPages({ pageHosts, open }: OwnPagesOptions): RequestHandler {
	return (request, _response, next) => {
		if (!MEDIA.test(request.path)) {
			const changes = !SAFE.includes(request.method);
			const known = isOwnName(nameOf(hostOf(request)), pageHosts);
			if (!known && (pageHosts.length > 0 || (open && changes && API.test(request.path)))) throw unknownHost();
			if (changes) refuseForeignPage(request, pageHosts);
		}
		next();
	};
}

/** Name and port under which the gateway was asked (RFC 9110 7.2); empty when that was not said. */
export function hostOf(request: Request): string {
	return request.host ?? '';
}

function isOwnName(name: string, pageHosts: readonly string[]): boolean {
	return isIP(name) !== 0 || LOCAL_NAME.test(name) || pageHosts.includes(name);
}

/** Without port, brackets and final dot. */
function nameOf(host: string): string {
	return host
		.toLowerCase()
		.replace(/:\d*$/, '')
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '');
}

/** @throws DualcastError `forbidden` */
function refuseForeignPage(request: Request, pageHosts: readonly string[]): void {
	const site = request.get('sec-fetch-site');
	const { origin } = request.headers;
	if (OWN_SITE.includes(site ?? '') || (site ?? origin) === undefined) return;
	const { host, hostname } = origin !== undefined && URL.canParse(origin) ? new URL(origin) : NOWHERE;
	// A browser that compared the sites is believed, and a page without a host has no name to add.
	if (site !== undefined || hostname === '') throw new DualcastError('forbidden', FOREIGN_PAGE);
	if (host === hostOf(request).toLowerCase() || pageHosts.includes(hostname)) return;
	const message = `${FOREIGN_PAGE}, or add the host of the page to security.page_hosts`;
	throw new DualcastError('forbidden', message, { facts: { config_key: 'security.page_hosts' } });
}

function unknownHost(): DualcastError {
	const message = 'this name is not known here; add the host of the address to security.page_hosts';
	return new DualcastError('host_unknown', message, { facts: { config_key: 'security.page_hosts' } });
}
