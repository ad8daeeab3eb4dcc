import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { SourceError } from '../../base/errors.ts';
import { Networks, parseNetwork } from '../../base/networks.ts';

/**
 * Never a camera: where clouds keep the keys of their machines, other ways to write IPv4 addresses (NAT64, 6to4,
 * Teredo, IPv4-compatible), which would go around every other rule, and groups.
 */
const NEVER = new Networks([
	...['169.254.169.254', '169.254.170.0/24', '100.100.100.200', '192.0.0.192', 'fd00:ec2::/32'],
	...['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'],
	...['224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'],
]);
const COMPATIBLE = new Networks(['::/96']);
/** This machine and its link. */
const LOCAL = new Networks(['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '::', '::1', 'fe80::/10']);

/** True for addresses of this machine and of its link. */
export function isLocal(address: string): boolean {
	return LOCAL.has(address);
}

/** Judges addresses before anything is sent to them. */
export type Places = Pick<CameraPlaces, 'check' | 'lookup'>;

export type CameraPlacesOptions = {
	/** Host names, addresses and networks; empty for every place. */
	readonly allowed: readonly string[];
	/** Also on this machine and its link, unlisted. */
	readonly local: boolean;
};

/**
 * Where cameras may be. It is the address a connection goes to that is judged, not what a name said before: a name
 * that means something else the next moment (DNS rebinding) gains nothing.
 */
export class CameraPlaces {
	readonly #names: ReadonlySet<string>;
	readonly #networks: Networks | undefined;
	readonly #local: boolean;

	/** @throws RangeError when an entry with a slash is no network */
	constructor({ allowed, local }: CameraPlacesOptions) {
		const networks = allowed.filter((entry) => parseNetwork(entry) || entry.includes('/'));
		this.#names = new Set(allowed.filter((entry) => !networks.includes(entry)).map(plainName));
		this.#networks = allowed.length === 0 ? undefined : new Networks(networks);
		this.#local = local;
	}

	/**
	 * @param host as the camera's URL has it
	 * @param address numeric, what the host was found to be
	 */
	allow(host: string, address: string): boolean {
		if (NEVER.has(address) || (COMPATIBLE.has(address) && !isLocal(address))) return false;
		if (this.#networks) return this.#names.has(plainName(host)) || this.#networks.has(address);
		return this.#local || !isLocal(address);
	}

	/**
	 * @param address of the host, where it is known already: a list may have its name alone
	 * @throws SourceError `camera_disallowed`, permanent, when it is one where no camera may be
	 */
	check(host: string, address = host): void {
		if (isIP(address) !== 0 && !this.allow(host, address)) throw this.#disallowed(host, address);
	}

	/** Looks up names for `connect` and leaves out addresses where no camera may be. */
	readonly lookup: LookupFunction = (host, options, callback) => {
		lookup(host, { ...options, all: true }, (failure, found) => {
			if (failure) return callback(failure, '');
			const allowed = found.filter(({ address }) => this.allow(host, address));
			const [first] = allowed;
			if (!first) return callback(this.#disallowed(host, found[0]?.address ?? ''), '');
			if (options.all) callback(null, allowed);
			else callback(null, first.address, first.family);
		});
	};

	/** The address that was found is not told: names of a network are its own affair. */
	#disallowed(host: string, address: string): SourceError {
		const where = `cameras at ${host} are not allowed`;
		const cure = this.#networks
			? 'if this is your camera, add it to security.camera_hosts'
			: isLocal(address)
				? 'if this is a camera of yours on the same machine, set probe.local to true or put it under streams'
				: 'no camera can be there';
		return new SourceError('camera_disallowed', `${where}; ${cure}`, { permanent: true });
	}
}

/**
 * The same places without this machine and its link.
 *
 * @param refused says so
 */
export function withoutLocal(places: Places | undefined, refused: () => SourceError): Places {
	return {
		check(host, address = host) {
			places?.check(host, address);
			if (isLocal(address)) throw refused();
		},
		lookup(host, options, callback) {
			const find: LookupFunction = places?.lookup ?? lookup;
			find(host, { ...options, all: true }, (failure, found) => {
				if (failure) return callback(failure, '');
				const all = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
				const others = all.filter(({ address }) => !isLocal(address));
				const [first] = others;
				if (!first) return callback(refused(), '');
				if (options.all) callback(null, others);
				else callback(null, first.address, first.family);
			});
		},
	};
}

function plainName(name: string): string {
	return name.toLowerCase().replace(/\.$/, '');
}
