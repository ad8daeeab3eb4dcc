import { SourceError } from '../../../src/base/errors.ts';
import { parseCameraUrl } from '../../../src/rtsp/client/camera-url.ts';
import { presentationUrl, requestUri, trackUrl } from '../../../src/rtsp/client/control-url.ts';
import { RtspHeaders } from '../../../src/rtsp/headers.ts';
import { parseTarget } from '../../../src/rtsp/server/request-target.ts';
import { type FuzzTarget, lineOf, promise, refusable, textOf } from '../target.ts';

/** The URL of a camera, from a configuration or a redirection. */
export const cameraUrl: FuzzTarget = {
	name: 'camera-url',
	shape: 'bytes',
	dictionary: ['rtsp://', 'user:pass@', '[::1]', '10.0.0.5', ':12', ':554', '/', '?', '#', '@', '%40', '%', ' '],
	run(input) {
		const url = refusable(SourceError, () => parseCameraUrl(textOf(input)));
		if (!url) return;
		promise(url.port >= 1 && url.port <= 0xffff, 'the port is one');
		promise(url.host !== '' && !/[\s/?#@]/.test(url.host), 'the host is one');
		promise(/^rtsps?:\/\/[\x21-\x7e]*$/.test(url.requestUrl), 'the URL fits a request line');
		const again = parseCameraUrl(url.requestUrl);
		promise(again.credentials === undefined, 'no user information goes into a request line');
		const same = again.host === url.host || /[^\x21-\x7e]/.test(url.host);
		promise(same && again.port === url.port, 'the request goes to where the connection goes');
	},
};

/** What a camera says about its URLs: base and control in two lines. */
export const controlUrl: FuzzTarget = {
	name: 'control-url',
	shape: 'bytes',
	dictionary: ['rtsp://', 'user:pass@', '/', '*', '?', 'trackID=0', '10.0.0.1:554/', '$1', '%', ' ', '\n'],
	run(input) {
		const [base = '', session = '', track = ''] = textOf(input).replaceAll('\r', '').split('\n', 3);
		const headers = new RtspHeaders({ 'Content-Base': lineOf(new TextEncoder().encode(base)) });
		const presentation = presentationUrl('rtsp://camera/live?a=b', headers, session === '' ? undefined : session);
		for (const url of [presentation, trackUrl(presentation, track), trackUrl(presentation, undefined)]) {
			promise(/^rtsps?:\/\/[\x21-\x7e]*$/i.test(url), `a URL fits a request line: ${JSON.stringify(url)}`);
			promise(!/^rtsps?:\/\/[^/?#]*@/i.test(url), 'no user information goes into a request line');
			promise(requestUri(url) === url, 'a URL stays as it is');
			promise(url.length <= 200 + 9 * input.length, 'a URL grows by its encoding only');
		}
	},
};

/** The URI of a request to the server. */
export const requestTarget: FuzzTarget = {
	name: 'request-target',
	shape: 'bytes',
	dictionary: ['rtsp://', '/', '%2f', '..', '?', '#', '%'],
	run(input) {
		const target = parseTarget(lineOf(input));
		promise(target === undefined || /^rtsps?:\/\//i.test(target.base), 'a target has a base');
	},
};
