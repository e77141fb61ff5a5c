/// A number with its unit and its uncertainty, both in a lighter tone.
export function Number_({ value, unit, digits = 0, doubt }: { value: number | null | undefined; unit?: string; digits?: number; doubt?: number | null }) {
  if (value === null || value === undefined) return <span class="number faint">–</span>;
  return (
    <span class="number">
      {write(value, digits)}
      {doubt !== null && doubt !== undefined && <span class="doubt">± {write(doubt, digits)}</span>}
      {unit && <span class={unit === "%" ? "unit tight" : "unit"}>{unit}</span>}
    </span>
  );
}

/** Digits as people write them: a real minus, and no needless zeros of a whole number. */
export function write(value: number, digits: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: Number.isInteger(value) ? 0 : digits }).replace("-", "−").replace(/^−(?=[0.]*$)/, "");
}
