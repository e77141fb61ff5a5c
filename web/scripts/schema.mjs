// Writes src/api/schema.ts, which is not kept, from the agreed description of the API, and openapi.sha256, which names the
// description that the page was built for: so a test without Node sees when the two have drifted apart.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const from = new URL("../../tests/server/openapi.json", import.meta.url);
const to = new URL("../src/api/schema.ts", import.meta.url);
const agreed = readFileSync(from);
const types = astToString(await openapiTS(from));
writeFileSync(to, types);
writeFileSync(new URL("../openapi.sha256", import.meta.url), `${createHash("sha256").update(agreed).digest("hex")}\n`);
