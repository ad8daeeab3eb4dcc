import { seen } from '../observed.ts';
import type { MediaPlaylist } from '../read/media-playlist.ts';
import { eachRendition, type Rule, seconds } from '../rule.ts';

export const FORM: Rule = {
	number: 1,
	name: 'Form and version of the playlists',
	section: '4.1, 4.4.1, 8',
	judge: (recording, findings) => {
		const { multivariant } = recording;
		if (multivariant) {
			const { firstLine, versions, faults } = multivariant.playlist;
			findings.expect(firstLine === '#EXTM3U', 'the multivariant playlist does not begin with #EXTM3U');
			findings.expect(versions.length <= 1, 'the multivariant playlist has more than one EXT-X-VERSION');
			for (const fault of faults) findings.expect(false, `multivariant playlist: ${fault}`);
		}
		eachRendition((rendition) => {
			const all = seen(rendition);
			for (const [index, { playlist, disagreements }] of all.entries()) {
				const { firstLine, versions, faults } = playlist;
				const reload = `reload ${index + 1}`;
				findings.expect(firstLine === '#EXTM3U', `${reload}: the first line is not #EXTM3U (a byte order mark?)`);
				findings.expect(versions.length <= 1, `${reload}: EXT-X-VERSION comes ${versions.length} times`);
				const { version, reason } = neededVersion(playlist);
				findings.expect((versions[0] ?? 1) >= version, `EXT-X-VERSION ${versions[0] ?? 1}, ${reason} needs ${version}`);
				for (const fault of [...faults, ...disagreements]) findings.expect(false, `${reload}: ${fault}`);
			}
			if (all[0]) findings.saw(`${all.length} reloads, version ${all[0].playlist.versions[0] ?? 1}`);
		})(recording, findings);
	},
};

function neededVersion(playlist: MediaPlaylist): { version: number; reason: string } {
	const { segments, skipped, hasByteRanges, iFramesOnly } = playlist;
	if (skipped !== undefined) return { version: 9, reason: 'EXT-X-SKIP' };
	if (segments.some(({ map }) => map) && !iFramesOnly) return { version: 6, reason: 'EXT-X-MAP' };
	if (hasByteRanges) return { version: 4, reason: 'EXT-X-BYTERANGE' };
	if (segments.some(({ duration }) => !Number.isInteger(duration))) return { version: 3, reason: 'a decimal EXTINF' };
	return { version: 1, reason: 'nothing' };
}

export const TARGET_DURATION: Rule = {
	number: 2,
	name: 'EXT-X-TARGETDURATION: there, kept, never changed',
	section: '4.4.3.1, 6.2.1',
	judge: eachRendition((rendition, findings) => {
		const all = seen(rendition);
		const first = all[0]?.playlist.targetDuration;
		let longest = 0;
		for (const [index, { playlist }] of all.entries()) {
			const { targetDuration, segments } = playlist;
			findings.expect(/^\d+$/.test(targetDuration ?? ''), `reload ${index + 1}: it is ${targetDuration ?? 'missing'}`);
			findings.expect(targetDuration === first, `reload ${index + 1}: it goes from ${first} to ${targetDuration}`);
			for (const { sequence, resource, duration } of segments) {
				if (!resource) continue;
				const kept = Math.round(duration) <= Number(targetDuration);
				findings.expect(kept, `segment ${sequence} lasts ${seconds(duration)}, the target is ${targetDuration} s`);
				longest = Math.max(longest, duration);
			}
		}
		if (first !== undefined) findings.saw(`${first} s, the longest segment ${seconds(longest)}`);
	}),
};
