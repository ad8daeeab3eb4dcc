import { Findings, type Verdict } from './findings.ts';
import { type RecordOptions, record } from './recorder.ts';
import type { Recording } from './recording.ts';
import { RULES } from './rules/all.ts';

/** What was found of one rule. */
export type RuleReport = {
	/** 1 … 32 */
	readonly rule: number;
	readonly name: string;
	readonly section: string;
	readonly verdict: Verdict;
	readonly evidence: readonly string[];
	/** What a SHOULD or Apple advises beyond the rule, and is not done. */
	readonly notes: readonly string[];
};

export type CheckReport = {
	/** Without query and user information. */
	readonly url: string;
	/** Media playlists that were followed. */
	readonly renditions: readonly string[];
	readonly reloads: number;
	readonly files: number;
	readonly bytes: number;
	/** Number of broken rules. */
	readonly broken: number;
	readonly rules: readonly RuleReport[];
};

/** Follows what is at an address for a while and judges it. @throws NotHlsError */
export async function check(options: RecordOptions): Promise<CheckReport> {
	return report(await record(options));
}

/** Judges a recording by every rule; pure. */
export function report(recording: Recording): CheckReport {
	const rules = RULES.map(({ number, name, section, judge }): RuleReport => {
		const findings = new Findings();
		judge(recording, findings);
		const { verdict, evidence, notes } = findings;
		return { rule: number, name, section, verdict, evidence, notes };
	});
	const files = recording.renditions.flatMap((rendition) => [...rendition.files.values()]);
	return {
		url: recording.label,
		renditions: recording.renditions.map(({ name }) => name),
		reloads: recording.renditions.reduce((sum, { reloads }) => sum + reloads.length, 0),
		files: files.length,
		bytes: files.reduce((sum, { exchange }) => sum + exchange.length, 0),
		broken: rules.filter(({ verdict }) => verdict === 'broken').length,
		rules,
	};
}
