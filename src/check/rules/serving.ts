import { seen } from '../observed.ts';
import type { Exchange, Rendition } from '../recording.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';

const PLAYLIST_TYPE = /^(application\/vnd\.apple\.mpegurl|audio\/mpegurl|application\/x-mpegurl)\b/i;
const MEDIA_TYPE = /^(video\/mp2t|video\/mp4|audio\/mp4|video\/iso\.segment|audio\/aac|audio\/mpeg|text\/vtt)\b/i;
/** Bytes below which packing saves nothing. */
const SMALL = 300;

export const CONTENT_TYPES: Rule = {
	number: 18,
	name: 'Content types',
	section: '4; Apple 10.4',
	judge: eachRendition((rendition, findings) => {
		for (const { exchange } of seen(rendition)) {
			const type = exchange.headers['content-type'] ?? 'missing';
			const named = /\.m3u8?$/.test(exchange.label);
			findings.expect(PLAYLIST_TYPE.test(type) || named, `of the playlist: ${type}`);
			findings.advise(PLAYLIST_TYPE.test(type), `of the playlist: ${type}`);
		}
		const types = new Set(goodFiles(rendition).map(({ headers }) => headers['content-type'] ?? 'missing'));
		for (const type of types) findings.advise(MEDIA_TYPE.test(type), `of a media file: ${type}`);
		if (types.size > 0) findings.saw([...types].join(', '));
	}),
};

export const COMPRESSION: Rule = {
	number: 19,
	name: 'Playlists come compressed, media does not',
	section: 'Apple 10.1',
	judge: eachRendition((rendition, findings) => {
		for (const { exchange } of seen(rendition)) {
			if (exchange.length < SMALL) continue;
			const packed = /^(gzip|br|zstd|deflate)$/.test(exchange.headers['content-encoding'] ?? '');
			findings.advise(packed, 'the playlist comes without gzip to a client that takes it');
			if (!packed) continue;
			const vary = exchange.headers.vary ?? '';
			findings.expect(/accept-encoding|\*/i.test(vary), 'it is compressed, but does not say Vary: Accept-Encoding');
		}
		for (const { headers } of goodFiles(rendition)) {
			findings.advise(headers['content-encoding'] === undefined, `media comes as ${headers['content-encoding']}`);
		}
		const plain = rendition.trials.get('playlist without gzip');
		const packed = plain?.headers['content-encoding'];
		if (plain?.status === 200)
			findings.expect(packed === undefined || packed === 'identity', `${packed} was not asked for`);
		const codings = new Set(seen(rendition).map(({ exchange }) => exchange.headers['content-encoding'] ?? 'plain'));
		if (codings.size > 0) findings.saw([...codings].join(', '));
	}),
};

export const CACHING: Rule = {
	number: 20,
	name: 'Caches may keep media, and playlists not for long',
	section: '6.2.5.2, B.1',
	judge: eachRendition((rendition, findings) => {
		const all = seen(rendition);
		const target = Number(all[0]?.playlist.targetDuration ?? 0);
		for (const { exchange, asked, playlist } of all) {
			if (asked.msn !== undefined || playlist.ended) continue;
			const age = maxAge(exchange);
			const evidence = `caches may keep the playlist for ${seconds(age ?? 0)}`;
			findings.expect((age ?? 0) <= target, evidence);
			findings.advise((age ?? 0) <= target / 2, evidence);
			findings.advise(age !== undefined, 'the playlist does not say how long caches may keep it');
		}
		for (const { headers } of goodFiles(rendition)) {
			const control = headers['cache-control'] ?? '';
			findings.advise(!/no-store|no-cache|max-age=0\b/.test(control), `media says Cache-Control: ${control}`);
		}
		const unknown = rendition.trials.get('unknown file');
		if (unknown && unknown.status >= 400) {
			const age = maxAge(unknown) ?? 0;
			findings.advise(age <= target, `caches may keep a ${unknown.status} for ${seconds(age)}`);
		}
		const [file] = goodFiles(rendition);
		const playlist = all[0]?.exchange.headers['cache-control'] ?? 'nothing';
		if (file) findings.saw(`playlist ${playlist}; media ${file.headers['cache-control'] ?? 'nothing'}`);
	}),
};

/** Seconds; undefined when nothing is said. */
function maxAge({ headers }: Exchange): number | undefined {
	const control = headers['cache-control'];
	if (control === undefined) return undefined;
	if (/no-cache|no-store/.test(control)) return 0;
	const age = /(?:s-maxage|max-age)=(\d+)/.exec(control)?.[1];
	return age === undefined ? undefined : Number(age);
}

export const ACCESS: Rule = {
	number: 21,
	name: 'Pages of other origins may play it; HEAD, Range, no redirection',
	section: '6.2.3; Apple 8.18',
	judge: eachRendition((rendition, findings) => {
		const { trials } = rendition;
		const open = (exchange: Exchange | undefined, what: string) => {
			if (!exchange || exchange.status === 0) return;
			const allowed = exchange.headers['access-control-allow-origin'] !== undefined;
			findings.advise(allowed, `${what} has no Access-Control-Allow-Origin`);
		};
		open(seen(rendition)[0]?.exchange, 'the playlist');
		open(goodFiles(rendition)[0], 'media');
		const unknown = trials.get('unknown file');
		open(unknown, `a ${unknown?.status}`);
		for (const name of ['playlist preflight', 'segment preflight'] as const) {
			const preflight = trials.get(name);
			if (!preflight) continue;
			findings.advise(preflight.status >= 200 && preflight.status < 300, `${name}: ${preflight.status}`);
			open(preflight, `the ${name}`);
		}
		for (const name of ['playlist HEAD', 'segment HEAD'] as const) {
			const head = trials.get(name);
			if (head) findings.advise(head.status === 200, `${name}: ${head.status}`);
		}
		const range = trials.get('segment range');
		if (range) {
			const right = range.status !== 206 || range.length === 10;
			findings.expect(right, `bytes 1-10 of a segment: ${range.status} with ${range.length} bytes`);
			findings.advise(range.status === 206 || range.status === 200, `a range of a segment: ${range.status}`);
		}
		const beyond = trials.get('segment range beyond');
		if (beyond) {
			const told = beyond.status === 416 || beyond.status === 200;
			findings.advise(told, `a range beyond the end of a segment: ${beyond.status}`);
		}
		for (const { redirected, label } of goodFiles(rendition)) findings.advise(!redirected, `${label} is redirected`);
		if (trials.size > 0) findings.saw(`${trials.size} requests tried`);
	}),
};

function goodFiles({ files }: Rendition): Exchange[] {
	return [...files.values()].map(({ exchange }) => exchange).filter(({ status }) => status === 200 || status === 206);
}
