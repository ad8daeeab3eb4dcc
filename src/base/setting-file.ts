import { readFile } from 'node:fs/promises';

/** Reads the file that a setting names. @throws Error that names the setting, the file and the cure */
export async function readSettingFile(setting: string, file: string): Promise<Buffer> {
	try {
		return await readFile(file);
	} catch (thrown) {
		const { code = 'unknown' } = thrown as NodeJS.ErrnoException;
		throw new Error(`${setting}: cannot read ${file} (${code}); give the path of a file that this user may read`);
	}
}
