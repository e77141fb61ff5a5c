import { useEffect, useRef } from "preact/hooks";

/** An element that takes the focus when it appears, where what had it is gone: keys go on from there. */
export function useFocusKept<T extends HTMLElement>(): { current: T | null } {
  const ref = useRef<T>(null);
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement?.id === "place") ref.current?.focus();
  }, []);
  return ref;
}
