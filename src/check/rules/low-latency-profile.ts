import { seen } from '../observed.ts';
import { eachRendition, type Rule } from '../rule.ts';
import { hasParts } from './parts.ts';

export const RENDITION_REPORTS: Rule = {
	number: 31,
	name: 'EXT-X-RENDITION-REPORT for every other rendition',
	section: '4.4.5.4, B.1',
	judge: eachRendition((rendition, findings, { renditions }) => {
		if (!hasParts(rendition)) findings.skip('there are no parts');
		else if (renditions.length < 2) findings.skip('there is one rendition');
		else {
			for (const { playlist } of seen(rendition)) {
				const { reports, ended } = playlist;
				if (ended) continue;
				const others = renditions.length - 1;
				findings.advise(reports.length >= others, `${reports.length} reports of ${others} other renditions`);
				for (const { URI, 'LAST-MSN': msn } of reports) {
					findings.expect(URI !== undefined && !/^[a-z]+:\/\//i.test(URI), `the URI ${URI} is not relative`);
					findings.expect(msn !== undefined, 'a report without LAST-MSN');
				}
			}
			findings.saw(`${renditions.length} renditions`);
		}
	}),
};

export const PROFILE: Rule = {
	number: 32,
	name: 'What Apple asks of low-latency HLS: dates, gzip, HTTP/2',
	section: 'B.1; Apple 14',
	judge: (recording, findings) => {
		const low = recording.renditions.filter(hasParts);
		if (low.length === 0) {
			findings.skip('there are no parts');
			return;
		}
		for (const rendition of low) {
			for (const { playlist, exchange } of seen(rendition)) {
				const dated = playlist.segments.every(({ date, parts }) => date !== undefined || parts.length === 0);
				findings.expect(dated || playlist.segments.some(({ date }) => date !== undefined), 'there are no dates');
				findings.advise(exchange.headers['content-encoding'] !== undefined, 'playlists come without gzip');
			}
		}
		const { protocol } = recording;
		findings.advise(
			protocol === 'h2',
			`${protocol ?? 'HTTP without TLS'}: Apple's players want HTTP/2 for low latency`,
		);
		findings.saw(protocol ?? 'HTTP/1.1 without TLS');
	},
};
