/** Writes configs/config.yaml and configs/config.schema.json from the schema: `npx tsx scripts/config-reference.ts`,
 * then `npm run format`. */
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { renderConfigReference } from '../src/config/reference.ts';

writeFileSync('configs/config.yaml', renderConfigReference());
writeFileSync('configs/config.schema.json', `${JSON.stringify(configJsonSchema(), null, '\t')}\n`);
