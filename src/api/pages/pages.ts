import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import { methodNotAllowed } from '../error-handler.ts';
import { pagePolicy } from './security-headers.ts';

const NOT_BUILT = 'The pages of Dualcast are not built. Run "npm run build", then load this page again.\n';

/**
 * `/`, `/watch/<stream>` and `/cluster`, and the files they need: those under `assets/` have a hash in their name and are kept
 * by browsers for ever, the others are asked for again each time. The pages hold no name: they read it from their
 * own address.
 *
 * @param webRoot absolute path of the built pages
 * @param elsewhere whether media comes from other nodes, too
 */
export function pagesRouter(webRoot: string, elsewhere = false): Router {
	const router = Router({ caseSensitive: true });
	const readOnly = methodNotAllowed('GET', 'HEAD');

	router
		.route('/')
		.get(page(webRoot, 'index.html', pagePolicy("'self'")))
		.all(readOnly);
	router
		.route('/watch/*id')
		.get(page(webRoot, 'watch.html', pagePolicy('*', elsewhere)))
		.all(readOnly);
	router
		.route('/cluster')
		.get(page(webRoot, 'cluster.html', pagePolicy("'self'")))
		.all(readOnly);
	router.use('/assets', express.static(join(webRoot, 'assets'), { ...FILES, immutable: true, maxAge: '365d' }));
	// The pages stand at their own paths, with their policy, and nowhere else.
	router.use(/.*\.html/, (_request, _response, next) => next('router'));
	router.use(express.static(webRoot, { ...FILES, cacheControl: false }));
	return router;
}

/** Nobody who mistyped the address of a page reads problem+json. Whatever programs ask for is left to the next one. */
export function pageNotFound(webRoot: string): RequestHandler {
	const send = page(webRoot, 'not-found.html', pagePolicy("'self'"), 404);
	return (request, response, next) => {
		const look = request.method === 'GET' || request.method === 'HEAD';
		if (!look || FOR_PROGRAMS.test(request.path) || !existsSync(join(webRoot, 'not-found.html'))) return next();
		response.vary('Accept');
		if (request.accepts(['application/problem+json', 'json', 'html']) === 'html') send(request, response, next);
		else next();
	};
}
const FOR_PROGRAMS = /^\/(?:api|assets|hls|metrics|whep)(?:\/|$)/;

const FILES = {
	index: false,
	redirect: false,
	dotfiles: 'ignore',
	// Other sites may use the player: module scripts are fetched with CORS.
	setHeaders: (response: { setHeader(name: string, value: string): unknown }) =>
		response.setHeader('Access-Control-Allow-Origin', '*'),
} as const;

function page(webRoot: string, file: string, policy: string, status = 200): RequestHandler {
	return (_request, response, next) => {
		response.status(status);
		response.setHeader('Content-Security-Policy', policy);
		response.setHeader('Cache-Control', 'no-cache');
		response.sendFile(file, { root: webRoot, cacheControl: false }, (failure?: NodeJS.ErrnoException) => {
			if (!failure || response.headersSent) return;
			if (failure.code === 'ENOENT') response.status(503).type('text/plain').send(NOT_BUILT);
			else next(failure);
		});
	};
}
