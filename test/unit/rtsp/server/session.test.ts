import { describe, expect, it } from 'vitest';
import { type RtspResponse, request } from '../../../../src/rtsp/message.ts';
import { ServerSession } from '../../../../src/rtsp/server/session.ts';
import { parseTransport } from '../../../../src/rtsp/transport-header.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';
import { FakeOutlet, FakePresentation, frameOf } from './fake-presentation.ts';

const URL = 'rtsp://127.0.0.1:8554/live/cam';
const TCP = 'RTP/AVP/TCP;unicast;interleaved=0-1';
const UDP = 'RTP/AVP;unicast;client_port=5000-5001';
const SESSION = 'abcdef0123456789';

function open() {
	const presentation = new FakePresentation();
	const outlets: FakeOutlet[] = [];
	const log: string[] = [];
	const session = new ServerSession({
		id: SESSION,
		presentations: { open: async (path) => (path === 'live/cam' ? presentation : undefined) },
		clock: new VirtualClock(),
		signal: new AbortController().signal,
		openOutlet: async (transport) => {
			const outlet = new FakeOutlet();
			outlets.push(outlet);
			return { outlet, transport: { ...transport, ...(transport.lower === 'udp' && { serverPort: [6000, 6001] }) } };
		},
		onEnd: (reason) => log.push(reason),
	});
	const send = async (method: string, uri = URL, headers: Record<string, string> = {}, body?: Uint8Array) => {
		const answers: RtspResponse[] = [];
		await session.handle(request(method, uri, headers, body), (answer) => answers.push(answer));
		expect(answers.length).toBe(1);
		return answers[0] as RtspResponse;
	};
	return { session, presentation, outlets, send };
}

describe('ServerSession', () => {
	it('plays what was described and set up', async () => {
		const { session, presentation, outlets, send } = open();
		expect((await send('OPTIONS', '*')).headers.get('Public')).toContain('DESCRIBE');
		const described = await send('DESCRIBE', `${URL}?x=1`);
		expect(new TextDecoder().decode(described.body)).toBe('v=0\r\n');
		expect(described.headers.get('Content-Type')).toBe('application/sdp');
		expect(described.headers.get('Content-Base')).toBe(`${URL}/`);

		const setUp = await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		expect(setUp.headers.get('Session')).toBe(`${SESSION};timeout=60`);
		expect(parseTransport(setUp.headers.get('Transport') ?? '')).toMatchObject([
			{ lower: 'tcp', interleaved: [0, 1], ssrc: 0x1111 },
		]);
		const headers = { Session: SESSION };
		await send('SETUP', `${URL}/trackID=1`, { ...headers, Transport: 'RTP/AVP/TCP;unicast;interleaved=2-3' });
		expect(presentation.readers.size).toBe(0);
		expect((await send('PLAY', URL, headers)).status).toBe(200);
		presentation.deliver(frameOf(0, 7, true));
		presentation.deliver(frameOf(1, 8));
		expect(outlets.map((outlet) => outlet.marks)).toEqual([[7], [8]]);
		expect(session.state).toBe('playing');

		expect((await send('GET_PARAMETER', URL, headers)).status).toBe(200);
		expect((await send('PLAY', URL, headers)).status).toBe(200);
		expect(presentation.readers.size).toBe(1);
		expect((await send('TEARDOWN', URL, headers)).status).toBe(200);
		expect(presentation.readers.size).toBe(0);
		expect(outlets.every((outlet) => outlet.closed)).toBe(true);
		expect((await send('PLAY', URL, headers)).status).toBe(454);
	});

	it('does not play to a client that is closed because it does not take the answer', async () => {
		const { session, presentation, send } = open();
		await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		await session.handle(request('PLAY', URL, {}), () => session.close());
		expect(presentation.readers.size).toBe(0);
		expect(session.state).toBe('init');
	});

	it('plays again after a teardown, over another transport', async () => {
		const { session, presentation, outlets, send } = open();
		await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		await send('PLAY');
		await send('TEARDOWN');
		const answer = await send('SETUP', `${URL}/trackID=0`, { Transport: UDP });
		expect(answer.headers.get('Transport')).toContain('server_port=6000-6001');
		expect(session.transport).toBe('udp');
		await send('PLAY');
		presentation.deliver(frameOf(0, 1, true));
		expect(outlets.map((outlet) => outlet.marks)).toEqual([[], [1]]);
	});

	it('pauses, and goes on in the same source', async () => {
		const { session, presentation, outlets, send } = open();
		expect((await send('PAUSE')).status).toBe(455);
		await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		expect((await send('PAUSE')).status).toBe(200);
		await send('PLAY');
		presentation.deliver(frameOf(0, 1, true));
		expect((await send('PAUSE', URL, { Session: SESSION })).headers.get('Session')).toContain(SESSION);
		expect((await send('PAUSE')).status).toBe(200);
		expect(session.state).toBe('paused');
		expect((await send('SETUP', `${URL}/trackID=1`, { Transport: TCP })).status).toBe(455);
		presentation.deliver(frameOf(0, 2, true));
		await send('PLAY', URL, { Range: 'npt=99999999999999999999999999-' });
		presentation.deliver(frameOf(0, 3));
		presentation.deliver(frameOf(0, 4, true));
		expect(outlets[0]?.marks).toEqual([1, 4]);
		// One report at the start, and no goodbye in between.
		expect(outlets[0]?.rtcp.length).toBe(1);
	});

	it.each(['DESCRIBE', 'SETUP'])('plays what was set up although %s asks for another presentation', async (method) => {
		const held = new Set<string>();
		const presentation = new FakePresentation();
		const session = new ServerSession({
			id: SESSION,
			presentations: {
				async open(path, signal) {
					held.add(path);
					signal.addEventListener('abort', () => held.delete(path));
					return presentation;
				},
			},
			clock: new VirtualClock(),
			signal: new AbortController().signal,
			openOutlet: async (transport) => ({ outlet: new FakeOutlet(), transport }),
			onEnd: () => {},
		});
		const statuses: number[] = [];
		const send = (one: string, uri: string) =>
			session.handle(request(one, uri, { Transport: TCP }), ({ status }) => statuses.push(status));
		await send('SETUP', 'rtsp://h/a/trackID=0');
		await send(method, 'rtsp://h/b/trackID=1');
		await send('PLAY', 'rtsp://h/a');
		expect([statuses, session.path, [...held]]).toEqual([[200, 455, 200], 'a', ['a']]);
	});

	it('describes anew what the camera sends by now, and not what a client has set up otherwise', async () => {
		const opened: FakePresentation[] = [];
		const session = new ServerSession({
			id: SESSION,
			presentations: {
				async open() {
					const presentation = new FakePresentation();
					opened.push(presentation);
					return presentation;
				},
			},
			clock: new VirtualClock(),
			signal: new AbortController().signal,
			openOutlet: async (transport) => ({ outlet: new FakeOutlet(), transport }),
			onEnd: () => {},
		});
		const statuses: number[] = [];
		const send = (method: string, uri: string) =>
			session.handle(request(method, uri, { Transport: TCP }), ({ status }) => statuses.push(status));
		const change = () => Object.assign(opened.at(-1) as FakePresentation, { current: false });
		await send('DESCRIBE', URL);
		await send('DESCRIBE', URL);
		expect(opened.length).toBe(1);
		change();
		await send('DESCRIBE', URL);
		expect(opened.length).toBe(2);
		await send('SETUP', `${URL}/trackID=0`);
		await send('DESCRIBE', URL);
		change();
		await send('DESCRIBE', URL);
		await send('PLAY', URL);
		expect([statuses, opened.map(({ readers }) => readers.size)]).toEqual([
			[200, 200, 200, 200, 200, 455, 200],
			[0, 1],
		]);
	});

	it('sets up what was described, although the camera sends something else by now', async () => {
		const { presentation, send } = open();
		await send('DESCRIBE');
		presentation.current = false;
		await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		await send('PLAY');
		expect(presentation.readers.size).toBe(1);
	});

	it('opens no way to a client that left meanwhile', async () => {
		const gone = new AbortController();
		const outlet = new FakeOutlet();
		const session = new ServerSession({
			id: SESSION,
			presentations: { open: async () => new FakePresentation() },
			clock: new VirtualClock(),
			signal: gone.signal,
			async openOutlet(transport) {
				session.close();
				gone.abort();
				return { outlet, transport };
			},
			onEnd: () => {},
		});
		await session.handle(request('SETUP', `${URL}/trackID=0`, { Transport: UDP }), () => {});
		expect([outlet.closed, session.state, session.transport]).toEqual([true, 'init', undefined]);
	});

	it('lets go of a presentation for another one, and of all with the end', async () => {
		const held = new Set<string>();
		const session = new ServerSession({
			id: SESSION,
			presentations: {
				open: async (path, signal) => {
					held.add(path);
					signal.addEventListener('abort', () => held.delete(path));
					return new FakePresentation();
				},
			},
			clock: new VirtualClock(),
			signal: new AbortController().signal,
			openOutlet: async () => undefined,
			onEnd: () => {},
		});
		await session.handle(request('DESCRIBE', 'rtsp://h/a', {}), () => {});
		expect([...held]).toEqual(['a']);
		await session.handle(request('DESCRIBE', 'rtsp://h/b', {}), () => {});
		expect([...held]).toEqual(['b']);
		session.close();
		expect([...held]).toEqual([]);
	});

	it.each([
		['DESCRIBE', 'rtsp://127.0.0.1:8554/other', {}, 404],
		['DESCRIBE', 'http://127.0.0.1/live/cam', {}, 400],
		['DESCRIBE', 'rtsp://127.0.0.1/%zz', {}, 400],
		['DESCRIBE', URL, { Require: 'www.onvif.org/ver20/backchannel' }, 551],
		['SETUP', `${URL}/trackID=9`, { Transport: TCP }, 404],
		['SETUP', `${URL}/trackID=0`, {}, 461],
		['SETUP', `${URL}/trackID=0`, { Transport: 'RTP/AVP;multicast;client_port=5000-5001' }, 461],
		['SETUP', `${URL}/trackID=0`, { Transport: 'RTP/SAVP;unicast;client_port=5000-5001' }, 461],
		['PLAY', URL, {}, 455],
		['PLAY', URL, { Session: SESSION }, 454],
		['GET_PARAMETER', URL, { Session: 'somebody else' }, 454],
		['RECORD', URL, {}, 501],
	])('answers %s %s %o with %i', async (method, uri, headers, status) => {
		expect((await open().send(method, uri, headers)).status).toBe(status);
	});

	it('takes the first transport it can serve, and one transport for all tracks', async () => {
		const { send } = open();
		const transport = `RTP/AVP;multicast,${UDP},${TCP}`;
		const answer = await send('SETUP', `${URL}/trackID=0`, { Transport: transport });
		expect(parseTransport(answer.headers.get('Transport') ?? '')[0]).toMatchObject({ lower: 'udp' });
		expect((await send('SETUP', `${URL}/trackID=1`, { Transport: TCP })).status).toBe(461);
		expect((await send('SETUP', `${URL}/trackID=0`, { Transport: UDP })).status).toBe(455);
	});

	it.each([
		['the presentation', URL, 200],
		['it with a slash and a query', `${URL}/?token=1`, 200],
		['it in other letters', 'RTSP://other.host/live/%63am', 200],
		['one of its tracks', `${URL}/trackID=0`, 200],
		['another presentation', 'rtsp://127.0.0.1:8554/live/other', 404],
		['one whose name goes on', `${URL}2`, 404],
		['one beneath it', `${URL}/other`, 404],
		['one above it', 'rtsp://127.0.0.1:8554/live', 404],
		['no path', 'rtsp://127.0.0.1:8554', 404],
		['no URL', '*', 400],
	])('plays and pauses what was set up, asked for %s: %s', async (_, uri, expected) => {
		const { send, presentation } = open();
		await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		expect((await send('PLAY', uri)).status).toBe(expected);
		expect(presentation.readers.size).toBe(expected === 200 ? 1 : 0);
		await send('PLAY');
		expect((await send('PAUSE', uri)).status).toBe(expected);
		expect(presentation.readers.size).toBe(expected === 200 ? 0 : 1);
	});

	it('sets up no further track while it plays', async () => {
		const { send, outlets } = open();
		await send('SETUP', `${URL}/trackID=0`, { Transport: TCP });
		expect((await send('PLAY')).headers.get('Range')).toBe('npt=now-');
		const transport = 'RTP/AVP/TCP;unicast;interleaved=2-3';
		expect((await send('SETUP', `${URL}/trackID=1`, { Transport: transport })).status).toBe(455);
		expect(outlets.length).toBe(1);
	});

	it('says what it does not know', async () => {
		const { send } = open();
		const required = await send('DESCRIBE', URL, { Require: 'a, b' });
		expect(required.headers.get('Unsupported')).toBe('a, b');
		expect((await send('RECORD', URL)).headers.get('Allow')).toContain('DESCRIBE, SETUP, PLAY');
	});

	it('knows no parameter', async () => {
		const answer = await open().send('GET_PARAMETER', URL, {}, new TextEncoder().encode('jitter\r\n'));
		expect(answer.status).toBe(451);
	});
});
