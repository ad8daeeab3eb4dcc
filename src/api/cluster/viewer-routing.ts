import type { Access } from '../../auth/access.ts';
import type { Grant } from '../../auth/grant.ts';
import { TOKEN_PARAMETERS, tokenOf } from '../../auth/token-source.ts';
import type { HttpRequest, HttpResponse } from '../../base/http-exchange.ts';
import type { TrustedProxies } from '../../base/trusted-proxies.ts';
import { withoutAlias } from '../whep/alias.ts';
import { placeHolder } from './place-holder.ts';

/** Another node. */
export type Elsewhere = {
	readonly id: string;
	/** A main sends the viewer on. */
	readonly role: 'main' | 'sub';
	/** Base of its addresses, without a slash at the end. */
	readonly http: string;
};

export type ViewerRoutingOptions = {
	/** Where viewers are served. */
	readonly places: {
		/** This node. */
		readonly self: string;
		/** False while every viewer who comes is served here. */
		readonly elsewhere: boolean;
		/**
		 * @returns undefined for this node
		 * @throws DualcastError `stream_not_found`, `no_node`
		 */
		find(
			stream: string,
			wish: {
				readonly node: string | undefined;
				readonly avoid: readonly string[];
				/** Whom a place is kept for. */
				readonly holder: string;
				/** False for a question that brings no viewer: nothing is kept. */
				readonly reserve: boolean;
			},
		): Promise<Elsewhere | undefined>;
	};
	/** Whether who asks is being served here by HLS: such a one stays until it goes by itself. */
	watches(stream: string, request: HttpRequest): boolean;
	readonly access: Pick<Access, 'authorize'>;
	/** A token with the right of another one, for one node. */
	readonly tokenFor: (grant: Grant, node: string) => Promise<string>;
	readonly proxies: TrustedProxies;
	answerError(request: HttpRequest, response: HttpResponse, error: unknown): void;
};

type Asked = { readonly stream: string; readonly protocol: 'webrtc' | 'hls' };

const WHEP = /^\/whep\/(?!sessions\/)([^?]+?)\/?(?:\?|$)/;
const PLAYLIST = /^\/hls\/([^?]+)\/[^/?]+\.m3u8(?:\?|$)/;
const METHODS: Readonly<Record<Asked['protocol'], readonly string[]>> = {
	webrtc: ['GET', 'HEAD', 'POST'],
	hls: ['GET', 'HEAD'],
};
/** By which a viewer comes. */
const JOINS: Readonly<Record<Asked['protocol'], string>> = { webrtc: 'POST', hls: 'GET' };
const MAX_AVOIDED = 8;

/**
 * Sends viewers to the node that is to serve them: WHEP offers and playlists are answered with 307 (WHEP allows no other
 * redirection). The address holds the token, or, where it was for one node, one of the same right for the other node.
 * `?avoid=NODE` names a node that the viewer cannot use. A viewer by HLS who plays already keeps its playlist, which goes
 * on nowhere else.
 *
 * @returns answers the request and gives true; false when it is to be served here
 */
export function viewerRouting(options: ViewerRoutingOptions) {
	const { places, answerError } = options;
	return (request: HttpRequest, response: HttpResponse, here: () => void): boolean => {
		if (!places.elsewhere) return false;
		const asked = parse(request);
		if (!asked || (asked.protocol === 'hls' && options.watches(asked.stream, request))) return false;
		redirect(options, request, asked)
			.then((location) => {
				if (response.destroyed) return;
				if (location === undefined) return here();
				allowOrigin(response);
				response.writeHead(307, { Location: location, 'Cache-Control': 'no-store', 'Content-Length': 0 }).end();
			})
			.catch((thrown: unknown) => {
				if (!response.headersSent) allowOrigin(response);
				answerError(request, response, thrown);
			})
			.catch(() => response.destroy());
		return true;
	};
}

function parse({ url = '', method = '' }: HttpRequest): Asked | undefined {
	const whep = WHEP.exec(withoutAlias(url))?.[1];
	const asked: Asked | undefined =
		whep === undefined
			? { stream: PLAYLIST.exec(url)?.[1] ?? '', protocol: 'hls' }
			: { stream: whep, protocol: 'webrtc' };
	if (asked.stream === '' || !METHODS[asked.protocol].includes(method)) return undefined;
	try {
		return { ...asked, stream: decodeURIComponent(asked.stream) };
	} catch {
		return undefined;
	}
}

async function redirect(
	{ places, access, tokenFor, proxies }: ViewerRoutingOptions,
	request: HttpRequest,
	{ stream, protocol }: Asked,
): Promise<string | undefined> {
	const { url = '', method, headers } = request;
	const { authorization } = headers;
	const address = proxies.clientOfRequest(request);
	const grant = await access.authorize(
		{ authorization, url, address, protocol },
		{ action: 'read', stream, anyNode: true },
	);
	const [path = '', ...rest] = url.split('?');
	const search = rest.join('?');
	const avoid = new URLSearchParams(search).getAll('avoid').slice(0, MAX_AVOIDED);
	const reserve = method === JOINS[protocol];
	const node = await places.find(stream, { node: grant?.node, avoid, holder: placeHolder(grant, address), reserve });
	if (!node) return undefined;
	const brought = tokenOf(grant ? authorization : withoutPassword(authorization), url);
	// Browsers take the header away on the way to another host.
	const token = grant && grant.node !== undefined && grant.node !== node.id ? await tokenFor(grant, node.id) : brought;
	const avoided = node.role === 'main' ? [...avoid, places.self].map((id) => `avoid=${encodeURIComponent(id)}`) : [];
	const query = [
		...(token === undefined ? [] : [`jwt=${encodeURIComponent(token)}`]),
		...without(search, token === undefined ? ['avoid'] : ['avoid', ...TOKEN_PARAMETERS]),
		...avoided,
	];
	return `${node.http}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** The other parameters of a query, letter by letter: a service may know its viewers by them. */
function without(query: string, names: readonly string[]): string[] {
	return query.split('&').filter((parameter) => {
		const [name] = new URLSearchParams(parameter).keys();
		return name !== undefined && !names.includes(name);
	});
}

/** What was not checked as a token may be a password, which belongs in no address. */
function withoutPassword(authorization: string | undefined): string | undefined {
	return /^basic\b/i.test(authorization ?? '') ? undefined : authorization;
}

function allowOrigin(response: HttpResponse): void {
	response.setHeader('Access-Control-Allow-Origin', '*');
	response.setHeader('Access-Control-Expose-Headers', 'Location, Retry-After');
}
