import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', 'build', 'bench');
/** Lines that are shown of one node. */
const SHOWN = 40;
const SOMEBODY_CAME = 'viewer connected';

/**
 * Keeps what each node of a cluster wrote, as `build/bench/<name>-<node>.log`.
 *
 * @param outputs by node
 */
export async function keepLogs(name: string, outputs: ReadonlyMap<string, () => string>): Promise<void> {
	await mkdir(FOLDER, { recursive: true });
	const file = (node: string) => join(FOLDER, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-${node}.log`);
	await Promise.all([...outputs].map(([node, output]) => writeFile(file(node), output())));
}

/** The last lines of a node's log that may say why its viewers went. */
export function whatHappened(log: string): string {
	const lines = log.split('\n').filter((line) => line !== '' && !line.includes(SOMEBODY_CAME));
	return lines.slice(-SHOWN).join('\n');
}
