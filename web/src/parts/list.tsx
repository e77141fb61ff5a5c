/// A list of which only what is seen is drawn, so that a thousand rows scroll without a stall.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Properties<T> {
  items: readonly T[];
  /** Pixels of a row; all are the same. */
  height: number;
  keyOf: (item: T) => string;
  row: (item: T, index: number) => ComponentChildren;
  /** Called when the end comes near. */
  onEnd?: () => void;
  label: string;
  /** Row that is to be in view. */
  focus?: number;
}
const AROUND = 8;

export function VirtualList<T>({ items, height, keyOf, row, onEnd, label, focus }: Properties<T>) {
  const ref = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<[number, number]>([0, 30]);
  useEffect(() => {
    const scroller = ref.current!.closest<HTMLElement>(".place")!;
    let waiting = 0;
    const look = (): void => {
      waiting = 0;
      if (!ref.current) return;
      const top = scroller.getBoundingClientRect().top - ref.current.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / height) - AROUND);
      const last = Math.ceil((top + scroller.clientHeight) / height) + AROUND;
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    const ask = (): void => void (waiting ||= requestAnimationFrame(look));
    scroller.addEventListener("scroll", ask, { passive: true });
    addEventListener("resize", ask);
    look();
    return () => {
      cancelAnimationFrame(waiting);
      scroller.removeEventListener("scroll", ask);
      removeEventListener("resize", ask);
    };
  }, [height, items.length]);
  useEffect(() => {
    if (range[1] >= items.length) onEnd?.();
  }, [range[1], items.length]);
  useEffect(() => {
    const scroller = ref.current?.closest<HTMLElement>(".place");
    if (focus === undefined || focus < 0 || !scroller) return;
    const top = ref.current!.offsetTop + focus * height;
    if (top < scroller.scrollTop || top + height > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top - scroller.clientHeight / 2;
    }
  }, [focus]);
  const shown = items.slice(range[0], range[1]);
  return (
    <div class="list" role="list" aria-label={label} ref={ref} style={{ height: `${items.length * height}px` }}>
      {shown.map((item, at) => (
        <div key={keyOf(item)} role="listitem" aria-setsize={items.length} aria-posinset={range[0] + at + 1}
          style={{ transform: `translateY(${(range[0] + at) * height}px)`, height: `${height}px` }}>
          {row(item, range[0] + at)}
        </div>
      ))}
    </div>
  );
}
