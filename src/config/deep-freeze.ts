/** A value nobody can change, all the way down. */
export type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

/** Freezes plain data (objects and arrays, no cycles) all the way down and returns it. */
export function deepFreeze<T>(value: T): DeepReadonly<T> {
	if (typeof value === 'object' && value !== null) {
		for (const part of Object.values(value)) deepFreeze(part);
		Object.freeze(value);
	}
	return value as DeepReadonly<T>;
}
