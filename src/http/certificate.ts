import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { toError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { readSettingFile } from '../base/setting-file.ts';

/** Paths of files in PEM. */
export type CertificateFiles = {
	/** The certificate and the chain up to the authority. */
	readonly cert: string;
	readonly key: string;
};

export type Certificate = {
	readonly cert: Buffer;
	readonly key: Buffer;
	/** Milliseconds since the Unix epoch. */
	readonly expiresAt: number;
	/** Changes with every change of the files. */
	readonly stamp: string;
};

/** Which key of the configuration names the files. */
const SERVER_TLS = 'server.tls';
/** Looked at so often. */
const WATCH_MS = 10_000;
const WARN_BEFORE_MS = 7 * 24 * 3600_000;

const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?(?:-----END[^\n]*|$)/gs;
const CHAIN = 'it must hold the certificate in PEM, the chain after it';

/** @throws Error that names the setting, the file and the cure */
export async function readCertificate(files: CertificateFiles, setting = SERVER_TLS): Promise<Certificate> {
	const stamp = await stampOf(files);
	const cert = await readSettingFile(`${setting}.cert`, files.cert);
	const key = await readSettingFile(`${setting}.key`, files.key);
	const leaf = parse(() => new X509Certificate(cert), {
		...{ setting: `${setting}.cert`, file: files.cert },
		cure: CHAIN,
	});
	const secret = parse<KeyObject>(() => createPrivateKey(key), {
		...{ setting: `${setting}.key`, file: files.key },
		cure: 'it must hold the private key in PEM, without a passphrase (openssl pkey -in old.pem -out new.pem takes it off)',
	});
	if (!leaf.checkPrivateKey(secret)) {
		throw new Error(`${setting}.key: ${files.key} is not the key of the first certificate in ${files.cert}`);
	}
	// Of what was read above TLS itself takes less: no DER, and nothing behind it that is no certificate.
	parse(() => createSecureContext({ cert, key }), { setting: `${setting}.cert`, file: files.cert, cure: CHAIN });
	return { cert, key, expiresAt: Date.parse(leaf.validTo), stamp };
}

/**
 * Certificates of authorities, in PEM.
 *
 * @throws Error as `readCertificate`
 */
export async function readAuthorities(file: string, setting: string): Promise<Buffer> {
	const authorities = await readSettingFile(setting, file);
	const cure = 'it must hold certificates of authorities in PEM';
	// TLS passes over those that it cannot read.
	const pieces = authorities.toString('latin1').match(PEM) ?? [''];
	for (const piece of pieces) parse(() => new X509Certificate(piece), { setting, file, cure });
	return authorities;
}

function parse<T>(attempt: () => T, { setting, file, cure }: { setting: string; file: string; cure: string }): T {
	try {
		return attempt();
	} catch {
		throw new Error(`${setting}: cannot use ${file}; ${cure}`);
	}
}

export type CertificateWatchOptions = {
	readonly files: CertificateFiles;
	/** The key of the configuration that names them; default `server.tls`. */
	readonly setting?: string;
	readonly clock: Clock;
	readonly logger: Logger;
	/** There is another one. */
	onChange(certificate: Certificate): void;
};

/** Exchanges a certificate when its files change. One that cannot be used is told, and the old one stays. */
export class CertificateWatch {
	readonly #options: CertificateWatchOptions;
	readonly #timer: { cancel(): void };
	/** The stamp of the files that were tried last. */
	#tried: string;
	#looking = false;
	#current: Certificate;
	#warned = false;

	/** @param current the one in use */
	constructor(options: CertificateWatchOptions, current: Certificate) {
		this.#options = options;
		this.#current = current;
		this.#tried = current.stamp;
		this.#timer = options.clock.every(WATCH_MS, () => void this.look());
		this.#warnOfEnd(current);
	}

	/** Never rejects. */
	async look(): Promise<void> {
		if (this.#looking) return;
		this.#looking = true;
		const { files, setting, logger, onChange } = this.#options;
		this.#warnOfEnd(this.#current);
		try {
			const stamp = await stampOf(files);
			if (stamp === this.#tried) return;
			this.#tried = stamp;
			this.#current = await readCertificate(files, setting);
			this.#warned = false;
			onChange(this.#current);
			logger.info({ file: files.cert }, 'the certificate was exchanged');
		} catch (thrown) {
			logger.warn({ reason: toError(thrown).message }, 'the changed certificate cannot be used; the old one stays');
		} finally {
			this.#looking = false;
		}
	}

	close(): void {
		this.#timer.cancel();
	}

	#warnOfEnd({ expiresAt }: Certificate): void {
		const { clock, files, setting = SERVER_TLS, logger } = this.#options;
		if (this.#warned || expiresAt - clock.wall() > WARN_BEFORE_MS) return;
		this.#warned = true;
		const until = new Date(expiresAt).toISOString();
		logger.warn({ file: files.cert, until }, `the certificate of ${setting} ends soon, or has ended; renew it`);
	}
}

async function stampOf({ cert, key }: CertificateFiles): Promise<string> {
	const [one, other] = await Promise.all([cert, key].map((file) => stat(file).catch(() => undefined)));
	return `${one?.ino} ${one?.size} ${one?.mtimeMs} ${other?.ino} ${other?.size} ${other?.mtimeMs}`;
}
