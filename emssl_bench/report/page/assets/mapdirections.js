// Drawing the map by where the tool points: azimuth and elevation, in cells of equal area of the sphere.

function drawDirections(canvas, map, { statistic, share, cut }) {
  const { context, width, height } = prepared(canvas),
    left = 64,
    top = 14,
    across = (width - left - 18) / AZIMUTHS,
    down = (height - top - 52) / ELEVATIONS;
  const bottom = top + down * ELEVATIONS,
    found = [];
  context.strokeStyle = css("--line");
  context.strokeRect(left, top, across * AZIMUTHS, down * ELEVATIONS);
  for (const cell of map.cells.filter((each) => each[statistic] >= cut)) {
    const [x, y] = [left + cell.column * across, bottom - (cell.row + 1) * down];
    context.fillStyle = viridis(share(cell[statistic]));
    context.fillRect(x, y, across - 1, down - 1);
    found.push({ cell, x: x + across / 2, y: y + down / 2, halves: [across / 2, down / 2] });
  }
  context.fillStyle = css("--soft");
  context.textAlign = "center";
  for (const degrees of [-180, -90, 0, 90, 180])
    context.fillText(`${degrees}°`, left + ((degrees + 180) / 360) * across * AZIMUTHS, bottom + 16);
  context.fillText("azimuth", left + (across * AZIMUTHS) / 2, bottom + 36);
  context.textAlign = "right";
  for (const degrees of [-90, -30, 0, 30, 90]) {
    const share = (Math.sin((degrees * Math.PI) / 180) + 1) / 2;
    context.fillText(`${degrees}°`, left - 7, bottom - share * down * ELEVATIONS + 4);
  }
  context.save();
  context.translate(14, top + (down * ELEVATIONS) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText("elevation", 0, 0);
  context.restore();
  return found;
}
