/// Operations that the server has and `schema.ts` does not describe yet.
import { fetchFrom } from "./client";

/** Ask in JSON. Raises `Trouble`. */
export async function askFor<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", where: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const how: RequestInit = { method, ...(signal ? { signal } : {}) };
  if (body !== undefined) Object.assign(how, { headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return (await (await fetchFrom(where, how)).json()) as T;
}
