import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { buildProgram } from '../native/program.ts';
import { recordedOffer } from '../test/fakes/offers.ts';
import { serve } from './child.ts';
import type { ReceiversAnswer, ReceiversMessage } from './receivers.ts';

// Viewers that cost little: real ICE and DTLS in a C++ program of one thread, which then counts the packets by their
// headers and decrypts none. Hundreds of them fit beside a gateway on two cores. Usage: light-receivers.ts [separate]
// [stamped], which the program's own text explains.

/** Beside the messages of all receivers: asks for the frames since the last time. */
export type LightMessage = ReceiversMessage | { readonly type: 'frames' };
/** When the viewers got the last packet of a frame, microseconds of the monotonic clock, by its RTP timestamp. */
export type Arrivals = readonly (readonly [timestamp: number, at: readonly number[]])[];
export type LightAnswer = ReceiversAnswer & { readonly frames: Arrivals };

const ANSWER_DEADLINE_MS = 30_000;

const file = await buildProgram('load', ['core', 'client', 'load']);
const program = spawn(file, process.argv.slice(2), { stdio: ['pipe', 'pipe', 'inherit'] });
process.once('exit', () => program.kill('SIGKILL'));

/** Who waits for a line that begins so. */
const waiting = new Map<string, (words: string[]) => void>();
createInterface(program.stdout).on('line', (line) => {
	const [key, word, ...others] = line.split(' ');
	const name = key === 'media' ? `media ${word}` : (key ?? '');
	waiting.get(name)?.(key === 'media' ? others : [word ?? '', ...others]);
	waiting.delete(name);
});

function line(name: string): Promise<string[]> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`no ${name} came`)), ANSWER_DEADLINE_MS);
		waiting.set(name, (words) => {
			clearTimeout(timer);
			resolve(words);
		});
	});
}

const fingerprint = (await line('fingerprint')).join(' ');
const sessions: string[] = [];
let viewers = 0;

/** @returns milliseconds from the offer to the first packet */
async function join(endpoint: string): Promise<number> {
	const start = performance.now();
	const ufrag = randomBytes(6).toString('base64');
	const body = recordedOffer('chromium')
		.replace(/^a=ice-ufrag:.*\r\n/gm, `a=ice-ufrag:${ufrag}\r\n`)
		.replace(/^a=fingerprint:.*\r\n/gm, `a=fingerprint:${fingerprint}\r\n`);
	const response = await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body });
	const answer = await response.text();
	if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
	sessions.push(new URL(response.headers.get('location') ?? '', endpoint).href);
	const field = (pattern: RegExp): string => pattern.exec(answer)?.[1] ?? '';
	const port = field(/^a=candidate:\S+ \d udp \d+ 127\.0\.0\.1 (\d+)/m);
	const remote = [field(/^a=ice-ufrag:(\S+)/m), field(/^a=ice-pwd:(\S+)/m)];
	const media = line(`media ${viewers++}`);
	program.stdin.write(`join 127.0.0.1 ${port} ${remote.join(' ')} ${ufrag}\n`);
	await media;
	return performance.now() - start;
}

async function joinAll(endpoint: string, count: number, atOnce: number): Promise<number[]> {
	const times: number[] = [];
	let started = 0;
	const worker = async () => {
		while (started++ < count) times.push(await join(endpoint));
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	return times;
}

async function takeFrames(): Promise<Arrivals> {
	const told = line('frames');
	program.stdin.write('frames\n');
	const frames = (await told).filter((word) => word !== '').map((word) => word.split(':'));
	return frames.map(([timestamp, at = '']) => [Number(timestamp), at.split(',').map(Number)]);
}

serve<LightMessage, LightAnswer>({}, async (message) => {
	const joinMs = message.type === 'join' ? await joinAll(message.endpoint, message.count, message.atOnce) : [];
	if (message.type === 'leave') {
		await Promise.all(sessions.splice(0).map((session) => fetch(session, { method: 'DELETE' })));
	}
	const counted = line('count');
	program.stdin.write('count\n');
	const [open = 0, packets = 0, bytes = 0, lost = 0, longestGapMs = 0, ...range] = (await counted).map(Number);
	const [fewestPackets = 0, mostPackets = 0] = range;
	const frames = message.type === 'frames' ? await takeFrames() : [];
	return { viewers: open, packets, bytes, lost, joinMs, longestGapMs, fewestPackets, mostPackets, frames };
});
