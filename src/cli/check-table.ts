import type { CheckReport } from '../check/check.ts';
import type { Verdict } from '../check/findings.ts';
import type { CardStyle } from './probe-card.ts';
import { wrap } from './wrap.ts';

const INDENT = 7;
const MAX_COLUMNS = 120;
const MIN_COLUMNS = 50;
const MARKS: Readonly<Record<Verdict, { mark: string; ink: number }>> = {
	held: { mark: '✓', ink: 32 },
	broken: { mark: '✗', ink: 31 },
	'not applicable': { mark: '·', ink: 2 },
	'not seen': { mark: '?', ink: 2 },
};

/** The verdicts of a check as a table for a terminal. */
export function checkTable(report: CheckReport, { color, columns }: CardStyle): string {
	const ink = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
	const width = Math.max(MIN_COLUMNS, Math.min(columns, MAX_COLUMNS));
	const { url, reloads, files, bytes, renditions } = report;
	const lines = ['', ink(1, url)];
	const many = renditions.length > 1 ? `${renditions.length} renditions, ` : '';
	lines.push(ink(2, `${many}${reloads} playlists and ${files} files fetched, ${(bytes / 1e6).toFixed(1)} MB`), '');
	for (const { rule, name, section, verdict, evidence, notes } of report.rules) {
		const { mark, ink: code } = MARKS[verdict];
		const state = verdict === 'held' ? '' : ink(code, ` ${verdict}`);
		lines.push(`${ink(code, mark)} ${String(rule).padStart(2)}  ${name}${state} ${ink(2, `(${section})`)}`);
		const add = (text: string, paint: number) => {
			for (const part of wrap(text, width - INDENT)) lines.push(`${' '.repeat(INDENT)}${ink(paint, part)}`);
		};
		for (const text of evidence) add(text, verdict === 'broken' ? 31 : 2);
		for (const text of notes) add(`advice: ${text}`, 33);
	}
	lines.push('', summary(report), '');
	return lines.join('\n');
}

function summary({ rules, broken }: CheckReport): string {
	const count = (verdict: Verdict) => rules.filter((rule) => rule.verdict === verdict).length;
	const advice = rules.reduce((sum, { notes }) => sum + notes.length, 0);
	const words = (['held', 'broken', 'not applicable', 'not seen'] as const).map(
		(verdict) => `${count(verdict)} ${verdict}`,
	);
	return `${broken > 0 ? 'Rules are broken' : 'No rule is broken'}: ${words.join(', ')}; ${advice} times advice is not followed.`;
}
