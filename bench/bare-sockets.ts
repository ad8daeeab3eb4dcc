import { connect } from 'node:net';
import { serve } from './child.ts';

export type BareSocketsAnswer = { readonly packets: number };

// What Node.js itself costs: plain sockets that play cameras over TCP and do no more than find the interleaved frames
// (RFC 2326 section 10.12). In a process of their own. Usage: bare-sockets.ts URL…
let packets = 0;
/** As the gateway reads: one buffer for all of them. */
const shared = new Uint8Array(256 * 1024);

/** Settles when the camera plays. It answers each request before the next one, with nothing between. */
function play(url: string): Promise<void> {
	const { hostname, port } = new URL(url);
	return new Promise((resolve, reject) => {
		const frames = new FrameFinder();
		let text = '';
		let sequence = 0;
		let playing = false;
		const socket = connect({
			host: hostname,
			port: Number(port),
			onread: { buffer: shared, callback: (length) => take(shared.subarray(0, length)) },
		});
		socket.on('error', reject).on('connect', () => ask('DESCRIBE', url, 'Accept: application/sdp'));

		function ask(method: string, uri: string, header: string): void {
			socket.write(`${method} ${uri} RTSP/1.0\r\nCSeq: ${++sequence}\r\n${header}\r\n\r\n`);
		}

		function take(chunk: Uint8Array): boolean {
			if (playing) {
				frames.push(chunk);
				return true;
			}
			text += Buffer.from(chunk).toString('latin1');
			const head = text.indexOf('\r\n\r\n') + 4;
			const end = head + Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
			if (head < 4 || text.length < end) return true;
			const answer = text.slice(0, end);
			text = text.slice(end);
			const session = /^session: *([^;\r\n]+)/im.exec(answer)?.[1];
			const control = [...answer.matchAll(/^a=control:(.*?)\r?$/gm)].at(-1)?.[1];
			if (control !== undefined) {
				const track = /^rtsp:/i.test(control) ? control : `${url}/${control}`;
				ask('SETUP', track, 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1');
			} else if (sequence === 2) {
				ask('PLAY', url, `Session: ${session}`);
			} else {
				playing = true;
				frames.push(Buffer.from(text, 'latin1'));
				resolve();
				setInterval(() => ask('OPTIONS', url, `Session: ${session}`), 20_000);
			}
			return true;
		}
	});
}

/** Finds where interleaved frames begin. Answers between them are passed over a byte at a time. */
class FrameFinder {
	readonly #header = new Uint8Array(4);
	#filled = 0;
	#rest = 0;

	push(chunk: Uint8Array): void {
		let at = 0;
		while (at < chunk.length) {
			if (this.#rest > 0) {
				const taken = Math.min(this.#rest, chunk.length - at);
				this.#rest -= taken;
				at += taken;
				continue;
			}
			const byte = chunk[at++] as number;
			if (this.#filled === 0 && byte !== 0x24) continue;
			this.#header[this.#filled++] = byte;
			if (this.#filled < 4) continue;
			this.#filled = 0;
			this.#rest = ((this.#header[2] as number) << 8) | (this.#header[3] as number);
			packets++;
		}
	}
}

await Promise.all(process.argv.slice(2).map(play));
serve<'count', BareSocketsAnswer>({}, async () => ({ packets }));
