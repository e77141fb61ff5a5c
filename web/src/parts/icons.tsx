/// The few signs of the page, drawn on a grid of 20 with one stroke.
const PATHS: Record<string, string> = {
  make: "M3 10h1.5M7 6v8M10 3v14M13 6.5v7M16 9v2",
  library: "M3 5h14M3 10h14M3 15h9",
  albums: "M3.500 7.500h13V17h-13zM5.500 4.800h9M7.500 2.500h5",
  tracks: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0ZM12 10a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM10 6a4 4 0 0 1 4 4",
  producers: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 17c0-3.2 2.7-5 6-5s6 1.8 6 5",
  pipelines: "M4 4h5v4H4zM11 12h5v4h-5zM6.500 8v3.500a2.500 2.500 0 0 0 2.500 2.500h2",
  jobs: "M10 5v5l3 2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  studio: "M3 4h14v5H3zM3 11.500h14v5H3zM6 6.500h.01M6 14h.01M10 6.500h4M10 14h4",
  desk: "M4 3v14M10 3v14M16 3v14M2 12h4M8 7h4M14 10h4",
  play: "M6.500 4v12l9-6z",
  pause: "M7 4v12M13 4v12",
  like: "M10 16.500S3.500 12.800 3.500 8.200A3.400 3.400 0 0 1 10 6.700a3.400 3.400 0 0 1 6.500 1.500c0 4.600-6.500 8.300-6.500 8.300Z",
  loop: "M5 9V8a3 3 0 0 1 3-3h7l-2.500-2.500M15 11v1a3 3 0 0 1-3 3H5l2.500 2.500",
  volume: "M4 8v4h2.500l3.500 3V5L6.500 8zM13 7.500a3.500 3.500 0 0 1 0 5M15 5a7 7 0 0 1 0 10",
  search: "M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11ZM13 13l4 4",
  close: "M5 5l10 10M15 5 5 15",
  copy: "M7 7h9v9H7zM4 13V4h9",
  command: "M4 6l4 4-4 4M10 15h6",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  up: "M5 12l5-5 5 5",
  down: "M5 8l5 5 5-5",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6",
  export: "M10 3v9M6.500 8.500 10 12l3.500-3.500M4 16h12",
  compare: "M4 6h9M4 6l2.500-2.500M4 6l2.500 2.500M16 14H7M16 14l-2.500-2.500M16 14l-2.500 2.500",
  theme: "M10 3.500v13a6.500 6.500 0 0 0 0-13ZM10 3.500a6.500 6.500 0 0 0 0 13",
  plus: "M10 4v12M4 10h12",
  check: "M4 10.500 8 14.500 16 5.500",
};

/** The sign of the studio itself. */
PATHS["twin"] = "M2.500 12V8M5.500 14V6M8.500 11V9M11.500 16V4M14.500 13V7M17.500 11V9";

export function Icon({ name, filled = false }: { name: string; filled?: boolean }) {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" fill={filled || name === "play" ? "currentColor" : "none"} stroke="currentColor"
      stroke-width="1.700" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
