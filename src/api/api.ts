import express, { type Express } from 'express';
import type { Logger } from '../base/logger.ts';
import { errorHandler, notFound } from './error-handler.ts';
import { healthRouter } from './health.ts';
import { hlsStreamsRouter, requireHls } from './hls-streams.ts';
import type { IceServer } from './ice-server-link.ts';
import { openApiDocument } from './openapi.ts';
import { pagesRouter } from './pages.ts';
import type { HlsPort, ReadinessPort, StreamsPort, WebRtcPort } from './ports.ts';
import { securityHeaders } from './security-headers.ts';
import { streamsRouter } from './streams.ts';
import { webRtcSessionsRouter } from './webrtc-sessions.ts';
import { whepRouter } from './whep.ts';

export type ApiOptions = {
	streams: StreamsPort;
	/** Undefined when HLS is switched off. Media itself (`hls.handle`) is answered in front of the API. */
	hls: HlsPort | undefined;
	/** Undefined when WebRTC is switched off. */
	webrtc: WebRtcPort | undefined;
	readiness: ReadinessPort;
	/** Absolute path of the built pages. */
	webRoot: string;
	logger: Logger;
	/** Told to WHEP players. */
	iceServers: readonly IceServer[];
	/** Of Dualcast. */
	version: string;
};

/** Everything HTTP but HLS media: API, WHEP, health and pages. Errors are problem+json (RFC 9457). */
export function createApi(options: ApiOptions): Express {
	const { streams, hls, webrtc } = options;
	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.set('query parser', false);
	app.enable('case sensitive routing');

	app.use(securityHeaders);
	app.use(healthRouter(options.readiness, options.version));
	app.use('/api', (_request, response, next) => {
		response.setHeader('Cache-Control', 'no-store');
		next();
	});
	app.use('/api/v1/streams', streamsRouter(streams));
	app.use('/api/v1/hls/streams', hlsStreamsRouter(hls, streams));
	app.use('/api/v1/webrtc/sessions', webRtcSessionsRouter(webrtc));
	app.get('/api/openapi.json', (_request, response) => {
		response.json(openApiDocument(options.version));
	});
	app.use('/whep', whepRouter({ streams, webrtc, iceServers: options.iceServers }));
	app.use('/hls', (_request, response, next) => {
		response.setHeader('Access-Control-Allow-Origin', '*');
		requireHls(hls);
		next();
	});
	app.use(pagesRouter(options.webRoot));
	app.use(notFound);
	app.use(errorHandler(options.logger));
	return app;
}
