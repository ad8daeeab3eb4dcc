import { segmentsOf } from '../observed.ts';
import type { ReadTrack } from '../read/media-reading.ts';
import type { Rendition } from '../recording.ts';
import { eachRendition, type Rule } from '../rule.ts';

/** RFC 6381 names of sound that HLS knows, in each container. */
const SOUND = { ts: /^(mp4a|ac-3|ec-3)/i, fmp4: /^(mp4a|ac-3|ec-3|ac-4|flac|alac|opus)/i, 'packed audio': /./ };

export const CONTAINER: Rule = {
	number: 13,
	name: 'Segments are whole in their container, with their init segment',
	section: '3.1.1, 3.1.2, 4.4.4.5; Apple 2.17',
	judge: eachRendition((rendition, findings) => {
		const inits = new Set<string>();
		let count = 0;
		for (const { segment, file, init } of segmentsOf(rendition)) {
			const place = `segment ${segment.sequence}`;
			if (file?.fault !== undefined) findings.expect(false, `${place}: ${file.fault}`);
			const reading = file?.reading;
			if (!reading) continue;
			count++;
			findings.expect(reading.faults.length === 0, `${place}: ${reading.faults[0]}`);
			const sounds = reading.tracks.filter(({ kind }) => kind === 'audio').length;
			findings.advise(sounds <= 1, `${place} has ${sounds} tracks of sound`);
			findings.expect(
				reading.tracks.some(({ samples }) => samples.length > 0),
				`${place} holds nothing`,
			);
			if (reading.container !== 'fmp4') continue;
			findings.expect(segment.map !== undefined, `${place} has no EXT-X-MAP`);
			if (!init) continue;
			inits.add(init.digest);
			const faults = init.fault === undefined ? (init.reading?.faults ?? ['it is no init segment']) : [init.fault];
			findings.expect(faults.length === 0, `${init.exchange.label}: ${faults[0]}`);
		}
		for (const { exchange, reading, fault } of rendition.files.values()) {
			const faults = fault === undefined ? (reading?.faults ?? []) : [fault];
			findings.expect(faults.length === 0, `${exchange.label}: ${faults[0]}`);
		}
		if (count > 0) findings.saw(`${count} segments, ${inits.size} init segments`);
	}),
};

export const SOUND_CODECS: Rule = {
	number: 14,
	name: 'Sound is of a codec that HLS knows',
	section: '3.1; Apple 2.1',
	judge: eachRendition((rendition, findings) => {
		const found = new Set<string>();
		for (const { container, track } of tracksOf(rendition)) {
			if (track.kind !== 'audio' || track.codec === '') continue;
			findings.expect(SOUND[container].test(track.codec), `${track.codec} in ${container}`);
			found.add(track.codec);
		}
		if (found.size > 0) findings.saw([...found].join(', '));
		else findings.skip('there is no sound');
	}),
};

export const HEVC: Rule = {
	number: 15,
	name: 'H.265 comes in fMP4, as hvc1',
	section: '3.1.2; Apple 1.10',
	judge: eachRendition((rendition, findings) => {
		const found = new Set<string>();
		for (const { container, track } of tracksOf(rendition)) {
			if (!/^(hvc1|hev1|dvh1|dvhe)/.test(track.codec)) continue;
			findings.expect(container === 'fmp4', `H.265 in ${container}`);
			findings.expect(/^(hvc1|dvh1)/.test(track.codec), `${track.codec} in place of hvc1`);
			found.add(track.codec);
		}
		if (found.size > 0) findings.saw([...found].join(', '));
		else findings.skip('there is no H.265');
	}),
};

function tracksOf(rendition: Rendition): { container: keyof typeof SOUND; track: ReadTrack }[] {
	return segmentsOf(rendition).flatMap(({ file }) => {
		const reading = file?.reading;
		return reading ? reading.tracks.map((track) => ({ container: reading.container, track })) : [];
	});
}
