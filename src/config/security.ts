import { parseNetwork } from '../base/networks.ts';
import { list, section, text } from './fields.ts';

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i;

const network = text(64).refine((value) => parseNetwork(value) !== undefined, {
	error: 'expected an IP address such as 192.0.2.7 or a network such as 192.0.2.0/24',
});
const hostName = text(253).regex(HOST_NAME, { error: 'expected a host name, without a port' });
const place = text(253).refine((value) => parseNetwork(value) !== undefined || HOST_NAME.test(value), {
	error: 'expected a host name, an IP address or a network such as 192.0.2.0/24',
});

/** What is allowed beyond the usual, and what is not. */
export const security = section({
	camera_hosts: list(place, 256)
		.default([])
		.describe(
			'Where cameras may be: host names, addresses, networks such as 192.168.0.0/16. Empty is everywhere but where no ' +
				'camera can be, such as the metadata services of clouds.',
		),
	page_hosts: list(hostName)
		.default([])
		.describe(
			'Names under which the pages and the API are reached, beside addresses and names of the local network; any other ' +
				'is refused. Empty lets every name see them, but start nothing under an unknown one where no token is asked for.',
		),
	trusted_proxies: list(network)
		.default([])
		.describe(
			'Addresses or networks of reverse proxies whose X-Forwarded-For, -Host and -Proto are believed, and of hosts whose ' +
				"X-Real-IP or MediaMTX's ip is believed in questions to /api/auth; limits that hold for each caller need it behind one.",
		),
});
