import { Auth } from '../auth/auth.ts';
import { readKeyFile } from '../auth/signing-keys.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';

/**
 * @param node a sub's name in the cluster: it takes no tokens for others
 * @throws Error that names the setting for a key file that cannot be used
 */
export async function openAuth(
	settings: Config['auth'],
	node: string | undefined,
	tools: { clock: Clock; logger: Logger },
): Promise<Auth> {
	const { secret, key_file: keyFile } = settings;
	return new Auth(
		{
			read: settings.read,
			secret: secret ?? undefined,
			keys: keyFile === null ? undefined : await readKeyFile(keyFile),
			issuer: settings.issuer,
			audience: settings.audience,
			lifetime: settings.lifetime / 1000,
			openIssuing: settings.open_issuing,
			apiKeys: settings.api_keys,
			classes: settings.classes,
			classCodes: settings.class_codes,
			issuers: settings.issuers.map(({ jwks_url: keySetUrl, ...issuer }) => ({ ...issuer, keySetUrl })),
			http: settings.http ?? undefined,
			node,
		},
		tools,
	);
}
