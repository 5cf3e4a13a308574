/** What can be set: read off the API's own document, so that a new setting is on the page without a word of code. */

import { ask } from "../wire/rest";

/** As much of JSON Schema as settings use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: (string | null)[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  "x-unit"?: string;
  /** Where the names are that may stand here. */
  "x-names"?: string;
  "x-effect"?: string;
}

/** A part of the settings with an address of its own. */
export interface Section {
  /** The last part of its address: `queues`. */
  key: string;
  path: string;
  /** What it is, in the server's words. */
  about: string;
  /** Whether there are several, each with an id. */
  isList: boolean;
  /** Whether their order counts: the first that fits. */
  isOrdered: boolean;
  schema: Schema;
}

interface Operation {
  summary?: string;
  requestBody?: { content?: Record<string, { schema?: Schema }> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const ROOT = "/api/v1/settings/";

/** All sections, in the order of the document. */
export async function sections(): Promise<Section[]> {
  return read(await ask<Document>("GET", "/api/v1/openapi.json"));
}

export function read(document: Document): Section[] {
  const found: Section[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    const key = path.startsWith(ROOT) ? path.slice(ROOT.length) : "";
    if (!/^[a-z-]+$/.test(key)) continue;
    const one = document.paths[`${path}/{id}`];
    const change = one?.put ?? methods.put;
    const schema = change?.requestBody?.content?.["application/json"]?.schema;
    if (!schema) continue;
    const about = (methods.get?.summary ?? key).replace(/^Reads /, "").replace(/\.$/, "");
    const isList = one !== undefined;
    const isOrdered = isList && methods.put !== undefined;
    found.push({ key, path, about, isList, isOrdered, schema: resolve(schema, document) });
  }
  return found;
}

/** Without references: settings have no circles. */
function resolve(schema: Schema, document: Document): Schema {
  const name = schema.$ref?.split("/").pop();
  const known = name ? document.components.schemas[name] : undefined;
  const plain: Schema = known ? { ...known } : { ...schema };
  if (plain.items) plain.items = resolve(plain.items, document);
  if (plain.oneOf) plain.oneOf = plain.oneOf.map((each) => resolve(each, document));
  if (plain.properties) {
    const each = Object.entries(plain.properties);
    plain.properties = Object.fromEntries(each.map(([name, of]) => [name, resolve(of, document)]));
  }
  return plain;
}

/** What kind of field a schema is for. */
export type Kind =
  | "text"
  | "number"
  | "yes"
  | "word"
  | "words"
  | "texts"
  | "table"
  | "tables"
  | "either"
  | "secret";

export function kindOf(schema: Schema): Kind {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (schema.oneOf) return "either";
  if (types.includes("null") && types.includes("string") && !schema.enum) return "secret";
  if (schema.enum) return "word";
  if (types.includes("boolean")) return "yes";
  if (types.includes("number") || types.includes("integer")) return "number";
  if (types.includes("object")) return "table";
  if (!types.includes("array")) return "text";
  if (schema.items?.enum) return "words";
  return schema.items?.type === "object" ? "tables" : "texts";
}

/** `wrap_up_s` is *Wrap up*: the unit stands beside the field. */
export function human(name: string): string {
  const words = name.replace(/_s$/, "").replace(/[_-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
