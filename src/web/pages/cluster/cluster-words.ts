import type { ClusterInfo, ClusterNodeInfo } from '../../gateway/cluster-info.ts';
import type { StateWords } from '../stream-words.ts';

/** The state of a node in words. */
export function nodeStateWords({ state, role }: Pick<ClusterNodeInfo, 'state' | 'role'>): StateWords {
	switch (state) {
		case 'live':
			return role === 'sub'
				? { tone: 'live', label: 'Live', meaning: 'It takes viewers.' }
				: { tone: 'live', label: 'Live', meaning: 'It owns cameras and sends viewers to subs.' };
		case 'draining':
			return role === 'sub'
				? { tone: 'busy', label: 'Draining', meaning: 'It takes no new viewers; those it has are asked to move.' }
				: { tone: 'busy', label: 'Draining', meaning: 'Its cameras go to another main, where there is one.' };
		case 'silent':
			return { tone: 'rest', label: 'Not heard of', meaning: 'Redis is away, so nobody knows how it is.' };
	}
}

/** How full the subs are, together: `160 of 450 places taken`. */
export function placesWords(nodes: readonly ClusterNodeInfo[]): { taken: number; places: number; words: string } {
	const open = nodes.filter(({ role, state }) => role === 'sub' && state !== 'draining');
	const places = open.reduce((sum, { capacity }) => sum + capacity, 0);
	const taken = open.reduce((sum, { viewers, viewers_coming: coming }) => sum + viewers + coming, 0);
	return { taken, places, words: `${taken} of ${places} places taken` };
}

/** `3 subs, 2 mains` */
export function nodesWords(nodes: readonly ClusterNodeInfo[]): string {
	const count = (role: ClusterNodeInfo['role']) => {
		const many = nodes.filter((node) => node.role === role).length;
		return `${many} ${role}${many === 1 ? '' : 's'}`;
	};
	return `${count('sub')}, ${count('main')}`;
}

const { compare } = new Intl.Collator('en', { numeric: true });

/** `room 2` before `room 10`. */
export const byName = compare;

/** Where a stream is: which main has its camera, which subs serve it to how many. */
export type StreamPlaces = {
	id: string;
	owner: string | undefined;
	subs: { node: string; viewers: number }[];
	viewers: number;
};

/** Every stream that has an owner or viewers; those with most viewers first, then by name. */
export function streamPlaces({ nodes }: Pick<ClusterInfo, 'nodes'>): StreamPlaces[] {
	const places = new Map<string, StreamPlaces>();
	const at = (id: string) => {
		const known = places.get(id) ?? { id, owner: undefined, subs: [], viewers: 0 };
		places.set(id, known);
		return known;
	};
	for (const node of nodes) {
		for (const camera of node.cameras) at(camera).owner = node.id;
		for (const { id, viewers } of node.streams) {
			const stream = at(id);
			stream.subs.push({ node: node.id, viewers });
			stream.viewers += viewers;
		}
	}
	return [...places.values()].sort((a, b) => b.viewers - a.viewers || byName(a.id, b.id));
}

/** `1.2 Gbit/s`, `84 Mbit/s`, `640 kbit/s`, `none` */
export function bitrateWords(bits: number): string {
	if (bits < 1000) return 'none';
	if (bits >= 1e9) return `${tenths(bits / 1e9)} Gbit/s`;
	if (bits >= 1e6) return `${bits >= 1e7 ? Math.round(bits / 1e6) : tenths(bits / 1e6)} Mbit/s`;
	return `${Math.round(bits / 1000)} kbit/s`;
}

function tenths(value: number): number {
	return Math.round(value * 10) / 10;
}
