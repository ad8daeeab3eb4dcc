import { describe, expect, it } from 'vitest';
import type { Track } from '../../src/media/track.ts';
import { type Quirk, quirkNames, readQuirk } from '../camera/quirk-file.ts';
import { naluName } from '../camera/quirk-nalus.ts';
import { type QuirkResult, runQuirk } from '../camera/quirk-run.ts';

const names = quirkNames();

describe(`${names.length} cameras that misbehave: one that`, () => {
	for (const name of names) {
		const quirk = readQuirk(name);
		it.concurrent(`${quirk.quirk} (${name.replace('.yaml', '')})`, async () => {
			const result = await runQuirk(quirk);
			expectMedia(quirk, result);
			expectDialogue(quirk, result);
			expectSecrets(quirk, result);
		});
	}
});

function expectMedia({ expect: wanted }: Quirk, { sink, error, ended }: QuirkResult): void {
	if (wanted.error) {
		expect(error, 'the run ended without an error').toBeDefined();
		expect({ code: error?.code, permanent: error?.permanent }).toEqual({
			code: wanted.error.code,
			permanent: wanted.error.permanent,
		});
		expect(error?.message).toContain(wanted.error.says);
	} else if (error) {
		throw error;
	}
	expect(ended).toBe(wanted.error !== undefined || wanted.ends === true);
	const announced = sink.announcements.at(-1);
	if (wanted.tracks) {
		expect(sink.tracks.map((track, index) => trackFacts(track, wanted.tracks?.[index]))).toEqual(wanted.tracks);
	}
	if (wanted.skipped) {
		const skipped = announced?.skipped ?? [];
		expect(skipped).toHaveLength(wanted.skipped.length);
		for (const [index, text] of wanted.skipped.entries()) {
			const [which, reason = ''] = text.split(/:\s(.*)/s);
			const { kind, codec, reason: given } = skipped[index] ?? {};
			expect(`${kind} ${codec}`).toBe(which);
			expect(given).toContain(reason);
		}
	}
	if (wanted.video) {
		const named = sink.video.map(({ track, nalus }) => nalus.map((nalu) => naluName(track.codec, nalu)));
		expect(named).toEqual(wanted.video.map((names) => names.flatMap(repeated)));
	}
	if (wanted.sound) expect(sink.sound.map(({ data }) => data.length)).toEqual(wanted.sound);
	if (wanted.times) expect(sink.video.map(({ pts }) => pts - (sink.video[0]?.pts ?? 0))).toEqual(wanted.times);
	if (wanted.reports !== undefined) expect(sink.reports).toHaveLength(wanted.reports);
	for (const count of ['lost', 'reordered', 'duplicates'] as const) {
		if (wanted[count] !== undefined) expect(sink.totals[count], count).toBe(wanted[count]);
	}
	if (wanted.transport !== undefined) expect(announced?.connection.transport).toBe(wanted.transport);
	if (wanted.why !== undefined) expect(announced?.connection.reason).toContain(wanted.why);
	for (const [index, unit] of sink.video.entries()) {
		const before = sink.video[index - 1];
		if (before) expect(unit.dts, 'decoding times run backwards').toBeGreaterThanOrEqual(before.dts);
	}
}

function expectDialogue({ expect: wanted }: Quirk, { camera, elsewhere }: QuirkResult): void {
	if (wanted.requests) expect(lines(camera, wanted.requests)).toEqual(wanted.requests);
	if (wanted.elsewhere) expect(elsewhere && lines(elsewhere, wanted.elsewhere)).toEqual(wanted.elsewhere);
	for (const text of wanted.headers ?? []) {
		const [, method, name = '', value] = /^(\S+) ([^:]+)(?:: (.*))?$/.exec(text) ?? [];
		const last = camera.requests.findLast((request) => request.method === method);
		expect(last?.headers.get(name), `${method} ${name}`).toBe(value?.replaceAll('<url>', camera.url));
	}
	if (wanted.connections !== undefined) expect(camera.clients).toHaveLength(wanted.connections);
	if (wanted.channels) expect(camera.clients.at(-1)?.channels).toEqual(wanted.channels);
	if (wanted.refusals !== undefined) expect(camera.doorkeeper?.refusals).toBe(wanted.refusals);
	if (wanted.answers) {
		const answers = camera.clients.flatMap(({ responses }) => responses);
		expect(answers.map(({ headers, status }) => `${headers.get('CSeq')} ${status}`)).toEqual(wanted.answers);
	}
}

/** `name*3` stands for three of them. */
function repeated(text: string): string[] {
	const [name = '', times] = text.split('*');
	return new Array<string>(Number(times ?? 1)).fill(name);
}

/** No password in a log, an error, a request line, or any request to whoever did not ask. */
function expectSecrets({ client, expect: wanted }: Quirk, { camera, elsewhere, said }: QuirkResult): void {
	const requests = [...camera.requests, ...(elsewhere?.requests ?? [])];
	const secrets = [client.password, client.userinfo?.split(/:(.*)/s)[1]];
	for (const secret of secrets) {
		if (!secret) continue;
		expect(said).not.toContain(secret);
		for (const { uri } of requests) expect(uri).not.toContain(secret);
	}
	if (!wanted.anonymous) return;
	expect(requests.filter(({ headers }) => headers.get('Authorization') !== undefined)).toEqual([]);
}

/** The requests that a camera saw, with as much of each as `wanted` says. */
function lines(camera: QuirkResult['camera'], wanted: readonly string[]): string[] {
	return camera.requests.map(({ method, uri }, index) => {
		const isWhole = wanted[index]?.includes(' ') ?? true;
		return isWhole ? `${method} ${uri.replaceAll(camera.url, '<url>').replaceAll(camera.host, '<host>')}` : method;
	});
}

/** As much of a track as `wanted` names: its codec, or some of its facts, those of the picture among them. */
function trackFacts(track: Track, wanted: string | Record<string, string | number> | undefined): unknown {
	if (typeof wanted !== 'object') return track.codec;
	const known: Record<string, unknown> = { ...track, ...('facts' in track ? track.facts : {}) };
	const { codec } = track;
	return Object.fromEntries(Object.keys(wanted).map((key) => [key, key === 'codec' ? codec : known[key]]));
}
