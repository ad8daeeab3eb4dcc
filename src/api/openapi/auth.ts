import { z } from 'zod';
import { mediaMtxRequest } from '../auth-hooks.ts';
import { application, revocation } from '../tokens.ts';
import { type Json, jsonAnswer, parameter, problem, ref } from './parts.ts';
import { ADMIN, FREE, HANDED_ON, ISSUING } from './security.ts';

const schemaOf = (schema: z.ZodType): Json => {
	const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
	return rest;
};
const body = (schema: z.ZodType, required = true): Json => ({
	required,
	content: { 'application/json': { schema: schemaOf(schema) } },
});
const FIELDS = Object.entries(application.shape).map(([name, schema]) => ({
	name,
	in: 'query',
	schema: schemaOf(schema),
}));

/** The part of the OpenAPI document about tokens. */
export const authPaths: Json = {
	'/api/token': {
		post: {
			summary: 'A token for a viewer; the fields stand in the query or in the body',
			...ISSUING,
			parameters: FIELDS,
			requestBody: body(application.partial(), false),
			responses: { 200: jsonAnswer('A token, and addresses that carry it', ref('Token')), default: problem() },
		},
	},
	'/api/token/revoke': {
		post: {
			summary: "Take tokens back, with an admin's token",
			description: 'It lasts as long as the gateway runs, or one node of the cluster or its Redis.',
			...ADMIN,
			requestBody: body(revocation),
			responses: { 204: { description: 'Taken back' }, default: problem() },
		},
	},
	'/api/auth/mediamtx': {
		post: {
			summary: "Answers MediaMTX's authHTTPAddress",
			...FREE,
			requestBody: body(mediaMtxRequest),
			responses: { 200: { description: 'Let in' }, default: problem() },
		},
	},
	'/api/auth/request': {
		get: {
			summary: "Answers nginx's auth_request",
			...HANDED_ON,
			parameters: [
				{ ...parameter('X-Original-URI', 'header', 'What the viewer asked for.'), required: true },
				parameter('X-Real-IP', 'header', "The viewer's address, believed from hosts of security.trusted_proxies."),
			],
			responses: { 204: { description: 'Let in' }, default: problem() },
		},
	},
};
