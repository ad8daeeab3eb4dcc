import type { RequestListener } from 'node:http';
import express from 'express';
import type { Auth } from '../auth/auth.ts';
import type { Logger } from '../base/logger.ts';
import { TrustedProxies } from '../base/trusted-proxies.ts';
import { authHooksRouter } from './auth-hooks.ts';
import { clusterAlias, clusterRouter } from './cluster/cluster.ts';
import type { ClusterPort } from './cluster/port.ts';
import { type GuidePort, viewerGuideRouter } from './cluster/viewer-guide.ts';
import { errorHandler, notFound } from './error-handler.ts';
import { guardOverview } from './guard.ts';
import { healthRouter } from './health.ts';
import { hlsStreamsRouter, requireHls } from './hls-streams.ts';
import { metricsRouter } from './metrics.ts';
import { openApiDocument } from './openapi/openapi.ts';
import { overHttp2 } from './over-http2.ts';
import { ownPages } from './pages/own-pages.ts';
import { pageNotFound, pagesRouter } from './pages/pages.ts';
import { securityHeaders } from './pages/security-headers.ts';
import type { HlsPort, ProbePort, ReadinessPort, StreamsPort } from './ports.ts';
import { probeRouter } from './probe.ts';
import { streamsRouter } from './streams.ts';
import { type TokensOptions, tokensRouter } from './tokens.ts';
import { withoutAlias } from './whep/alias.ts';
import type { IceServer } from './whep/ice-server-link.ts';
import { WhepOffers } from './whep/offers.ts';
import { plainOffers } from './whep/plain-offers.ts';
import type { WebRtcPort } from './whep/webrtc-port.ts';
import { webRtcSessionsRouter } from './whep/webrtc-sessions.ts';
import { whepRouter } from './whep/whep.ts';

export type ApiOptions = {
	streams: StreamsPort;
	/** Undefined when HLS is switched off. Media itself (`hls.handle`) is answered in front of the API. */
	hls: HlsPort | undefined;
	/** Undefined when WebRTC is switched off. */
	webrtc: WebRtcPort | undefined;
	/** Undefined when probing is switched off. */
	probe: ProbePort | undefined;
	auth: Auth;
	/** Undefined, as by default, for a gateway that stands alone. */
	cluster?: ClusterPort | undefined;
	/** See `security` in the configuration; by default nothing is said there. */
	security?: { readonly pageHosts: readonly string[]; readonly proxies: TrustedProxies };
	/** Undefined outside a cluster. */
	guide?: GuidePort | undefined;
	/** Where viewers are sent; default this gateway. */
	place?: TokensOptions['place'] | undefined;
	readiness: ReadinessPort;
	/** Absolute path of the built pages. */
	webRoot: string;
	logger: Logger;
	/** Told to WHEP players. */
	iceServers: readonly IceServer[];
	/** Of Dualcast. */
	version: string;
};

const NOTHING_SAID = { pageHosts: [], proxies: new TrustedProxies([]) };
const HERE = { name: undefined, url: undefined };

/** Everything HTTP but HLS media: API, WHEP, health and pages. Errors are problem+json (RFC 9457). */
export function createApi(options: ApiOptions): RequestListener {
	const { streams, hls, webrtc, auth, security = NOTHING_SAID, place = async () => HERE } = options;
	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.set('query parser', false);
	app.enable('case sensitive routing');
	app.set('trust proxy', (address: string) => security.proxies.has(address));

	app.use(securityHeaders);
	app.use(healthRouter(options.readiness, options.version));
	app.use((request, _response, next) => {
		request.url = withoutAlias(request.url);
		next();
	});
	app.use(ownPages({ pageHosts: security.pageHosts, open: auth.access.isPublic }));
	// Before the others: a class that joins at once passes whatever stands in front.
	const whep = { streams, webrtc, hls, iceServers: options.iceServers, auth };
	const offers = new WhepOffers(whep);
	app.use('/whep', whepRouter(whep, offers));
	app.use('/api', (_request, response, next) => {
		response.setHeader('Cache-Control', 'no-store');
		next();
	});
	app.use('/api/v1/streams', streamsRouter(streams, auth.access));
	app.use('/api/v1/probe', guardOverview(auth.access), probeRouter(options.probe));
	app.use('/api/v1/hls/streams', hlsStreamsRouter(hls, streams, auth.access));
	app.use('/api/v1/webrtc/sessions', webRtcSessionsRouter(webrtc, auth.access));
	app.use('/api/v1/cluster/guide', viewerGuideRouter(options.guide, auth));
	app.use('/api/v1/cluster', clusterRouter(options.cluster, auth));
	app.use(clusterAlias(options.cluster, auth));
	app.use(metricsRouter(options, auth.access));
	app.use('/api/token', tokensRouter({ auth, place }));
	app.use('/api/auth', authHooksRouter(auth.access, security.proxies));
	app.get('/api/openapi.json', (_request, response) => {
		response.json(openApiDocument(options.version, auth.access.isPublic));
	});
	app.use('/hls', (_request, response, next) => {
		response.setHeader('Access-Control-Allow-Origin', '*');
		requireHls(hls);
		next();
	});
	app.use(pagesRouter(options.webRoot, options.guide !== undefined));
	app.use(pageNotFound(options.webRoot), notFound);
	app.use(errorHandler(options.logger));

	const routes = overHttp2(app);
	const plain = plainOffers({ offers, proxies: security.proxies, logger: options.logger });
	return (request, response) => {
		if (!plain(request, response)) routes(request, response);
	};
}
