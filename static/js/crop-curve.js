// The smooth curve through a crop's keys, as engines/media/crop_path.py draws it: rows of [time, x, y, zoom].

export function curve(keys, column, seconds) {
  let last = keys.findLastIndex(([time]) => time <= seconds);
  if (last < 0) return keys[0][column];
  if (last === keys.length - 1) return keys[last][column];
  // Two keys of one time are a jump; runs between jumps are curves of their own.
  let [low, high] = [last, last + 1];
  while (low > 0 && keys[low - 1][0] < keys[low][0]) low -= 1;
  while (high + 1 < keys.length && keys[high + 1][0] > keys[high][0]) high += 1;
  const run = keys.slice(low, high + 1);
  last -= low;
  const step = (index) => run[index + 1][0] - run[index][0];
  const rate = (index) => (run[index + 1][column] - run[index][column]) / step(index);
  const slope = (index) => {
    if (index === 0 || index === run.length - 1 || rate(index - 1) * rate(index) <= 0) return 0;
    const ahead = 2 * step(index) + step(index - 1);
    const behind = step(index) + 2 * step(index - 1);
    return (ahead + behind) / (ahead / rate(index - 1) + behind / rate(index));
  };
  const width = step(last);
  const since = seconds - run[last][0];
  const [first, end] = [slope(last), slope(last + 1)];
  const square = (3 * rate(last) - 2 * first - end) / width;
  const cube = (first + end - 2 * rate(last)) / width ** 2;
  return run[last][column] + since * (first + since * (square + since * cube));
}
