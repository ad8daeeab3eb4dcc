import { z } from 'zod';
import { mediaMtxRequest } from './auth-hooks.ts';
import { type Json, jsonAnswer, problem, ref } from './openapi-parts.ts';
import { application, revocation } from './tokens.ts';

const body = (schema: z.ZodType): Json => {
	const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
	return { required: true, content: { 'application/json': { schema: rest } } };
};
const header = (name: string, description: string, required = false): Json => ({
	name,
	in: 'header',
	required,
	description,
	schema: { type: 'string' },
});

/** The part of the OpenAPI document about tokens. */
export const authPaths: Json = {
	'/api/token': {
		post: {
			summary: 'A token for a viewer; the fields may stand in the query as well',
			parameters: [
				header('X-API-Key', 'One of auth.api_keys.'),
				header('Authorization', 'A token that may give tokens.'),
			],
			requestBody: body(application),
			responses: { 200: jsonAnswer('A token, and addresses that carry it', ref('Token')), default: problem() },
		},
	},
	'/api/token/revoke': {
		post: {
			summary: "Take tokens back, with an admin's token",
			requestBody: body(revocation),
			responses: { 204: { description: 'Taken back' }, default: problem() },
		},
	},
	'/api/auth/mediamtx': {
		post: {
			summary: "Answers MediaMTX's authHTTPAddress",
			requestBody: body(mediaMtxRequest),
			responses: { 200: { description: 'Let in' }, default: problem() },
		},
	},
	'/api/auth/request': {
		get: {
			summary: "Answers nginx's auth_request",
			parameters: [header('X-Original-URI', 'What the viewer asked for.', true)],
			responses: { 204: { description: 'Let in' }, default: problem() },
		},
	},
};
