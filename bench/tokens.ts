import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Agent, get, type IncomingMessage } from 'node:http';
import { Access } from '../src/auth/access.ts';
import { FailedAttempts } from '../src/auth/failed-attempts.ts';
import { httpGate } from '../src/auth/http-gate.ts';
import { Revocations } from '../src/auth/revocations.ts';
import { keysFromPem, keysFromSecret, type SigningKeys } from '../src/auth/signing-keys.ts';
import { TokenIssuer } from '../src/auth/token-issuer.ts';
import { TokenVerifier } from '../src/auth/token-verifier.ts';
import { systemClock } from '../src/base/clock.ts';
import { TrustedProxies } from '../src/base/trusted-proxies.ts';
import { benchConfig, withGateway } from './gateway.ts';
import { readUsage } from './process-usage.ts';
import { median } from './statistics.ts';
import type { Table } from './table.ts';

/** A school's viewers: each brings a token of their own. */
const TOKENS = 450;
const CACHED_CHECKS = 200_000;
const WINDOWS = 5;
const WARM_UP_REQUESTS = 2000;
const REQUESTS = 10_000;
const TARGET_MICROS = 30;
const API_KEY = 'the key that the bench asks for tokens with';

const pem = (pair: { privateKey: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer } }) =>
	keysFromPem(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());

const KEYS: Readonly<Record<string, () => SigningKeys>> = {
	HS256: () => keysFromSecret(randomBytes(48)),
	ES256: () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
	RS256: () => pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
	EdDSA: () => pem(generateKeyPairSync('ed25519')),
};

/** What a check costs, in microseconds of one core. */
type TokenCost = { readonly algorithm: string; readonly first: number; readonly cached: number };

async function measureCheck(algorithm: string, keys: SigningKeys): Promise<TokenCost> {
	const revocations = new Revocations(() => systemClock.wall());
	const own = { issuer: 'dualcast', audience: 'dualcast', algorithms: [keys.algorithm], keys };
	const issuer = new TokenIssuer({ ...own, clock: systemClock, randomBytes });
	const request = { role: 'student', actions: ['read'], streams: ['room/5/*', 'yard'], lifetime: 3600 } as const;
	const tokens = await Promise.all(
		Array.from({ length: TOKENS }, (_, index) => issuer.issue({ subject: `student-${index}`, ...request })),
	);
	const requests = tokens.map(({ token }) => segmentRequest(token));
	const first: number[] = [];
	const cached: number[] = [];
	for (let window = 0; window < WINDOWS; window++) {
		const verifier = new TokenVerifier({ issuers: [own], classes: {}, revocations, clock: systemClock });
		const access = new Access({ read: 'jwt', verifier, failures: new FailedAttempts(systemClock) });
		const gate = httpGate(access, 'hls', new TrustedProxies([]));
		const start = performance.now();
		for (const each of requests) await gate.admit(each, 'yard');
		first.push(((performance.now() - start) * 1000) / TOKENS);
		const again = performance.now();
		for (let check = 0; check < CACHED_CHECKS; check++) {
			const pending = gate.admit(requests[check % TOKENS] as IncomingMessage, 'yard');
			if (pending !== undefined) throw new Error('a token that was checked is checked again');
		}
		cached.push(((performance.now() - again) * 1000) / CACHED_CHECKS);
	}
	return { algorithm, first: median(first), cached: median(cached) };
}

/** As the HLS server sees it: the token is in the address, which costs more to find than in a header. */
function segmentRequest(token: string): IncomingMessage {
	const request = { url: `/hls/yard/k3j2p-17.ts?jwt=${token}`, headers: {}, socket: { remoteAddress: '127.0.0.1' } };
	return request as unknown as IncomingMessage;
}

/** Microseconds of the gateway's CPU for one segment, with and without a token. */
async function measureSegments(read: 'public' | 'jwt', camera: string): Promise<number> {
	const config = `${benchConfig({ camera })}auth: { read: ${read}, api_keys: ["${API_KEY}"] }\n`;
	return withGateway(config, async ({ url, pid }) => {
		const init = { method: 'POST', headers: { 'x-api-key': API_KEY } };
		const issued = await fetch(`${url}/api/token?user_id=bench&stream=camera`, init);
		const { token } = (await issued.json()) as { token: string };
		const query = read === 'jwt' ? `?jwt=${token}` : '';
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		let segment = '';
		const fetchMany = async (count: number) => {
			for (let request = 0; request < count; request++) {
				// The playlist moves on: a segment is there for a few seconds.
				if (request % 500 === 0) segment = await newestSegment(`${url}/hls/camera/index.m3u8${query}`);
				await discard(segment, agent);
			}
		};
		await fetchMany(WARM_UP_REQUESTS);
		const before = await readUsage(pid);
		await fetchMany(REQUESTS);
		const after = await readUsage(pid);
		agent.destroy();
		return ((after.cpuSeconds - before.cpuSeconds) * 1e6) / REQUESTS;
	});
}

async function newestSegment(playlist: string): Promise<string> {
	const lines = (await (await fetch(playlist)).text()).split('\n');
	return new URL(lines.findLast((line) => line !== '' && !line.startsWith('#')) ?? '', playlist).href;
}

/** The head is asked for: bytes of media cost the same with a token and without. */
function discard(url: string, agent: Agent): Promise<void> {
	return new Promise((resolve, reject) => {
		get(url, { agent, method: 'HEAD' }, (response) => {
			if (response.statusCode !== 200) reject(new Error(`${url.split('?')[0]} answered ${response.statusCode}`));
			response.resume().on('end', resolve);
		}).on('error', reject);
	});
}

/** What tokens cost: the check alone, and in a request for a segment. */
export async function measureTokens(camera: string): Promise<Table[]> {
	const costs: TokenCost[] = [];
	for (const [algorithm, keys] of Object.entries(KEYS)) costs.push(await measureCheck(algorithm, keys()));
	const open: number[] = [];
	const guarded: number[] = [];
	for (let round = 0; round < 3; round++) {
		open.push(await measureSegments('public', camera));
		guarded.push(await measureSegments('jwt', camera));
	}
	const [without, withToken] = [median(open), median(guarded)];
	const worst = Math.max(...costs.map(({ cached }) => cached));
	return [
		{
			title: `Token check, ${TOKENS} viewers with a token each in the address of a segment`,
			columns: ['', 'first time µs', 'again µs'],
			rows: costs.map(({ algorithm, first, cached }) => [algorithm, first.toFixed(0), cached.toFixed(2)]),
			notes: [`Target: at most ${TARGET_MICROS} µs again; ${worst <= TARGET_MICROS ? 'met' : 'missed'}.`],
		},
		{
			title: 'Requests for the head of an HLS segment, one after the other on one connection',
			columns: ['', "gateway's CPU µs/request"],
			rows: [
				['auth.read: public', without.toFixed(0)],
				['auth.read: jwt', withToken.toFixed(0)],
				['difference', (withToken - without).toFixed(0)],
			],
			notes: [`${REQUESTS} requests, median of three rounds; CPU time is counted in steps of 10 ms.`],
		},
	];
}
