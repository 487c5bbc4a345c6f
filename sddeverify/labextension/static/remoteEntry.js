// JupyterLab renderer for sddeverify certificates: a module-federation container written by hand, so that nothing
// has to be built. It draws with text nodes and attributes only, asks for nothing over the network, and never
// decides: a verdict is shown only if Python's kernel gave one with the output.
(() => {
  'use strict';
  const MIME = 'application/vnd.sddeverify.certificate+json';
  const SVG = 'http://www.w3.org/2000/svg';
  const HALF_PLANES = ['right', 'upper', 'left', 'lower'];

  // ---- small helpers -------------------------------------------------------------------------------------------
  const add = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...(children || []));
    return node;
  };
  const html = (tag, attributes, ...children) => add(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => add(document.createElementNS(SVG, tag), attributes, children);
  const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);

  // ---- exact rationals: "p" or "p/q" -----------------------------------------------------------------------------
  const rational = text => {
    const found = /^(-?\d+)(?:\/(\d+))?$/.exec(String(text));
    if (!found) throw new Error('not a rational number: ' + text);
    return [BigInt(found[1]), BigInt(found[2] || 1)];
  };
  const scientific = (text, digits, up) => {
    // Rounded down or up, so that what is shown is implied by what is stated.
    const [p, q] = rational(text);
    if (p === 0n) return '0';
    const negative = p < 0n, size = negative ? -p : p;
    let exponent = size.toString().length - q.toString().length;
    const ten = n => 10n ** BigInt(n);
    const at = e => (e >= 0 ? size >= q * ten(e) : size * ten(-e) >= q);
    while (!at(exponent)) exponent -= 1;
    const shift = digits - 1 - exponent;
    const top = shift >= 0 ? size * ten(shift) : size, bottom = shift >= 0 ? q : q * ten(-shift);
    let mantissa = top / bottom;
    if (top % bottom !== 0n && up !== negative) mantissa += 1n;
    let decimal = mantissa.toString();
    if (decimal.length > digits) exponent += 1;
    decimal = decimal.replace(/0+$/, '') || '0';
    const sign = negative ? '-' : '';
    if (exponent >= digits || exponent < -5) {
      const rest = decimal.slice(1);
      return `${sign}${decimal[0]}${rest ? '.' + rest : ''} \\cdot 10^{${exponent}}`;
    }
    if (exponent < 0) return sign + '0.' + '0'.repeat(-exponent - 1) + decimal;
    const whole = decimal.padEnd(exponent + 1, '0');
    return sign + whole.slice(0, exponent + 1) + (whole.length > exponent + 1 ? '.' + whole.slice(exponent + 1) : '');
  };
  const number = (text, digits) => {
    const [p, q] = rational(text);
    if (String(text).length > 24) return scientific(text, digits || 16, false) + '\\ldots';
    return q === 1n ? `${p}` : `${p < 0n ? '-' : ''}\\tfrac{${p < 0n ? -p : p}}{${q}}`;
  };
  const same = pair => pair[0] === pair[1];
  // As many digits as tell the ends of an interval apart, not fewer than `least`, and no more than fit in a line.
  const digitsFor = (pair, least) => {
    let digits = least;
    while (pair[0] !== pair[1] && digits < 26 && scientific(pair[0], digits - 2, true) === scientific(pair[1], digits - 2, true)) digits += 1;
    return digits;
  };
  const interval = pair => `[${[false, true].map((up, k) => scientific(pair[k], digitsFor(pair, 12), up)).join(',\\, ')}]`;
  const variable = name => ({ '$': 'p', '$x': 'x', '$y': 'y' }[name]); // stands in a claim about a whole family
  const within = pair => (variable(pair) ? `= ${variable(pair)}` : same(pair) ? `= ${number(pair[0])}` : `\\in ${interval(pair)}`);
  const parameter = pair => (variable(pair) ? variable(pair) : same(pair) ? number(pair[0]) : interval(pair));
  const approximate = text => {
    const [p, q] = rational(text);
    const digits = Math.max(0, q.toString().length - p.toString().replace('-', '').length) + 18;
    return Number((p * 10n ** BigInt(digits)) / q) / 10 ** digits;
  };

  const widthOf = (low, high) => {
    const [a, b] = rational(low), [c, d] = rational(high);
    return approximate(`${c * b - a * d}/${b * d}`); // exact before it is rounded: ends may agree in all digits of a float
  };

  // ---- the statement in mathematics ------------------------------------------------------------------------------
  const law = value => {
    const [[name, body]] = Object.entries(value);
    if (name === 'mixture') return body.map(part => `${parameter(part.weight)} \\cdot ${law(part.law)}`).join(' + ');
    if (name === 'sum') return `\\mathrm{sum}(${body.map(law).join(',\\ ')})`;
    const shown = Object.entries(body).map(([key, entry]) => {
      if (Number.isInteger(entry)) return `\\mathrm{${key}}\\ ${entry}`;
      if (isObject(entry)) return law(entry);
      if (key === 'counts') return `${entry.length}\\ \\mathrm{cells}`;
      return `\\mathrm{${key}}\\ ${parameter(entry)}`;
    });
    return `\\mathrm{${name.replaceAll('_', '\\ ')}}(${shown.join(',\\ ')})`;
  };
  const equation = claim => {
    if (!claim.delay) return ''; // a claim about no single delay law
    const undelayed = claim.undelayed && !(same(claim.undelayed) && claim.undelayed[0] === '0');
    const damping = claim.undelayed && !claim.model ? `,\\quad a ${within(claim.damping)}` : '';
    const b = undelayed ? `,\\quad b ${within(claim.undelayed)}` : '';
    return `h(s) = s ${undelayed ? '+ b ' : ''}+ a\\, \\mathbb{E}\\, e^{-s\\tau},\\quad \\tau \\sim ${law(claim.delay)}${damping}${b}`;
  };
  const model = claim => (claim.model ? ['a = \\eta h P/m', `${Object.entries({ learning_rate: '\\eta', hessian: 'h',
    workers: 'P', mean_delay: 'm' }).filter(([key]) => claim.model[key] !== undefined)
    .map(([key, letter]) => `${letter} ${boundsOf(claim.model[key])}`).join(',\\ ')}`] : []);
  const boundsOf = value => (Array.isArray(value) && value[1] === null ? `\\text{ up to } ${number(value[0])}`
    : Array.isArray(value) || variable(value) ? within(value) : `= ${number(value)}`);
  const zeros = count => (count === 1 ? 'one zero' : `${count} zeros`);
  const STABLE = '\\operatorname{Re} s < 0 \\text{ for all zeros}', UNSTABLE = '\\operatorname{Re} s > 0 \\text{ for some zero}';
  const CLAIMS = {
    stability_boundary: claim => [
      `${STABLE}, \\text{ for all } 0 < a \\le ${scientific(claim.damping[0], claim.damping[1] === null ? 16 : digitsFor(claim.damping, 16), false)}`,
      ...(claim.frequency ? [
        `${UNSTABLE} \\text{ at } a = ${number(claim.damping[1], digitsFor(claim.damping, 16))}`,
        `\\text{zeros on the imaginary axis at the boundary: } |\\omega| \\in ${interval(claim.frequency)}`] : [])],
    stability: claim => [claim.stable ? `${STABLE}\\text{: stable}` : `${UNSTABLE}\\text{: unstable}`],
    decay_rate: claim => [`-\\max \\operatorname{Re} s \\in ${interval(claim.rate)}`],
    rightmost_root: claim => [`\\text{rightmost ${zeros(claim.roots)}: } \\operatorname{Re} s \\in ${interval(claim.real)}`,
      `|\\operatorname{Im} s| ${within(claim.imag)}`],
    root_count: claim => [`\\text{${zeros(claim.roots)} with } \\operatorname{Re} s \\ge ${number(claim.abscissa)}`],
    root_enclosure: claim => [`\\text{${zeros(claim.roots)} with } |s - (${number(claim.centre[0])} + ${number(claim.centre[1])}\\, i)| < ${scientific(claim.radius, 4, true)}`],
    all_roots: claim => [`\\text{all zeros with } \\operatorname{Re} s \\ge ${number(claim.abscissa)} \\text{ lie in ${claim.discs.length} disc(s) and their conjugates}`],
    crossings: claim => [`\\text{for } 0 < a \\le ${number(claim.up_to)} \\text{ zeros } \\pm i\\omega \\text{ lie on the imaginary axis only at:}`,
      ...claim.crossings.slice(0, 12).map(one => `a \\in ${interval(one.damping)},\\ \\omega \\in ${interval(one.frequency)}: \\text{ the pair moves ${one.direction === 'out' ? 'to the right' : 'to the left'}}`),
      ...(claim.crossings.length > 12 ? [`\\text{and ${claim.crossings.length - 12} more}`] : claim.crossings.length ? [] : ['\\text{nowhere}'])],
    delay_margin: claim => ['h_d(s) = s + b + a\\, e^{-sd}\\, \\mathbb{E}\\, e^{-s\\tau}', ...(claim.margin === null ? [`${STABLE} \\text{ of } h_d, \\text{ for all } d \\ge 0`]
      : [`${STABLE} \\text{ of } h_d, \\text{ for all } 0 \\le d \\le ${scientific(claim.margin[0], 16, false)}`,
        `${UNSTABLE} \\text{ of } h_d \\text{ at } d = ${number(claim.margin[1])}`])],
    law_free_bound: claim => [`h(s) = s + a\\, \\mathbb{E}\\, e^{-s\\tau},\\quad \\tau \\ge 0 \\text{ of any law}`,
      `${STABLE}, \\text{ for all } a \\le ${number(claim.damping)} \\text{ and } \\mathbb{E}\\,\\tau \\le ${number(claim.mean_delay)}`],
    mean_square_stability: claim => ['\\mathrm{d}X = -a\\, \\mathbb{E}_\\tau X(t - \\tau)\\, \\mathrm{d}t + \\text{jumps of second moment } \\alpha^2 X(t - \\tau)^2',
      `\\alpha ${within(claim.step)}: \\quad \\sup_t \\mathbb{E} X(t)^2 ${claim.stable ? '< \\infty \\text{: mean-square stable}' : '= \\infty \\text{: not mean-square stable}'}`],
    memoryless_boundary: claim => [`P = ${claim.workers} \\text{ workers with exponential compute times, } \\alpha = \\eta h`,
      `\\text{mean-square stable for all } 0 < \\alpha \\le ${scientific(claim.step[0], 16, false)}, \\text{ not for } \\alpha = ${number(claim.step[1])}`],
    discrete_boundary: claim => [isObject(claim.lag)
      ? `x_{k+1} = x_k - \\alpha\\, \\mathbb{E}\\, x_{k-L},\\quad \\mathbb{P}(L = j) = (1 - q)\\, q^j,\\quad q = ${number(claim.lag.geometric)}`
      : `x_{k+1} = x_k - \\alpha\\, x_{k-${claim.lag}}`,
      `\\text{stable for all } 0 < \\alpha \\le ${scientific(claim.step[0], 16, false)}, \\text{ not for } \\alpha = ${number(claim.step[1])}`],
    stationary_variance: claim => [`\\mathrm{d}X = -(b X + a\\, \\mathbb{E}_\\tau X(t - \\tau))\\, \\mathrm{d}t + \\mathrm{d}W`,
      `\\operatorname{Var} X = \\frac{1}{2\\pi} \\int \\frac{\\mathrm{d}\\omega}{|h(i\\omega)|^2} \\in ${interval(claim.variance)}`],
    time_to_target: claim => [`r'(t) = -a\\, r(t - \\tau),\\quad r(0) = 1,\\quad r(t) = 0 \\text{ for } t < 0`,
      `|r(t)| < ${number(claim.target)} \\text{ for all } t \\ge ${scientific(claim.time[1], 12, true)}, \\text{ not at } t = ${scientific(claim.time[0], 12, false)}`],
    boundary_tube: claim => [`\\text{for } ${number(claim.parameter[0])} \\le p \\le ${number(claim.parameter[claim.parameter.length - 1])}: \\quad a_c(p) \\in [\\mathrm{lo}_k, \\mathrm{hi}_k] \\text{ on each of ${claim.damping.length} cells}`,
      `${STABLE}, \\text{ for all } 0 < a \\le \\mathrm{lo}_k;\\quad ${UNSTABLE} \\text{ at } a = \\mathrm{hi}_k`],
    stability_chart: claim => [`x ${within(claim.x)},\\quad y ${within(claim.y)}: \\quad \\text{number of zeros with } \\operatorname{Re} s \\ge 0 \\text{ on each cell, none on the axis}`],
    optimum: claim => [`\\text{of ${claim.table.length} candidates exactly } \\{${claim.best.slice(0, 8).map(one => `\\text{${escape(one)}}`).join(',\\ ')}${claim.best.length > 8 ? ',\\ldots' : ''}\\}`,
      `\\text{have all zeros of all their modes in } \\operatorname{Re} s < -${number(claim.threshold)}`],
  };
  const mathematics = claim => {
    try {
      const first = equation(claim);
      return [...(first ? [first] : []), ...model(claim), ...CLAIMS[claim.type](claim)];
    } catch (error) {
      return []; // a claim of another kind or shape is stated in words alone
    }
  };

  // ---- pictures --------------------------------------------------------------------------------------------------
  const contours = (value, name, found) => {
    if (Array.isArray(value)) value.forEach((one, k) => contours(one, `${name} ${k + 1}`, found));
    if (!isObject(value)) return found;
    if (Array.isArray(value.breaks) && Array.isArray(value.codes) && value.codes.length) found.push([name, value]);
    else for (const [key, one] of Object.entries(value)) contours(one, name === 'witness' ? key : `${name}, ${key}`, found);
    return found;
  };
  const picture = (width, height, label, ...children) =>
    svg('svg', { viewBox: `0 0 ${width} ${height}`, width, role: 'img', 'aria-label': label, class: 'sddeverify-picture',
      style: 'max-width:100%;height:auto;display:block' }, ...children);
  const text = (x, y, content, anchor) =>
    svg('text', { x, y, 'font-size': 11, 'text-anchor': anchor || 'start', fill: 'currentColor' }, content);
  const codes = ([name, contour]) => {
    const shown = contour.codes.slice(0, 400), left = 64, width = 560, step = (width - left - 10) / shown.length;
    const y = code => 78 - 18 * code;
    const parts = HALF_PLANES.map((half, code) => text(left - 6, y(code) + 4, half, 'end'));
    parts.push(...HALF_PLANES.map((_, code) =>
      svg('line', { x1: left, x2: width - 10, y1: y(code), y2: y(code), stroke: 'currentColor', 'stroke-opacity': 0.15 })));
    const path = shown.map((code, k) => `${k ? 'L' : 'M'}${left + k * step} ${y(code)}H${left + (k + 1) * step}`).join('');
    parts.push(svg('path', { d: path, fill: 'none', stroke: '#0072B2', 'stroke-width': 2.5, class: 'sddeverify-codes' }));
    const more = contour.codes.length > shown.length ? `, the first ${shown.length} shown` : '';
    const label = `${name}: half-plane that holds the image of each of ${contour.codes.length} segments${more}`;
    return html('figure', { style: 'margin:6px 0' }, picture(width, 92, label, ...parts), html('figcaption', {}, label));
  };
  const discs = claim => {
    try {
      if (claim.discs) return claim.discs.map(([re, im, radius]) => [re, im, radius].map(approximate));
      if (claim.centre) return [[...claim.centre, claim.radius].map(approximate)];
      if (claim.type === 'rightmost_root') {
        const [lo, hi, bottom, top] = [...claim.real, ...claim.imag].map(approximate);
        return [[(lo + hi) / 2, (bottom + top) / 2, Math.hypot(widthOf(...claim.real), widthOf(...claim.imag)) / 2]];
      }
    } catch (error) { /* no picture of what cannot be read */ }
    return [];
  };
  const plane = found => {
    const points = found.slice(0, 500).flatMap(([x, y, r]) => (y ? [[x, y, r], [x, -y, r]] : [[x, y, r]]));
    const width = 560, height = 220, mid = height / 2;
    const reach = Math.max(...points.map(([x]) => Math.abs(x)), 1e-300) * 1.3;
    const tall = Math.max(...points.map(([, y]) => Math.abs(y)), 1e-300) * 1.2;
    const X = x => width * 0.75 + (x / reach) * width * (x < 0 ? 0.72 : 0.22), Y = y => mid - (y / tall) * (mid - 6);
    const parts = [
      svg('rect', { x: X(0), y: 0, width: width - X(0), height, fill: '#D55E00', 'fill-opacity': 0.12 }),
      text(width - 6, 14, 'Re s > 0: growth', 'end'),
      svg('line', { x1: X(0), x2: X(0), y1: 0, y2: height, stroke: 'currentColor' }),
      svg('line', { x1: 0, x2: width, y1: mid, y2: mid, stroke: 'currentColor', 'stroke-opacity': 0.4 }),
      ...points.map(([x, y]) => svg('circle', { cx: X(x), cy: Y(y), r: 6, fill: 'none', stroke: '#D55E00', 'stroke-width': 2,
        class: 'sddeverify-disc' })),
      ...(points.length <= 8 ? points.map(([x, y]) => text(X(x) + 10, Y(y) + (y < 0 ? -6 : 14),
        `${x.toPrecision(6)} ${y < 0 ? '-' : '+'} ${Math.abs(y).toPrecision(6)} i`)) : []),
    ];
    const radius = Math.max(...points.map(([, , r]) => r));
    const label = `Certified discs (drawn enlarged; largest radius about ${radius.toExponential(1)}) in the complex plane`;
    return html('figure', { style: 'margin:6px 0' }, picture(width, height, label, ...parts), html('figcaption', {}, label));
  };

  // A line of one positive parameter: stable up to lo, not beyond hi (or nothing stated there).
  const BLUE = '#0072B2', ORANGE = '#D55E00';
  const bar = (name, [low, high], beyond) => {
    const lo = approximate(low), hi = high === null ? null : approximate(high);
    const width = 560, left = 12, reach = 1.35 * (hi === null ? lo : hi), X = x => left + (x / reach) * (width - 2 * left);
    const short = x => Number(x.toPrecision(6)).toString(), end = hi === null ? lo : hi;
    const parts = [
      svg('rect', { x: X(0), y: 12, width: X(lo) - X(0), height: 16, fill: BLUE, 'fill-opacity': 0.35, class: 'sddeverify-stable' }),
      svg('rect', { x: X(end), y: 12, width: X(reach) - X(end), height: 16, fill: ORANGE, 'fill-opacity': hi === null ? 0 : 0.35,
        stroke: ORANGE, 'stroke-dasharray': hi === null ? '4 3' : 'none', 'stroke-opacity': 0.6 }),
      svg('line', { x1: X(0), x2: X(reach), y1: 28, y2: 28, stroke: 'currentColor' }),
      svg('line', { x1: X(lo), x2: X(lo), y1: 6, y2: 34, stroke: 'currentColor', 'stroke-width': 2 }),
      text(X(lo / 2), 24, 'stable', 'middle'), text((X(end) + X(reach)) / 2, 24, beyond, 'middle'),
      text(X(0), 44, '0', 'middle'), text(X(lo), 44, short(lo), 'middle'),
    ];
    const gap = hi === null ? '' : `; ${widthOf(low, high).toExponential(1)} wide where nothing is stated`;
    const label = `${name}${gap}`;
    return html('figure', { style: 'margin:6px 0' }, picture(width, 50, label, ...parts), html('figcaption', {}, label));
  };
  const axes = (width, height, [x0, x1], [y0, y1], xName, yName) => {
    const left = 56, bottom = 34, X = x => left + ((x - x0) / (x1 - x0)) * (width - left - 12), Y = y => height - bottom - ((y - y0) / (y1 - y0)) * (height - bottom - 10);
    const tick = x => Number(x.toPrecision(4)).toString();
    return [X, Y, [
      svg('rect', { x: X(x0), y: Y(y1), width: X(x1) - X(x0), height: Y(y0) - Y(y1), fill: 'none', stroke: 'currentColor', 'stroke-opacity': 0.5 }),
      ...[x0, (x0 + x1) / 2, x1].map((x, k) => text(X(x), height - bottom + 14, tick(x), ['start', 'middle', 'end'][k])),
      ...[y0, (y0 + y1) / 2, y1].map((y, k) => text(left - 4, Y(y) + [0, 4, 9][k], tick(y), 'end')),
      text((X(x0) + X(x1)) / 2, height - 4, xName, 'middle'), text(4, Y(y1) + 34, yName)]];
  };
  const drawing = (width, height, label, parts) =>
    html('figure', { style: 'margin:6px 0' }, picture(width, height, label, ...parts), html('figcaption', {}, label));
  const PICTURES = {
    stability_boundary: claim => [bar('Damping a', claim.damping, claim.damping[1] === null ? 'not stated' : 'unstable')],
    law_free_bound: claim => [bar('Damping a, for every delay law of that mean', [claim.damping, null], 'depends on the law')],
    memoryless_boundary: claim => [bar('Learning rate times eigenvalue, α', claim.step, 'unstable')],
    discrete_boundary: claim => [bar('Step α', claim.step, 'unstable')],
    delay_margin: claim => (claim.margin === null ? [] : [bar('Further delay d', claim.margin, 'unstable')]),
    decay_rate: claim => {
      const [lo, hi] = claim.rate.map(approximate), reach = 2 * Math.max(Math.abs(lo), Math.abs(hi), 1e-12);
      const width = 560, height = 120, X = x => width / 2 + (x / reach) * (width / 2);
      return [drawing(width, height, 'Certified: no zero in the shaded half-plane, and one on its edge, within the enclosure', [
        svg('rect', { x: X(-lo), y: 0, width: width - X(-lo), height, fill: BLUE, 'fill-opacity': 0.18 }),
        svg('line', { x1: X(-lo), x2: X(-lo), y1: 0, y2: height, stroke: BLUE, 'stroke-width': 2, 'stroke-dasharray': '6 3' }),
        svg('line', { x1: X(0), x2: X(0), y1: 0, y2: height, stroke: 'currentColor' }),
        svg('line', { x1: 0, x2: width, y1: height / 2, y2: height / 2, stroke: 'currentColor', 'stroke-opacity': 0.4 }),
        text(X(-lo) - 6, 16, `Re s = ${(-lo).toPrecision(6)}`, 'end'), text(X(0) + 6, height - 6, '0'), text(width - 6, 16, 'no zero', 'end')])];
    },
    crossings: claim => {
      const width = 560, top = approximate(claim.up_to), X = x => 12 + (x / top) * (width - 24);
      const parts = [svg('line', { x1: X(0), x2: X(top), y1: 48, y2: 48, stroke: 'currentColor' })];
      let count = 0, from = 0;
      for (const one of claim.crossings.slice(0, 60)) {
        const at = (approximate(one.damping[0]) + approximate(one.damping[1])) / 2, out = one.direction === 'out';
        parts.push(svg('rect', { x: X(from), y: 32, width: Math.max(0, X(at) - X(from)), height: 16, fill: count ? ORANGE : BLUE, 'fill-opacity': 0.3 }),
          text((X(from) + X(at)) / 2, 44, String(count), 'middle'),
          svg('line', { x1: X(at), x2: X(at), y1: 22, y2: 58, stroke: 'currentColor', class: 'sddeverify-crossing' }),
          text(X(at), 18, out ? '→' : '←', 'middle'), text(X(at), 72, Number(at.toPrecision(5)).toString(), 'middle'));
        count += out ? 2 : -2;
        from = at;
      }
      parts.push(svg('rect', { x: X(from), y: 32, width: Math.max(0, X(top) - X(from)), height: 16, fill: count ? ORANGE : BLUE, 'fill-opacity': 0.3 }), text((X(from) + X(top)) / 2, 44, String(count), 'middle'));
      return [drawing(width, 80, 'Number of zeros with Re s > 0 as the damping a grows; → a pair comes in from the left, ← a pair goes back', parts)];
    },
    boundary_tube: claim => {
      const p = claim.parameter.map(approximate), a = claim.damping.map(pair => pair.map(approximate)), width = 560, height = 240;
      const [X, Y, parts] = axes(width, height, [p[0], p[p.length - 1]], [0, 1.15 * Math.max(...a.map(([, hi]) => hi))], 'parameter p of the delay law', 'a');
      const steps = side => a.map((pair, k) => `L${X(p[k])} ${Y(pair[side])}H${X(p[k + 1])}`).join('');
      const back = [...a.keys()].reverse().map(k => `L${X(p[k + 1])} ${Y(a[k][1])}H${X(p[k])}`).join('');
      return [drawing(width, height, `The critical damping lies in the tube of ${a.length} cells; stable below, unstable above`, [
        svg('path', { d: `M${X(p[0])} ${Y(0)}${steps(0)}V${Y(0)}Z`, fill: BLUE, 'fill-opacity': 0.15 }),
        svg('path', { d: `M${X(p[0])} ${Y(a[0][0])}${steps(0)}${back}Z`, fill: ORANGE, 'fill-opacity': 0.6, stroke: ORANGE, class: 'sddeverify-tube' }),
        ...parts, text(X(p[0]) + 8, Y(0) - 8, 'stable')])];
    },
    stability_chart: claim => {
      const width = 420, height = 380, box = [claim.x, claim.y].map(pair => pair.map(approximate)), stack = [box], cells = [];
      for (const n of claim.tree.slice(0, 60000)) {
        const [[l, r], [d, u]] = stack.pop();
        if (n !== -2) { cells.push([n, l, r, d, u]); continue; }
        const x = (l + r) / 2, y = (d + u) / 2;
        stack.push([[x, r], [y, u]], [[l, x], [y, u]], [[x, r], [d, y]], [[l, x], [d, y]]);
      }
      const [X, Y, parts] = axes(width, height, box[0], box[1], 'x', 'y');
      const shade = n => (n === 0 ? [BLUE, 0.4] : n > 0 ? [ORANGE, Math.min(0.85, 0.25 + 0.1 * n)] : ['none', 0]);
      return [drawing(width, height, 'Cells: blue stable, orange with the number of zeros with Re s > 0, empty undecided', [
        ...cells.map(([n, l, r, d, u]) => svg('rect', { x: X(l), y: Y(u), width: X(r) - X(l), height: Y(d) - Y(u), fill: shade(n)[0],
          'fill-opacity': shade(n)[1], stroke: 'currentColor', 'stroke-opacity': 0.25, class: 'sddeverify-cell' })),
        ...(cells.length <= 300 ? cells.filter(([n, l, r]) => n > 0 && X(r) - X(l) > 16).map(([n, l, r, d, u]) => text((X(l) + X(r)) / 2, (Y(d) + Y(u)) / 2 + 4, String(n), 'middle')) : []),
        ...parts])];
    },
    stationary_variance: claim => {
      const variance = claim.variance.map(approximate).reduce((x, y) => (x + y) / 2), deviation = Math.sqrt(variance), width = 560, height = 150;
      const X = z => width / 2 + z * 70, Y = f => height - 30 - 95 * f, points = [...Array(121).keys()].map(k => (k - 60) / 20);
      return [drawing(width, height, 'The stationary law is Gaussian; marked: one standard deviation for noise of intensity 1', [
        svg('path', { d: points.map((z, k) => `${k ? 'L' : 'M'}${X(z)} ${Y(Math.exp(-z * z / 2))}`).join(''), fill: 'none', stroke: BLUE, 'stroke-width': 2.5, class: 'sddeverify-density' }),
        svg('line', { x1: X(-3.5), x2: X(3.5), y1: Y(0), y2: Y(0), stroke: 'currentColor' }),
        ...[-1, 0, 1].flatMap(z => [svg('line', { x1: X(z), x2: X(z), y1: Y(0), y2: Y(Math.exp(-z * z / 2)), stroke: 'currentColor', 'stroke-dasharray': '4 3' }),
          text(X(z), height - 14, z ? (z * deviation).toPrecision(4) : '0', 'middle')])])];
    },
    time_to_target: claim => {
      // The path in floating point by the trapezoidal rule: what is certified is the time alone.
      const a = approximate(claim.damping[0]), tau = approximate(claim.delay.constant.time[0]), goal = approximate(claim.target), last = approximate(claim.time[1]);
      const per = Math.max(4, Math.min(200, Math.floor((120000 * tau) / last))), step = tau / per, count = Math.ceil((1.15 * last) / step), path = [1];
      for (let k = 0; k < count; k += 1) {
        const late = k - per;
        path.push(late < 0 ? path[k] : path[k] - (a * step * (path[late] + path[late + 1])) / 2);
      }
      const width = 560, height = 200, [X, Y, parts] = axes(width, height, [0, count * step], [Math.min(-0.3, ...path.filter((_, k) => k % 50 === 0)), 1], 't', 'r(t)');
      const every = Math.max(1, Math.floor(count / 1500));
      return [drawing(width, height, 'The mean path (drawn in floating point) and the certified time after which it stays within the target', [
        svg('rect', { x: X(0), y: Y(goal), width: X(count * step) - X(0), height: Math.max(1, Y(-goal) - Y(goal)), fill: BLUE, 'fill-opacity': 0.3 }),
        svg('path', { d: path.filter((_, k) => k % every === 0).map((r, k) => `${k ? 'L' : 'M'}${X(k * every * step)} ${Y(r)}`).join(''), fill: 'none', stroke: BLUE, 'stroke-width': 1.8, class: 'sddeverify-path' }),
        svg('line', { x1: X(last), x2: X(last), y1: Y(1), y2: height - 34, stroke: ORANGE, 'stroke-width': 2, 'stroke-dasharray': '5 3' }),
        text(X(last) - 5, Y(1) + 14, last.toPrecision(6), 'end'), ...parts])];
    },
    optimum: claim => {
      const shown = claim.table.slice(0, 200), width = 560, step = (width - 20) / shown.length, best = new Set(claim.best);
      return [drawing(width, 56, `Candidates; filled: decays faster than exp(-${Number(approximate(claim.threshold).toPrecision(6))} t); the others do not`, shown.flatMap(({ candidate }, k) => [
        svg('circle', { cx: 10 + (k + 0.5) * step, cy: 18, r: Math.min(9, step * 0.4), fill: best.has(candidate) ? BLUE : 'none', stroke: BLUE, 'stroke-width': 2, class: 'sddeverify-candidate' }),
        ...(shown.length <= 40 ? [text(10 + (k + 0.5) * step, 46, String(candidate).slice(0, 8), 'middle')] : [])]))];
    },
  };
  const pictures = claim => {
    try {
      return PICTURES[claim.type](claim);
    } catch (error) {
      return []; // no picture of what cannot be read
    }
  };

  // ---- citation --------------------------------------------------------------------------------------------------
  const LATEX = { '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}', '<': '\\textless{}', '>': '\\textgreater{}' };
  const escape = words => words.replace(/[\\~^<>&%$#_{}]/g, sign => LATEX[sign] || '\\' + sign);
  const citation = document_ => {
    const digest = String(document_.claim_sha256);
    return `@misc{sddeverify-${digest.slice(0, 12)},\n  title = {{${escape(String(document_.statement))}}},\n` +
      `  author = {{sddeverify}},\n  note = {Certificate, sha256 of the claim \\texttt{${digest}}; ` +
      'check the file with \\texttt{sddeverify check}}\n}\n';
  };
  const copy = async (words, said) => {
    try {
      await navigator.clipboard.writeText(words);
      said.textContent = ' copied';
    } catch (error) { // no clipboard without a secure context: show what to copy
      const area = html('textarea', { rows: 6, cols: 80, readonly: '', class: 'sddeverify-citation' });
      area.value = words;
      said.replaceChildren(html('br'), area);
      area.select();
    }
  };

  // ---- the card --------------------------------------------------------------------------------------------------
  const STYLE = 'border:1px solid var(--jp-border-color1,#767676);border-radius:6px;padding:8px 14px;margin:8px;' +
    'max-width:60em;overflow-wrap:anywhere;color:var(--jp-content-font-color1,#222);font-size:var(--jp-content-font-size1,14px)';
  const verdictLine = (verdict, path) => {
    if (!verdict) {
      return html('p', { class: 'sddeverify-verdict', 'data-verdict': 'none' }, html('b', {}, '○ Not re-checked. '),
        'Opening a file runs no check. Run ', html('code', {}, `sddeverify check ${path}`), ', or in a notebook ',
        html('code', {}, `%sdde check ${path}`), '.');
    }
    const good = verdict.status === 'ACCEPTED';
    return html('p', { class: 'sddeverify-verdict', 'data-verdict': verdict.status },
      html('b', {}, good ? '✓ Certified. ' : `✗ ${verdict.status}. `),
      good ? 'The kernel accepted this document when the output was made.'
        : `The kernel said: ${verdict.reason}. This does not say that the claim is false.`);
  };
  const contourCodes = lines => {
    if (lines.length <= 2) return lines.map(codes);
    const more = lines.length > 24 ? `, the first 24 shown` : '';
    return [html('details', {}, html('summary', {}, `codes of ${lines.length} contours${more}`), ...lines.slice(0, 24).map(codes))];
  };
  const card = (document_, verdict, path) => {
    const claim = isObject(document_.claim) ? document_.claim : {};
    const formulas = mathematics(claim).map(tex => html('div', { class: 'sddeverify-formula', style: 'overflow-x:auto;overflow-y:hidden;margin:-0.4em 0' }, `$$${tex}$$`));
    const said = html('span', { role: 'status' });
    const button = html('button', { type: 'button', class: 'sddeverify-cite' }, 'Copy citation');
    button.addEventListener('click', () => copy(citation(document_), said));
    const drawn = discs(claim), lines = contours(document_.witness, 'witness', []);
    return html('div', { class: 'sddeverify-card', style: STYLE },
      html('h3', { style: 'margin:4px 0' }, `Certificate: ${String(claim.type || 'of an unknown kind').replaceAll('_', ' ')}`),
      verdictLine(verdict, path), ...formulas,
      html('details', formulas.length ? {} : { open: '' }, html('summary', {}, 'in words'), html('p', {}, String(document_.statement))),
      ...(drawn.length ? [plane(drawn)] : []), ...pictures(claim), ...contourCodes(lines),
      html('p', {}, 'sha256 of the claim ', html('code', { class: 'sddeverify-digest' }, String(document_.claim_sha256))),
      html('p', {}, button, said));
  };

  // ---- keys ------------------------------------------------------------------------------------------------------
  // JupyterLab takes arrows, letters and Enter for itself unless text is being written: in a menu of a widget an arrow
  // would leave for the next cell, and d d on a button delete the cell. Keys with Ctrl, Alt or Command stay its own,
  // and Escape goes back to the cell.
  window.addEventListener('keydown', event => {
    const target = event.target;
    if (!(target instanceof Element && target.closest('.sddeverify-stepper, .sddeverify-explorer'))) return;
    const own = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter');
    target.toggleAttribute('data-lm-suppress-shortcuts', !own); // on the target itself: selectors match it first
    const cell = event.key === 'Escape' && target.closest('.jp-Cell');
    if (cell) cell.focus();
  }, true);

  // ---- the container JupyterLab loads ----------------------------------------------------------------------------
  let scope = null;
  const shared = async name => {
    const versions = scope[name];
    return (await versions[Object.keys(versions).sort().pop()].get())();
  };
  const extension = async () => {
    const { Widget } = await shared('@lumino/widgets');
    class Renderer extends Widget {
      constructor(options) {
        super();
        this.options = options;
        this.addClass('sddeverify-certificate');
        this.node.style.overflow = 'auto';
      }

      async renderModel(model) {
        // A file arrives as text, an output as {document, verdict}.
        const data = model.data[MIME];
        const path = (this.options.resolver && this.options.resolver.path) || 'FILE.cert.json';
        try {
          const read = typeof data === 'string' ? { document: JSON.parse(data), verdict: null } : data;
          if (!isObject(read.document)) throw new Error('no JSON object');
          this.node.replaceChildren(card(read.document, read.verdict, path.split('/').pop()));
        } catch (error) {
          this.node.replaceChildren(html('p', { class: 'sddeverify-card', role: 'alert' }, `Not a certificate: ${error.message}`));
          return;
        }
        if (this.options.latexTypesetter) this.options.latexTypesetter.typeset(this.node);
      }
    }
    return {
      id: 'sddeverify:certificate',
      dataType: 'string',
      rank: 0,
      rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: options => new Renderer(options) },
      fileTypes: [{ name: 'sddeverify-certificate', displayName: 'Certificate', mimeTypes: [MIME],
        extensions: ['.cert.json'], fileFormat: 'text' }],
      documentWidgetFactoryOptions: { name: 'Certificate', modelName: 'text', primaryFileType: 'sddeverify-certificate',
        fileTypes: ['sddeverify-certificate'], defaultFor: ['sddeverify-certificate'] },
    };
  };
  (window._JUPYTERLAB = window._JUPYTERLAB || {}).sddeverify = {
    init: given => { scope = given; },
    get: async module => {
      if (module !== './mimeExtension') throw new Error(`no module ${module}`);
      const made = await extension();
      return () => ({ __esModule: true, default: made });
    },
  };
})();
