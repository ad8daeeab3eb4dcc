import { z } from 'zod';

const name = z.string().min(1).max(256);

const message = z.discriminatedUnion('type', [
	/** Nodes, cameras or drain marks changed: look at the table. */
	z.object({ type: z.literal('changed'), from: name }),
	z.object({ type: z.literal('left'), from: name, node: name }),
	z.object({ type: z.literal('revoked'), from: name, revocation: z.unknown() }),
	/** Redis knows more of them than it did. */
	z.object({ type: z.literal('revocations'), from: name }),
]);

/** What nodes tell each other on the channel; `from` is the process that sent it. */
export type Message = z.output<typeof message>;

/** A message without its sender. */
export type Told = Omitted<Message, 'from'>;

/** `Omit`, for each member of a union. */
type Omitted<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Undefined for what is none, or of a kind that this version does not know. */
export function readMessage(text: string): Message | undefined {
	try {
		return message.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}
