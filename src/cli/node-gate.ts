import { neededNode, nodeComplaint } from './node-version.ts';

// On import, so that it speaks before modules that an older Node.js stumbles over in their first lines.
const complaint = nodeComplaint(process.versions.node, neededNode());
if (complaint !== undefined) {
	process.stderr.write(`${complaint}\n`);
	process.exit(1);
}
