/// Addresses. Every place has one; back and reload work, because the address says all that the page needs to know.
import { computed, signal } from "@preact/signals";

const here = signal(location.pathname + location.search);
addEventListener("popstate", () => (here.value = location.pathname + location.search));

const url = computed(() => new URL(here.value, location.origin));
/** The parts of the address: `/takes/abc` is ["takes", "abc"]. */
export const parts = computed(() => url.value.pathname.split("/").filter(Boolean).map(decodeURIComponent));
/** What follows the question mark. */
export const query = computed(() => url.value.searchParams);

/** Go to an address of the page; `replace` leaves no step for "back". */
export function go(to: string, how: { replace?: boolean } = {}): void {
  if (to === here.value) return;
  history[how.replace ? "replaceState" : "pushState"](null, "", to);
  const moved = new URL(to, location.origin).pathname !== url.value.pathname;
  here.value = to;
  if (!moved) return;
  const place = document.getElementById("place");
  place?.scrollTo(0, 0);
  place?.focus({ preventScroll: true }); // keys and screen readers go on in the new place
}

/** Set or remove (by "") parts of the query in place: filters, tabs. */
export function ask(changes: Record<string, string>): void {
  const wanted = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) value ? wanted.set(name, value) : wanted.delete(name);
  const text = wanted.toString();
  go(url.value.pathname + (text ? `?${text}` : ""), { replace: true });
}

/** Let every plain click on a link of the page go there without loading it anew. */
export function followLinks(): void {
  addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href, location.origin);
    if (to.origin !== location.origin || link.target || link.hasAttribute("download") || /^\/(v1|static)\//.test(to.pathname)) return;
    event.preventDefault();
    go(to.pathname + to.search);
  });
}
