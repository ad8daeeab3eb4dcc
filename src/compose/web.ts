import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Scope } from '../base/scope.ts';
import type { Config } from '../config/schema.ts';
import { CertificateWatch, readCertificate } from '../http/certificate.ts';
import { listenHttp, listenHttps, type RequestHandlers } from '../http/web-server.ts';

/** The ports of pages, API, WHEP and HLS. */
export type Web = {
	readonly httpPort: number;
	/** Undefined without a certificate. */
	readonly httpsPort: number | undefined;
	/** Answers requests from now on. */
	serve(handlers: RequestHandlers): void;
};

/** @throws the system's error when a port cannot be had; Error that names the setting for a bad certificate */
export async function openWeb(
	{ host, port, tls }: Config['server'],
	{ clock, logger, scope }: { clock: Clock; logger: Logger; scope: Scope },
): Promise<Web> {
	const http = await listenHttp({ host, port });
	scope.defer(() => http.close());
	if (tls === null) return { httpPort: http.port, httpsPort: undefined, serve: (handlers) => http.serve(handlers) };
	const certificate = await readCertificate(tls);
	const https = await listenHttps({ host, port: tls.port }, certificate);
	scope.defer(() => https.close());
	const watch = new CertificateWatch({ files: tls, clock, logger, onChange: (next) => https.use(next) }, certificate);
	scope.defer(() => watch.close());
	return {
		httpPort: http.port,
		httpsPort: https.port,
		serve: (handlers) => {
			http.serve(handlers);
			https.serve(handlers);
		},
	};
}
