export type Json = Readonly<Record<string, unknown>>;

/** A schema by the name it has among the document's components. */
export function ref(component: string): Json {
	return { $ref: `#/components/schemas/${component}` };
}

export function jsonAnswer(description: string, schema: Json): Json {
	return { description, content: { 'application/json': { schema } } };
}

export function problem(): Json {
	return { description: 'A problem', content: { 'application/problem+json': { schema: ref('Problem') } } };
}

export function parameter(name: string, place: 'path' | 'query' | 'header', description: string): Json {
	return { name, in: place, required: place === 'path', description, schema: { type: 'string' } };
}
