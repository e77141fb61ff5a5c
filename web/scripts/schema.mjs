// Writes src/api/schema.ts from the agreed description of the API. Its first line names the description, so that a test
// without Node sees when the two have drifted apart.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const from = new URL("../../tests/server/openapi.json", import.meta.url);
const to = new URL("../src/api/schema.ts", import.meta.url);
const agreed = readFileSync(from);
const types = astToString(await openapiTS(from));
writeFileSync(to, `// openapi.json ${createHash("sha256").update(agreed).digest("hex")}\n${types}`);
