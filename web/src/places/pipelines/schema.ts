/// Reads JSON Schema as far as forms need it.
export interface Schema {
  type?: string;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  $ref?: string;
  items?: Schema;
  prefixItems?: readonly Schema[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  discriminator?: { mapping: Record<string, string> };
}
export type Defs = Record<string, Schema>;

/** The schema that is meant, with what was said beside a reference; `null` among the choices makes it `nullable`. */
export function resolve(schema: Schema, defs: Defs): Schema & { nullable: boolean } {
  const nullable = schema.anyOf?.some((one) => one.type === "null") ?? false;
  const inner = schema.anyOf?.find((one) => one.type !== "null") ?? schema;
  const found = inner.$ref ? defs[nameOf(inner.$ref)] ?? {} : inner;
  return { ...found, ...(schema.description ? { description: schema.description } : {}), ...("default" in schema ? { default: schema.default } : {}), nullable };
}

/** The name at the end of a reference. */
export const nameOf = (ref: string): string => ref.split("/").at(-1)!;

/** The schema of each kind of stage. */
export function stageSchemas(defs: Defs): Record<string, Schema> {
  const mapping = defs["NamedStage"]?.properties?.["stage"]?.discriminator?.mapping ?? {};
  return Object.fromEntries(Object.entries(mapping).map(([kind, ref]) => [kind, defs[nameOf(ref)] ?? {}]));
}
