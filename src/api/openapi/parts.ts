export type Json = Readonly<Record<string, unknown>>;

/** A schema by the name it has among the document's components. */
export function ref(component: string): Json {
	return { $ref: `#/components/schemas/${component}` };
}

export function jsonAnswer(description: string, schema: Json): Json {
	return { description, content: { 'application/json': { schema } } };
}

export function problem(): Json {
	return {
		description: 'A problem',
		headers: {
			'Retry-After': { description: 'Seconds; where asking again may help', schema: { type: 'integer' } },
			'WWW-Authenticate': { description: 'With 401', schema: { type: 'string' } },
		},
		content: { 'application/problem+json': { schema: ref('Problem') } },
	};
}

/** Statuses of what brings a viewer, which a node of a cluster may not serve itself. */
export const ELSEWHERE: Json = {
	307: {
		description: 'Another node of the cluster serves it',
		headers: { Location: { description: 'The same there', schema: { type: 'string' } } },
	},
};
export const AVOID: Json = {
	...parameter('avoid', 'query', 'Nodes of the cluster that the viewer cannot use.'),
	schema: { type: 'array', items: { type: 'string' } },
};

export function parameter(name: string, place: 'path' | 'query' | 'header', description: string): Json {
	return { name, in: place, required: place === 'path', description, schema: { type: 'string' } };
}
