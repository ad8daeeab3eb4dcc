import type { Quirk } from './quirk-file.ts';

export const CAMERAS_PAGE = 'docs/cameras.md';

/** What a client must do so that cameras work. The quirks name these rows. */
export const ROWS: readonly { readonly row: number; readonly rule: string }[] = [
	'OPTIONS is optional: a failing one ends nothing',
	'CSeq is matched in any spelling; late and unknown answers are ignored',
	'every request says who asks',
	'the description is asked for as SDP and taken without a content type',
	'the base is Content-Base, Content-Location or the URL, however it is written; controls are appended to it',
	'TCP first, then UDP where the camera refuses, with a description of its own; what worked is remembered',
	'channels, ports and source are those of the answer, unless they make no sense',
	'the session id is opaque; it is kept alive at half its timeout, answer or not',
	'PLAY names a range; nothing depends on RTP-Info',
	'frames are found whatever is before, between and around them',
	'receiver reports go out every 5 s; sender reports align, BYE ends, junk is skipped',
	'over UDP strangers are ignored, packets put in order, losses counted',
	'the strongest challenge is answered, once; a wrong password is never tried again',
	'redirections are followed with an end, and without credentials to another host',
	'refusals are read: what helps is tried, the rest ends with its reason',
	'every session that was opened is told TEARDOWN',
	'pictures start at a key picture with parameter sets, wherever these come from',
	'H.264 in every packing that cameras send',
	'H.265 in every packing that cameras send',
	'AAC, Opus, G.711, G.722 and linear sound, with what SDPs leave out',
	'what cannot be played is skipped without SETUP and named',
	'silence and lost connections are noticed',
	'TLS, tunnels and versions: what is not spoken is said clearly',
	'nothing a peer sends costs more than bounded memory and time',
].map((rule, index) => ({ row: index + 1, rule }));

/** Tests of rows for which a file of texts and packets is not enough. */
export const OTHER_TESTS: readonly {
	readonly rules: readonly number[];
	readonly file: string;
	readonly title: string;
}[] = [
	other([16], 'rtsp-fake', 'says goodbye when it is stopped in the middle of SETUP'),
	other([2, 6, 12], 'rtsp-vlc', 'is pulled over UDP after it refused TCP, and told goodbye'),
	other([12], 'rtsp-multicast', 'is received from the group the camera names, in order, and only from the camera'),
	other([11, 12], 'camera-statistics', 'count what the network lost, swapped and doubled over UDP'),
	other([22], 'camera-statistics', 'name the track that a frozen camera stopped sending, and count its return'),
	other([23], 'rtsp-tls', 'is not believed: the error tells the fingerprint and the key to set'),
	other([23], 'rtsp-tls', 'is believed by its fingerprint'),
	other(
		[13, 23],
		'rtsp-tunnel',
		'gives the web server the password by digest for GET and POST when it asks, and not before',
	),
	other([23], 'rtsp-tunnel', 'is opened at the path that is set, and answers pings'),
];

const START = '<!-- quirks: written by test/unit/project/quirks.test.ts -->';

/** The page with its lists written anew. What stands before the mark is left as it is. */
export function cameraTable(page: string, quirks: readonly (Quirk & { readonly name: string })[]): string {
	const lines = [page.split(START)[0]?.trimEnd() ?? '', '', START, '', '## Rules', ''];
	lines.push('| row | a client | tests |', '| --: | --- | --: |');
	for (const { row, rule } of ROWS) {
		const files = quirks.filter(({ rules }) => rules.includes(row)).length;
		const others = OTHER_TESTS.filter(({ rules }) => rules.includes(row)).length;
		lines.push(`| ${row} | ${rule} | ${files + others} |`);
	}
	lines.push('', `## ${quirks.length} quirks`, '');
	const vendors = [...new Set(quirks.map(({ vendor }) => vendor))].sort((a, b) => a.localeCompare(b, 'en'));
	for (const vendor of vendors) {
		lines.push(`### ${vendor}`, '', '| a camera that … | known from | rows | file |', '| --- | --- | --- | --- |');
		for (const { name, quirk, source, rules } of quirks.filter((one) => one.vendor === vendor)) {
			const file = `[${name}](../test/camera/quirks/${name}.yaml)`;
			lines.push(`| ${cell(quirk)} | ${cell(source)} | ${rules.join(', ')} | ${file} |`);
		}
		lines.push('');
	}
	return `${lines.join('\n').trimEnd()}\n`;
}

function cell(text: string): string {
	return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function other(rules: readonly number[], file: string, title: string) {
	return { rules, file: `test/integration/${file}.test.ts`, title };
}
