/** One line of a Dockerfile; `text` is all behind the name, `flags` its words with dashes, `words` the others. */
export type Instruction = { name: string; text: string; flags: string[]; words: string[] };
export type Stage = { image: string; name: string; instructions: Instruction[] };

/** Reads a Dockerfile whose stages all have names. */
export function parseDockerfile(text: string): Stage[] {
	const stages: Stage[] = [];
	const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ');
	for (const line of lines.split('\n').map((line) => line.trim())) {
		if (line === '') continue;
		const [name = '', ...rest] = line.split(/\s+/);
		if (name === 'FROM') {
			const [image = '', as, stage = ''] = rest;
			if (as !== 'AS') throw new Error(`a stage has no name: ${line}`);
			stages.push({ image, name: stage, instructions: [] });
			continue;
		}
		const flags = rest.filter((word) => word.startsWith('--'));
		const words = rest.filter((word) => !word.startsWith('--'));
		stages.at(-1)?.instructions.push({ name, text: rest.join(' '), flags, words });
	}
	return stages;
}

/** The words of the command that a stage asks for its health. */
export function healthCommand(stage: Stage | undefined): string[] {
	const text = stage?.instructions.find(({ name }) => name === 'HEALTHCHECK')?.text ?? '';
	return JSON.parse(text.slice(text.indexOf('['))) as string[];
}
