/// The typed client: paths, queries, bodies and answers are those of `schema.ts`, which is made from the server's description.
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Take = Schemas["Take"];

type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? (O extends object ? O : never) : never;
type With<M extends Method> = { [P in keyof paths]: [Operation<P, M>] extends [never] ? never : P }[keyof paths];
type Parameters<O, K extends "path" | "query"> = O extends { parameters: infer A } ? (K extends keyof A ? NonNullable<A[K]> : {}) : {};
type Body<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;
type Json<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Success = 200 | 201 | 202;
type Answer<O> = O extends { responses: infer R } ? { [S in keyof R]: S extends Success ? Json<R[S]> : never }[keyof R] : never;
interface Ask<O> {
  path?: Parameters<O, "path">;
  query?: Parameters<O, "query">;
  body?: Body<O>;
  signal?: AbortSignal;
  key?: string;
}

/** What went wrong, as the server tells it (RFC 9457): what, why, one remedy, and each field by its pointer. */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly remedy: string,
    readonly errors: readonly { pointer: string; detail: string }[] = [],
    readonly request = "",
    readonly where = "",
  ) {
    super(detail);
  }
  /** What to send to whoever helps; it holds no path and no key. */
  get diagnostics(): string {
    return [`${this.status || "no answer"} ${this.where}`, this.detail, this.remedy && `remedy: ${this.remedy}`,
      ...this.errors.map((one) => `${one.pointer}: ${one.detail}`), this.request && `request: ${this.request}`,
      navigator.userAgent].filter(Boolean).join("\n");
  }
}

/** The address of an operation, its parameters filled in. */
export function address(path: string, fill: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(fill[name])));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined && one !== null && one !== "") asked.append(name, String(one));
  }
  const text = asked.toString();
  return text ? `${filled}?${text}` : filled;
}

/** Ask the server. Raises `Trouble`, also where no answer comes. */
export async function fetchFrom(where: string, how: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(where, how);
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new Trouble(0, "The studio does not answer.", "See whether `twin serve` still runs; this page goes on by itself.", [], "", where);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Trouble(answer.status, told.detail ?? answer.statusText, told.remedy ?? "", told.errors ?? [], told.request ?? "", where);
}

function send(method: Method) {
  return async (path: string, ask: Ask<unknown> = {}): Promise<unknown> => {
    const headers: Record<string, string> = {};
    if (ask.body !== undefined) headers["content-type"] = "application/json";
    if (ask.key) headers["idempotency-key"] = ask.key;
    const answer = await fetchFrom(address(path, ask.path as {}, ask.query as {}), {
      method: method.toUpperCase(),
      headers,
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      ...(ask.signal ? { signal: ask.signal } : {}),
    });
    return answer.status === 204 ? undefined : answer.json();
  };
}

type Sender<M extends Method> = <P extends With<M>>(path: P, ask?: Ask<Operation<P, M>>) => Promise<Answer<Operation<P, M>>>;

/** `api.get("/v1/takes", { query: { text } })`. */
export const api = {
  get: send("get") as Sender<"get">,
  post: send("post") as Sender<"post">,
  put: send("put") as Sender<"put">,
  patch: send("patch") as Sender<"patch">,
  delete: send("delete") as Sender<"delete">,
};
