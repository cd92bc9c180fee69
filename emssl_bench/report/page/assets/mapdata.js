// The maps of errors by place, as the page's data hold them: 16 bits a number.

const [FINEST, DECADES, SIDE, AZIMUTHS, ELEVATIONS] = DATA.scale;
const errorOf = (bits) => FINEST * 10 ** ((DECADES * bits) / 65535);
const decoded = new Map();

/** The maps by place, or by where the tool points. */
const mapsBy = (by) => (by === "direction" ? DATA.directions : DATA.maps);

/** Reads columns of 16 bits: the number of a column and a row. */
function bitsOf(text, count) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
    view = new DataView(bytes.buffer);
  return (columnAt, i) => view.getUint16(2 * (columnAt * count + i), true);
}

/** The cells of a row's map: places [m] or directions, targets, mean and 95 % errors [cm]; null where it has none. */
function mapOf(row, by) {
  const map = mapsBy(by)[row.place],
    key = `${by} ${row.place}`;
  if (!map) return null;
  if (!decoded.has(key)) {
    const [where, errors] = [bitsOf(DATA.pool[map.where], map.count), bitsOf(map.errors, map.count)];
    const cells = [];
    for (let i = 0; i < map.count; i++) {
      const place = where(0, i),
        mean = errorOf(errors(0, i));
      const cell = { targets: where(1, i), mean, p95: map.kind === "solid" ? errorOf(errors(1, i)) : mean };
      if (map.kind === "solid") {
        const middle = (steps) => (steps - SIDE / 2 + 0.5) * map.size;
        [cell.x, cell.y, cell.z] = [Math.floor(place / SIDE / SIDE), Math.floor(place / SIDE) % SIDE, place % SIDE].map(
          middle,
        );
      } else if (map.kind === "directions") {
        cell.column = Math.floor(place / ELEVATIONS);
        cell.row = place % ELEVATIONS;
      } else {
        cell.radius = (Math.floor(place / 256) + 0.5) * map.size;
        cell.z = ((place % 256) - 128 + 0.5) * map.size;
      }
      cells.push(cell);
    }
    decoded.set(key, { kind: map.kind, size: map.size, cells });
  }
  return decoded.get(key);
}

/** The elevation [degrees] below which so many of the rows of cells of directions lie. */
const elevationBelow = (rows) => Math.round((Math.asin((2 * rows) / ELEVATIONS - 1) * 180) / Math.PI);

/** Six layers by height or by elevation, for those who read numbers. */
function layersOf(map) {
  if (map.kind === "directions")
    return [...Array(ELEVATIONS).keys()].reverse().flatMap((row) => {
      const cells = map.cells.filter((cell) => cell.row === row);
      return layer(`${elevationBelow(row)} to ${elevationBelow(row + 1)}`, cells);
    });
  const heights = map.cells.map((cell) => cell.z),
    low = Math.min(...heights) - map.size / 2;
  const step = (Math.max(...heights) + map.size / 2 - low) / 6,
    layers = [];
  for (let i = 5; i >= 0; i--) {
    const cells = map.cells.filter((cell) => cell.z >= low + i * step && cell.z < low + (i + 1) * step + 1e-9);
    layers.push(...layer(`${(low + i * step).toFixed(2)} to ${(low + (i + 1) * step).toFixed(2)}`, cells));
  }
  return layers;
}

/** A row of the table of layers: what it is, its targets and their mean error; none without targets. */
function layer(name, cells) {
  const targets = cells.reduce((sum, cell) => sum + cell.targets, 0);
  return targets ? [[name, targets, cells.reduce((sum, cell) => sum + cell.mean * cell.targets, 0) / targets]] : [];
}
