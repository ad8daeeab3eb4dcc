import { type AddressInfo, Server } from 'node:net';

/**
 * Loaded into a command: the first ports that it finds free are taken by another process, the one of the test, before
 * it can use them.
 */
const taken = Number(process.env.TAKEN_PORT);
const TIMES = 5;
let times = 0;

const original = Server.prototype.address;
Server.prototype.address = function (this: Server) {
	const found = original.call(this) as AddressInfo | null;
	// Every other one, so that a second attempt succeeds in the end.
	return found && times < 2 * TIMES && times++ % 2 === 0 ? { ...found, port: taken } : found;
};
